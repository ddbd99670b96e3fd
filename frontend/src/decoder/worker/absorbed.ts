// The inputs of the re-associated decoder's graphs (sam_core/modeling/absorbed): one graph does for clicks and previews, with a mask
// and without, for the image's part of the logits and for all; how long these inputs are says which.

import type { PlanePart } from "../../geometry/made_part";
import type { GraphSpec, TensorSpec } from "../../protocol/manifest";
import { type Feeds, type Graph, tensorFor } from "./runtime";

/** For `shown`: the multimask token with the best predicted IoU. */
export const BEST = -1;
const EVERY_STEP = [0, 1, 2, 3];
const FIRST_STEP = [0];
const MASKED = "masked_";
const PREPARED = "prepared_";

export interface Wanted {
  /** Tokens, or BEST. */
  readonly shown: readonly number[];
  /** Places of the embedding, from the top left. */
  readonly cells: PlanePart;
  /** Every second row and column of the logits only. */
  readonly half: boolean;
}

/** The places whose logits cover a part of the planes: four by four to each. */
export function cellsOf({ rows, columns }: PlanePart): PlanePart {
  return { rows: Math.ceil(rows / 4), columns: Math.ceil(columns / 4) };
}

export function wantedFeeds({ inputs }: GraphSpec, { shown, cells, half }: Wanted): Feeds {
  const steps = half ? FIRST_STEP : EVERY_STEP;
  const side = half ? 1 : 2;
  const feeds: Feeds = {};
  for (const spec of inputs) {
    if (spec.name === "shown") feeds.shown = tensorFor(spec, Float32Array.from(shown), [shown.length]);
    if (spec.name === "crop") feeds.crop = tensorFor(spec, Float32Array.of(cells.rows, cells.columns), [2]);
    if (spec.name === "steps") feeds.steps = tensorFor(spec, Float32Array.from(steps), [side, side]);
  }
  return feeds;
}

/** Where there is no mask prompt, one row of nothing takes its place. */
export function noMaskFeeds({ inputs }: GraphSpec): Feeds {
  const feeds: Feeds = {};
  for (const spec of inputs) {
    if (spec.name === "mask_rows" || spec.name === "mask_cross") feeds[spec.name] = zeros(spec);
  }
  return feeds;
}

/** The mask's rows, and the prepared tensors that it changes. */
export async function maskFeeds(graph: Graph, prepared: Feeds, mask: Float32Array): Promise<Feeds> {
  const given: Feeds = {};
  for (const spec of graph.spec.inputs) {
    const tensor = prepared[spec.name];
    given[spec.name] = tensor ?? tensorFor(spec, mask, spec.shape as number[]);
  }
  const feeds: Feeds = {};
  for (const [name, tensor] of Object.entries(await graph.run(given))) {
    feeds[name.startsWith(MASKED) ? PREPARED + name.slice(MASKED.length) : name] = tensor as Feeds[string];
  }
  const cross = prepared.prepared_masks;
  return cross ? { ...feeds, mask_cross: cross } : feeds;
}

function zeros(spec: TensorSpec) {
  const shape = spec.shape.map((size) => (typeof size === "number" ? size : 1));
  return tensorFor(spec, new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
}
