// How much of the image is masked, the button that leads to what is not, and the frame around where it led.

import { imagePoint } from "../../geometry/points";
import { toCanvas } from "../../geometry/viewport";
import { ActButton } from "./button";
import type { Editor } from "./editor";

export function Masked({ editor }: { editor: Editor }) {
  const share = editor.prominence.share.value;
  if (share === null || editor.store.phase.value.kind !== "working") return null;
  return (
    <div class="masked">
      <p class="masked-words">
        <strong class="number">{percentOf(share)} %</strong>{" "}
        <span class="muted small">
          <span class="masked-rest">of the image is </span>masked
        </span>
      </p>
      <ActButton editor={editor} command="unmasked" icon="unmasked" look="icon" />
    </div>
  );
}

/** All is 100 % only when it is all, and nothing 0 % only when it is nothing. */
export function percentOf(share: number): number {
  const rounded = Math.round(share * 100);
  if (share > 0 && rounded === 0) return 1;
  return share < 1 && rounded === 100 ? 99 : rounded;
}

export function RegionFrame({ editor }: { editor: Editor }) {
  const region = editor.prominence.region.value;
  if (!region) return null;
  const { viewport } = editor.store.view.value;
  const from = toCanvas(viewport, imagePoint(region.x0, region.y0));
  const to = toCanvas(viewport, imagePoint(region.x1, region.y1));
  const style = { left: `${from.x}px`, top: `${from.y}px`, width: `${to.x - from.x}px`, height: `${to.y - from.y}px` };
  return <div class="region-frame" style={style} aria-hidden="true" />;
}
