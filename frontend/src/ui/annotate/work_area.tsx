// The picture: mounts the stage, feeds it the scene, and gives it the pointer and the keys.

import { computed, effect, untracked } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import type { PhotoLevels } from "../../canvas/photo_levels";
import type { SavedLayer } from "../../canvas/saved_layer";
import { Stage } from "../../canvas/stage";
import { decodeRequest, isEmptyDraft } from "../../state/draft";
import { panView, resizeView, zoomView } from "../../state/view";
import { attachTools, type ToolHost } from "../../tools/attach";
import { cursorOf, gripAt, isEdge } from "../../tools/grip";
import type { Editor } from "./editor";
import type { Store } from "./store";

export interface WorkAreaProps {
  readonly editor: Editor;
  readonly bitmaps: ModelBitmaps;
  readonly saved: SavedLayer;
  readonly photo: PhotoLevels;
}

export function WorkArea({ editor, bitmaps, saved, photo }: WorkAreaProps) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!root.current) return;
    return mount(root.current, editor, new Stage(root.current, bitmaps, saved, photo));
  }, [editor, bitmaps, saved, photo]);
  return (
    <>
      <div class="stage" ref={root} />
      <KeyCursor store={editor.store} />
    </>
  );
}

/** Where the arrow keys have their cursor; the tools draw what they draw at the pointer's. */
function KeyCursor({ store }: { store: Store }) {
  const at = store.keyCursor.value;
  if (!at) return null;
  return <div class="key-cursor" style={{ left: `${at.x}px`, top: `${at.y}px` }} aria-hidden="true" />;
}

function mount(root: HTMLElement, editor: Editor, stage: Stage): () => void {
  const { store } = editor;
  const { surface } = stage;
  surface.tabIndex = 0;
  surface.setAttribute("role", "application");
  surface.setAttribute("aria-label", "Annotation canvas");
  stage.onMaskShown = (mask) => editor.mask.shown(mask.revision);
  stage.onPreviewDrawn = (preview) => {
    surface.dataset.preview = preview ? `${preview.at.x},${preview.at.y}` : "none";
  };
  editor.focusCanvas = () => surface.focus({ preventScroll: true });
  const tools = attachTools(surface, toolHost(editor));
  const atHand = computed(() => `${store.state.value.tool} ${store.state.value.draft.maskId}`);
  const stops = [
    showFocusAfterTab(surface),
    tools.detach,
    watchSize(root, store),
    effect(() =>
      stage.show({
        state: store.state.value,
        view: store.view.value,
        look: store.look.value,
        photoOnly: store.photoOnly.value,
        picture: store.picture.value,
        // The click tool draws nothing at the pointer: then its moves draw nothing at all.
        cursor: store.state.value.tool === "click" ? null : store.cursor.value,
        dragged: store.dragged.value,
        lasso: store.lasso.value,
        preview: store.preview.value,
      }),
    ),
    effect(() => {
      if (atHand.value) untracked(tools.lookAgain);
    }),
    effect(() => tellState(surface, store)),
    effect(() => void surface.classList.toggle("stage-grab", store.grabbing.value)),
    effect(() => showGrip(surface, store)),
  ];
  return () => {
    for (const stop of stops) stop();
    stage.dispose();
  };
}

/** Focus that comes so soon after a press of Tab came by it. */
const BY_TAB_MS = 300;

/**
 * Keys work all day while the canvas has the focus, and each would bring the browser's focus ring up. It is shown to whoever
 * came by Tab, until the pointer takes over. Returns what stops it.
 */
function showFocusAfterTab(surface: HTMLCanvasElement): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;
  let tabbed = Number.NEGATIVE_INFINITY;
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Tab") tabbed = event.timeStamp;
    },
    { signal, capture: true },
  );
  const mark = (on: boolean) => surface.classList.toggle("stage-tabbed", on);
  surface.addEventListener("focus", (event) => mark(event.timeStamp - tabbed < BY_TAB_MS), { signal });
  surface.addEventListener("pointerdown", () => mark(false), { signal });
  surface.addEventListener("blur", () => mark(false), { signal });
  return () => listeners.abort();
}

/** What the canvas shows, for tests and assistive tools that cannot see it. */
function tellState(surface: HTMLCanvasElement, store: Store): void {
  const { image, draft, tool } = store.state.value;
  const waiting = decodeRequest(draft) !== null;
  surface.dataset.imageId = image ? String(image.id) : "";
  surface.dataset.decoder = store.decoder.value.kind;
  surface.dataset.picture = store.picture.value ? "shown" : "none";
  surface.dataset.mask = isEmptyDraft(draft) ? "none" : waiting ? "waiting" : "shown";
  surface.dataset.tool = tool;
  surface.dataset.frame = draft.crop ? draft.crop.join(",") : "whole";
}

/** Over a prompt the cursor says that it can be moved. Brush and eraser paint over prompts. */
function showGrip(surface: HTMLCanvasElement, store: Store): void {
  const cursor = store.cursor.value;
  const { tool, draft, moving } = store.state.value;
  if (moving || store.handDown.value) return;
  const prompting = tool === "click" || tool === "box";
  const grip = cursor && prompting ? gripAt(draft, store.view.value.viewport, cursor) : null;
  surface.style.cursor = grip && !(isEdge(grip) && tool === "click") ? cursorOf(grip) : "";
}

function watchSize(root: HTMLElement, store: Store): () => void {
  const measure = () => {
    const { clientWidth: width, clientHeight: height } = root;
    const image = store.state.peek().image;
    store.view.value = resizeView(store.view.peek(), { width, height }, window.devicePixelRatio || 1, image);
  };
  const observer = new ResizeObserver(measure);
  observer.observe(root);
  // The page's zoom changes the device's pixels without changing the element's size.
  window.addEventListener("resize", measure);
  measure();
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", measure);
  };
}

function toolHost(editor: Editor): ToolHost {
  const { store } = editor;
  const image = () => store.state.peek().image;
  return {
    context: () => {
      const { tool, brushSize, draft } = store.state.peek();
      const pen = { paints: store.penPaints.peek(), pressure: store.pressure.peek() };
      const [view, grabbing] = [store.view.peek(), store.grabbing.peek()];
      return { tool, brushSize, view, image: image(), grabbing, prompts: draft, maskId: draft.maskId, pen };
    },
    keymap: () => store.keys.peek(),
    keyContext: () => editor.keyContext(),
    command: (command, timeStamp) => editor.mask.point(command, timeStamp),
    act: (act) => editor.perform(act),
    pan: (dx, dy) => {
      const size = image();
      if (size) store.view.value = panView(store.view.peek(), dx, dy, size);
    },
    zoom: (factor, around) => {
      const size = image();
      if (size) store.view.value = zoomView(store.view.peek(), factor, size, around);
    },
    lasso: (line) => editor.mask.outline(line),
    drag: (box) => {
      store.dragged.value = box;
    },
    cursor: (at) => {
      store.cursor.value = at;
    },
    keyCursor: (at) => {
      store.keyCursor.value = at;
    },
    handDown: (down) => {
      store.handDown.value = down;
    },
  };
}
