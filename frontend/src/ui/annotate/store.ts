// What the annotate page shows, as signals. Panels read them; acts and the flow of images write them.

import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Box, CanvasPoint, LassoLine } from "../../geometry/points";
import type { CropBox, Preferences, ProjectOut, SessionOut, TimeLimit, User } from "../../protocol/api";
import { type Command, type EditorState, NOTHING_OPEN } from "../../state/editor_state";
import type { Look } from "../../state/look";
import type { MaskOrder } from "../../state/mask_order";
import type { Preview } from "../../state/preview";
import { reduce } from "../../state/reducer";
import { NO_PROGRESS, type TimeLimitState, timeLimit } from "../../state/time_limit";
import { NO_VIEW, type View } from "../../state/view";
import type { SwitchName } from "../../tools/commands";
import { Keymap } from "../../tools/keys";
import { recallHover, recallLook, rememberHover, rememberLook } from "./choices";
import { recallNumber, recallSwitch, rememberNumber, rememberSwitch } from "./painting_choices";
import { partOf } from "./part_of";

/** What Django puts on the page. */
export interface PageData {
  readonly project: Pick<ProjectOut, "id" | "name" | "guidelines"> & { readonly time_limit: TimeLimit };
  readonly user: User;
  readonly preferences: Preferences;
}

/** What the page is about at the moment. */
export type Phase =
  | { readonly kind: "opening" }
  | { readonly kind: "working" }
  /** Images are there, but none is encoded yet: the page goes on by itself. */
  | { readonly kind: "encoding" }
  | { readonly kind: "all_done" }
  | { readonly kind: "no_images" }
  | { readonly kind: "failed"; readonly message: string };

export type DecoderState =
  | { readonly kind: "loading" }
  /** The picture is there already; the embedding or the model is on its way. */
  | { readonly kind: "preparing" }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string };

export interface Notice {
  readonly tone: "plain" | "good" | "warning" | "danger";
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Stays until something takes its place. */
  readonly stays?: boolean;
}

export type DialogName = "help" | "keys" | "skip" | "leave" | "guidelines";

/**
 * Whether what is looked at closely has an embedding of its own: one may be on its way. `returning` and `lost` are of the part that the
 * mask at hand was decoded in: until it is back, or for good, the whole image serves in its place.
 */
export type Sharpness = "none" | "preparing" | "sharp" | "returning" | "lost";

const SWITCHES: Record<SwitchName, string> = {
  protect: "Other masks keep their pixels",
  pressure: "Pen pressure sets the size",
  penPaints: "The pen always paints",
  sharper: "Sharper masks when zoomed in",
};
const ISLAND_SIZE = 100;

export class Store {
  readonly state: Signal<EditorState> = signal(NOTHING_OPEN);
  readonly view: Signal<View> = signal(NO_VIEW);
  readonly cursor: Signal<CanvasPoint | null> = signal(null);
  /** The arrow keys' own cursor; null while the pointer points. */
  readonly keyCursor: Signal<CanvasPoint | null> = signal(null);
  readonly dragged: Signal<Box | null> = signal(null);
  /** The line that the lasso has drawn so far. */
  readonly lasso: Signal<LassoLine | null> = signal(null);
  /** Other masks keep their pixels. */
  readonly protect: Signal<boolean>;
  readonly pressure: Signal<boolean>;
  readonly penPaints: Signal<boolean>;
  /** Parts of a mask of fewer pixels are islands. */
  readonly islandSize: Signal<number>;
  /** Whether the mask under the pointer is shown before a click: the person's own choice. */
  readonly hover: Signal<boolean>;
  /** Which key does what, with what the person changed. */
  readonly keys: Signal<Keymap>;
  readonly look: Signal<Look>;
  readonly maskOrder: Signal<MaskOrder> = signal("made");
  /** The masks that are selected in the list; those of other images do not count. */
  readonly several: Signal<ReadonlySet<string>> = signal(new Set());
  readonly viewPanel: Signal<boolean> = signal(false);
  /** While its key is held, the photo alone is shown. */
  readonly photoOnly: Signal<boolean> = signal(false);
  readonly preview: Signal<Preview | null> = signal(null);
  /** The part of the image that is looked at and can be decoded in by itself: masks begin there. */
  readonly crop: Signal<CropBox | null> = signal(null);
  readonly sharpness: Signal<Sharpness> = signal("none");
  /** Whether what is looked at closely is encoded by itself. */
  readonly sharper: Signal<boolean>;
  /** The next press of the pointer moves the picture. */
  readonly grabbing: Signal<boolean> = signal(false);
  readonly handDown: Signal<boolean> = signal(false);
  readonly picture: Signal<ImageBitmap | null> = signal(null);
  readonly session: Signal<SessionOut | null> = signal(null);
  readonly phase: Signal<Phase> = signal({ kind: "opening" });
  readonly decoder: Signal<DecoderState> = signal({ kind: "loading" });
  readonly decoding: Signal<boolean> = signal(false);
  readonly leaseLost: Signal<boolean> = signal(false);
  readonly dialog: Signal<DialogName | null> = signal(null);
  readonly notice: Signal<Notice | null> = signal(null);
  /** For the screen reader: what just happened. */
  readonly announcement: Signal<string> = signal("");
  readonly maskMs: Signal<number> = signal(0);
  /** The part of the state that the list of masks shows: it is not drawn anew at every move of a brush. */
  readonly list: ReadonlySignal<MaskListState>;
  readonly limit: Signal<TimeLimitState>;

  constructor(readonly page: PageData) {
    this.list = listOf(this.state);
    this.keys = signal(new Keymap(page.preferences.keys));
    this.hover = signal(recallHover(page.user.id));
    this.look = signal(recallLook(page.user.id));
    this.protect = signal(recallSwitch(page.user.id, "protect", false));
    this.pressure = signal(recallSwitch(page.user.id, "pressure", true));
    this.penPaints = signal(recallSwitch(page.user.id, "penPaints", true));
    this.sharper = signal(recallSwitch(page.user.id, "sharper", true));
    this.islandSize = signal(recallNumber(page.user.id, "islandSize", ISLAND_SIZE));
    this.limit = signal(timeLimit(page.project.time_limit, 0, NO_PROGRESS, false));
  }

  dispatch(command: Command): void {
    this.state.value = reduce(this.state.value, command);
  }

  toggleHover(): void {
    this.hover.value = !this.hover.value;
    rememberHover(this.page.user.id, this.hover.value);
    this.announcement.value = this.hover.value ? "Previews are on" : "Previews are off";
  }

  changeLook(look: Look): void {
    this.look.value = look;
    rememberLook(this.page.user.id, look);
  }

  toggle(name: SwitchName): void {
    this[name].value = !this[name].value;
    rememberSwitch(this.page.user.id, name, this[name].value);
    this.announcement.value = `${SWITCHES[name]}: ${this[name].value ? "on" : "off"}`;
  }

  /** Anything but a whole number of pixels above 0 changes nothing. */
  setIslandSize(pixels: number): void {
    if (!Number.isInteger(pixels) || pixels < 1) return;
    this.islandSize.value = pixels;
    rememberNumber(this.page.user.id, "islandSize", pixels);
  }

  /** The rule of the image at hand; a manager may have changed it since the page was opened. */
  get rule(): TimeLimit {
    return this.session.value?.time_limit ?? this.page.project.time_limit;
  }

  tellLimit(maskMs: number): void {
    const { draft } = this.state.value;
    batch(() => {
      this.maskMs.value = maskMs;
      this.limit.value = timeLimit(this.rule, maskMs, draft.limit, this.handDown.value);
    });
  }

  notify(notice: Notice | null): void {
    this.notice.value = notice;
    if (notice) this.announcement.value = notice.text;
  }
}

export interface MaskListState extends Pick<EditorState, "saved" | "accepting" | "hidden" | "pointedAt"> {
  /** The accepted mask that is open again. */
  readonly draft: string | null;
}

function listOf(state: ReadonlySignal<EditorState>): ReadonlySignal<MaskListState> {
  return partOf(state, ({ saved, accepting, hidden, pointedAt, draft }) => {
    return { saved, accepting, hidden, pointedAt, draft: draft.replaces };
  });
}
