// Four canvases on top of each other: image, accepted masks, current mask, prompts and cursor. What changes at every move
// of the pointer is drawn apart from what does not; each layer is drawn at most once a frame, and only when what it shows changed.

import { type Display, type MaskPaint, type Picture, paintBitmap, paintLogits } from "../geometry/paint";
import type { Box, CanvasPoint, ImageRect, LassoLine } from "../geometry/points";
import { type Draft, isEmptyDraft, type ModelMask, visibleSource } from "../state/draft";
import type { EditorState } from "../state/editor_state";
import { hasUsualLight, type Look, shownMasks } from "../state/look";
import { colourOf, UNDER_WORK } from "../state/palette";
import type { Preview } from "../state/preview";
import type { View } from "../state/view";
import { DraftCompositor } from "./draft_pixels";
import type { ModelBitmaps } from "./model_bitmaps";
import { PhotoLayer } from "./photo_layer";
import type { PhotoLevels } from "./photo_levels";
import { placementOf } from "./placement";
import { drawPrompts } from "./prompt_layer";
import type { SavedLayer } from "./saved_layer";
import { ZoomStretch } from "./zoom_stretch";

export interface Scene {
  readonly state: EditorState;
  readonly view: View;
  readonly look: Look;
  /** Everything but the photo is out of sight. */
  readonly photoOnly: boolean;
  readonly picture: ImageBitmap | null;
  readonly cursor: CanvasPoint | null;
  readonly dragged: Box | null;
  /** The lasso's line so far. */
  readonly lasso: LassoLine | null;
  readonly preview: Preview | null;
}

/** So that nobody takes a preview for a mask: hardly any fill, and a dashed line where a mask has a solid one. */
const PREVIEW = { fill: [255, 255, 255, 46], edge: [255, 255, 255, 255], dark: [20, 24, 32, 255] } as const;
const PREVIEW_DASH = 4;
const LAYERS = ["image", "saved", "draft", "prompts"] as const;
type Layer = (typeof LAYERS)[number];

export class Stage {
  /** The topmost canvas, which takes the pointer. */
  readonly surface: HTMLCanvasElement;
  /** Called once the frame with the model's mask for a state of the prompts is on the screen. */
  onMaskShown: (mask: ModelMask) => void = () => {};
  /** Called when a preview has been drawn, or is gone (null). */
  onPreviewDrawn: (preview: Preview | null) => void = () => {};

  private readonly contexts: Record<Layer, CanvasRenderingContext2D>;
  private compositor: DraftCompositor;
  /** Of masks on their way into the list: each takes along the pixels that it had while it was made. */
  private readonly accepting = new WeakMap<Draft, DraftCompositor>();
  private readonly photo: PhotoLayer;
  private scene: Scene | null = null;
  private drawn: Scene | null = null;
  private frame = 0;
  private readonly stretch: ZoomStretch;
  /** Not all accepted masks are drawn yet. */
  private savedLeft = false;
  private promptsDrawn = false;
  private readonly afterFrame = new MessageChannel();
  private shownLogits: Float32Array | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly bitmaps: ModelBitmaps,
    private readonly saved: SavedLayer,
    levels: PhotoLevels,
  ) {
    this.compositor = new DraftCompositor(bitmaps);
    this.photo = new PhotoLayer(levels);
    const canvases = LAYERS.map((layer) => {
      const canvas = root.ownerDocument.createElement("canvas");
      canvas.className = `stage-layer stage-${layer}`;
      if (layer !== "prompts") canvas.setAttribute("aria-hidden", "true");
      return canvas;
    });
    root.append(...canvases);
    this.contexts = Object.fromEntries(
      canvases.map((canvas, index) => [LAYERS[index], contextOf(canvas)]),
    ) as typeof this.contexts;
    this.surface = this.contexts.prompts.canvas;
    this.stretch = new ZoomStretch([this.contexts.saved.canvas, this.contexts.draft.canvas]);
  }

  /** Shows this at the next frame. */
  show(scene: Scene): void {
    this.scene = scene;
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.drawFrame());
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.root.replaceChildren();
  }

  private drawFrame(): void {
    this.frame = 0;
    const { scene, drawn } = this;
    if (!scene) return;
    const resized = this.fitCanvases(scene.view);
    const moved = resized || scene.view !== drawn?.view || scene.state.image !== drawn.state.image;
    if (moved || scene.picture !== drawn?.picture) {
      this.photo.draw(this.contexts.image, scene.picture, scene.state.image, scene.view);
    }
    if (resized || !this.stretchMasks(scene)) this.drawMasks(scene, moved || this.stretch.stretched);
    // While another mask is being made, so that it stands out. By the style, as drawing a thousand masks paler would keep it waiting.
    this.contexts.saved.canvas.classList.toggle("stage-behind", !isEmptyDraft(scene.state.draft));
    if (moved || promptsChanged(scene, drawn)) this.drawPrompts(scene);
    if (scene.look !== drawn?.look) this.setLight(scene.look);
    if (scene.photoOnly !== drawn?.photoOnly) this.root.classList.toggle("stage-photo-only", scene.photoOnly);
    this.drawn = scene;
    if (this.savedLeft || this.stretch.stretched) this.show(scene);
  }

  /** While they are zoomed, masks that are the same as before need only be stretched; false when they have to be drawn. */
  private stretchMasks(scene: Scene): boolean {
    if (this.savedLeft || masksChanged(scene, this.drawn)) return false;
    return this.stretch.to(placementOf(scene.view), scene.view.pixelRatio);
  }

  private drawMasks(scene: Scene, moved: boolean): void {
    const { drawn } = this;
    const began = performance.now();
    const restyled = stylesChanged(scene, drawn);
    if (moved || restyled || this.savedLeft || savedChanged(scene.state, drawn?.state)) {
      this.drawSaved(scene, restyled);
    }
    const previewed = scene.preview !== (drawn?.preview ?? null);
    if (moved || previewed || draftChanged(scene.state, drawn?.state)) this.drawDraft(scene, moved || previewed);
    if (previewed) this.onPreviewDrawn(scene.preview);
    if (moved) this.stretch.drawnSharp(placementOf(scene.view), performance.now() - began);
  }

  private fitCanvases({ canvas, pixelRatio }: View): boolean {
    const width = Math.max(1, Math.round(canvas.width * pixelRatio));
    const height = Math.max(1, Math.round(canvas.height * pixelRatio));
    if (this.surface.width === width && this.surface.height === height) return false;
    for (const layer of LAYERS) {
      this.contexts[layer].canvas.width = width;
      this.contexts[layer].canvas.height = height;
    }
    return true;
  }

  /** On the display alone: nothing that is saved or sent to the model comes from here. */
  private setLight(look: Look): void {
    const filter = hasUsualLight(look) ? "" : `brightness(${look.brightness}) contrast(${look.contrast})`;
    this.contexts.image.canvas.style.filter = filter;
  }

  private drawSaved({ state, view, look }: Scene, restyled: boolean): void {
    const context = this.contexts.saved;
    if (!state.image) {
      cleared(context);
      return;
    }
    const { image, saved: masks, pointedAt } = state;
    const shown = shownMasks(state, look);
    const scene = { image, masks, shown, pointedAt, look, view };
    this.savedLeft = !this.saved.draw(context, scene, restyled);
    if (state.accepting.length > 0) this.saved.drawnOver();
    for (const { draft, colour } of state.accepting) this.drawAccepting(context, draft, colour, view);
  }

  /** A mask that is on its way into the list stays in sight, already in its colour. */
  private drawAccepting(context: CanvasRenderingContext2D, draft: Draft, colour: number, view: View): void {
    const paint = maskPaint(colourOf(colour), view, 92);
    const picture = draftPicture(this.takenAlong(draft), draft, displayOf(view), paint).picture;
    if (!picture) return;
    const scratch = new OffscreenCanvas(picture.width, picture.height);
    scratch.getContext("2d")?.putImageData(new ImageData(picture.data, picture.width, picture.height), 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(scratch, picture.x, picture.y);
  }

  private takenAlong(draft: Draft): DraftCompositor {
    const known = this.accepting.get(draft);
    if (known) return known;
    const own = this.compositor;
    this.compositor = new DraftCompositor(this.bitmaps);
    this.accepting.set(draft, own);
    return own;
  }

  private drawDraft({ state, view, preview }: Scene, all: boolean): void {
    const context = this.contexts.draft;
    const paint = maskPaint(UNDER_WORK, view, 100);
    const display = displayOf(view);
    const drawn = draftPicture(this.compositor, state.draft, display, paint, all);
    const { changed } = drawn;
    const shown = drawn.picture === null && changed === null ? preview : null;
    const picture = shown ? paintLogits(shown.frame, shown.logits, display, previewPaint(view)) : drawn.picture;
    // What is empty need not be laid over the others at every frame.
    context.canvas.hidden = !picture && !changed;
    if (!changed) cleared(context);
    if (picture) putPicture(context, picture, changed ? paint.edgeWidth : 0);
    this.tellWhenShown(state.draft);
  }

  /** A message posted while a frame is drawn is delivered after that frame: then the mask is on the screen. */
  private tellWhenShown(draft: Draft): void {
    const source = visibleSource(draft);
    if (source.kind !== "model") {
      this.shownLogits = null;
      return;
    }
    if (source.mask.logits === this.shownLogits) return;
    this.shownLogits = source.mask.logits;
    this.afterFrame.port1.onmessage = () => this.onMaskShown(source.mask);
    this.afterFrame.port2.postMessage(null);
  }

  private drawPrompts({ state, view, cursor, dragged, lasso }: Scene): void {
    const { points, box } = state.draft;
    const anything = points.length > 0 || box || cursor || dragged || lasso;
    // What stays empty is not laid over the others anew at every frame.
    if (!anything && !this.promptsDrawn) return;
    this.promptsDrawn = Boolean(anything);
    const context = cleared(this.contexts.prompts);
    if (!state.image) return;
    context.setTransform(view.pixelRatio, 0, 0, view.pixelRatio, 0, 0);
    const { tool, brushSize, brushShape, selected } = state;
    drawPrompts(context, { points, box, selected, dragged, lasso, tool, brushSize, brushShape, cursor }, view);
  }
}

function draftPicture(
  compositor: DraftCompositor,
  draft: Draft,
  display: Display,
  paint: MaskPaint,
  all = true,
): { picture: Picture | null; changed: ImageRect | null } {
  const pixels = compositor.pixels(draft);
  if (!pixels) {
    const source = visibleSource(draft);
    const picture = source.kind === "model" ? paintLogits(source.mask.frame, source.mask.logits, display, paint) : null;
    return { picture, changed: null };
  }
  if (all || !pixels.changed) {
    return { picture: pixels.bounds && paintBitmap(pixels.bitmap, display, paint, pixels.bounds), changed: null };
  }
  // The edge reaches out of what changed by its own width.
  const reach = Math.ceil(paint.edgeWidth / (display.viewport.zoom * display.pixelRatio)) + 1;
  const { x0, y0, x1, y1 } = pixels.changed;
  const { width, height } = pixels.bitmap;
  const changed = {
    x0: Math.max(0, x0 - reach),
    y0: Math.max(0, y0 - reach),
    x1: Math.min(width, x1 + reach),
    y1: Math.min(height, y1 + reach),
  };
  return { picture: x1 > x0 ? paintBitmap(pixels.bitmap, display, paint, changed) : null, changed };
}

/** Puts the picture without its outermost `inset` pixels, whose neighbours it does not know, unless they lie on the canvas's edge. */
function putPicture(context: CanvasRenderingContext2D, picture: Picture, inset: number): void {
  const { x, y, width, height } = picture;
  const left = x > 0 ? inset : 0;
  const top = y > 0 ? inset : 0;
  const right = x + width < context.canvas.width ? inset : 0;
  const bottom = y + height < context.canvas.height ? inset : 0;
  const image = new ImageData(picture.data, width, height);
  context.putImageData(image, x, y, left, top, width - left - right, height - top - bottom);
}

function maskPaint([red, green, blue]: readonly [number, number, number], view: View, opacity: number): MaskPaint {
  return {
    fill: [red, green, blue, opacity],
    edge: [red, green, blue, 255],
    edgeWidth: Math.max(1, Math.round(1.5 * view.pixelRatio)),
  };
}

function previewPaint({ pixelRatio }: View): MaskPaint {
  const dash = { colour: PREVIEW.dark, length: Math.round(PREVIEW_DASH * pixelRatio) };
  return { fill: PREVIEW.fill, edge: PREVIEW.edge, edgeWidth: Math.max(1, Math.round(1.5 * pixelRatio)), dash };
}

function displayOf({ viewport, canvas, pixelRatio }: View): Display {
  return { viewport, canvas, pixelRatio };
}

function masksChanged(now: Scene, before: Scene | null): boolean {
  return (
    now.state.image !== before?.state.image ||
    now.preview !== before.preview ||
    stylesChanged(now, before) ||
    savedChanged(now.state, before.state) ||
    draftChanged(now.state, before.state)
  );
}

/** Masks came or went: only their own pixels are another sight. */
function savedChanged(now: EditorState, before: EditorState | undefined): boolean {
  return now.saved !== before?.saved || now.accepting !== before.accepting;
}

/** Whether masks may look different from before. */
function stylesChanged(now: Scene, before: Scene | null): boolean {
  const [a, b] = [now.state, before?.state];
  return (
    now.look !== before?.look ||
    a.hidden !== b?.hidden ||
    a.allHidden !== b.allHidden ||
    a.pointedAt !== b.pointedAt ||
    a.draft.replaces !== b.draft.replaces
  );
}

function draftChanged(now: EditorState, before: EditorState | undefined): boolean {
  const [a, b] = [now.draft, before?.draft];
  return (
    a.paint !== b?.paint ||
    a.lineage !== b.lineage ||
    a.answers !== b.answers ||
    a.choices !== b.choices ||
    a.standIn !== b.standIn ||
    a.base !== b.base
  );
}

function promptsChanged(now: Scene, before: Scene | null): boolean {
  return (
    now.cursor !== before?.cursor ||
    now.dragged !== before.dragged ||
    now.lasso !== before.lasso ||
    now.state.brushShape !== before.state.brushShape ||
    now.state.draft.points !== before.state.draft.points ||
    now.state.draft.box !== before.state.draft.box ||
    now.state.selected !== before.state.selected ||
    now.state.tool !== before.state.tool ||
    now.state.brushSize !== before.state.brushSize
  );
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser can't draw on a canvas.");
  return context;
}

function cleared(context: CanvasRenderingContext2D): CanvasRenderingContext2D {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  return context;
}
