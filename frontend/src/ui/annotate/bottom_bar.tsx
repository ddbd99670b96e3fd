// Under the picture: the candidates after one prompt, and the acts of the loop in the order of the hand.

import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { drawCandidate } from "../../canvas/candidate_pictures";
import {
  type Answer,
  answerAt,
  type Candidate,
  currentModelMask,
  isEmptyDraft,
  mayChoose,
  revisionOf,
} from "../../state/draft";
import type { Tool } from "../../state/editor_state";
import { rankedCandidates } from "../../state/reducer";
import { ActButton, keepFocus } from "./button";
import type { Editor } from "./editor";
import { Ring } from "./ring";

export function BottomBar({ editor }: { editor: Editor }) {
  const { store } = editor;
  const { draft, history, selected } = store.state.value;
  const working = store.phase.value.kind === "working";
  const empty = isEmptyDraft(draft);
  return (
    <div class={selected ? "bottom bottom-full" : "bottom"} role="toolbar" aria-label="Mask and image">
      <Ring store={store} />
      <Candidates editor={editor} />
      {selected && (
        <ActButton
          editor={editor}
          command="prompt.remove"
          label={selected.kind === "box" ? "Remove box" : "Remove click"}
          icon="trash"
          look="icon"
        />
      )}
      <span class="bottom-space" />
      <ActButton editor={editor} command="undo" icon="undo" look="icon" disabled={!history.past} />
      <ActButton editor={editor} command="redo" icon="redo" look="icon" disabled={!history.future} />
      <span class="bottom-line" aria-hidden="true" />
      <ActButton editor={editor} command="drop" icon="close" disabled={empty} />
      <ActButton editor={editor} command="accept" icon="check" look="primary" disabled={empty} />
      <span class="bottom-line" aria-hidden="true" />
      <ActButton editor={editor} command="skip" icon="skip" disabled={!working} />
      <ActButton editor={editor} command="next" icon="forward" disabled={!working} />
    </div>
  );
}

const CANDIDATE_KEYS = ["candidate.1", "candidate.2", "candidate.3"] as const;

/** Whole, part and subpart come in no fixed order: they are offered best first, and named by their place. */
function Candidates({ editor }: { editor: Editor }) {
  const { store } = editor;
  const corners = useComputed(() => Math.min(LEAST_CORNERS, store.lasso.value?.corners.length ?? 0));
  const { draft } = store.state.value;
  const revision = revisionOf(draft);
  if (corners.value > 0) return <LineHint editor={editor} more={corners.value < LEAST_CORNERS} />;
  const answer = answerAt(draft, revision);
  const shown = currentModelMask(draft);
  if (!answer || !shown) {
    return <div class="candidates candidates-none">{store.decoding.value ? <Busy /> : hintFor(editor)}</div>;
  }
  if (!mayChoose(draft)) {
    return (
      <div class="candidates">
        <span class="muted small">Predicted IoU</span> <span class="number">{percent(shown.predictedIou)}</span>
      </div>
    );
  }
  const keys = store.keys.value;
  const shownKey = (index: number) => keys.shown(CANDIDATE_KEYS[index] ?? "candidate.next");
  return (
    <fieldset class="candidates" aria-label="Candidates">
      <div class="segments">
        {rankedCandidates(answer.ious).map((candidate, index) => (
          <button
            type="button"
            key={candidate}
            class="segment"
            aria-pressed={candidate === shown.token}
            title={`Candidate ${index + 1} (${shownKey(index)}, or ${keys.shown("candidate.next")} for the next)`}
            onMouseDown={keepFocus}
            onClick={() => editor.perform({ act: "candidate", candidate: (index + 1) as Candidate })}
          >
            <CandidatePicture editor={editor} answer={answer} candidate={candidate} />
            <span class="visually-hidden">Candidate </span>
            <span class="visually-hidden">{index + 1}</span>
            <span aria-hidden="true">
              <kbd>{shownKey(index)}</kbd>
            </span>
            <span class="visually-hidden">, predicted IoU </span>
            <span class="number">{percent(answer.ious[candidate] ?? 0)}</span>
          </button>
        ))}
      </div>
    </fieldset>
  );
}

/** Device pixels; shown at half of it, so that it is sharp on most screens. */
const PICTURE_SIDE = 96;

function CandidatePicture({ editor, answer, candidate }: { editor: Editor; answer: Answer; candidate: Candidate }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = editor.store.picture.value;
  // After the mask itself has been painted: nobody waits for these.
  useEffect(() => {
    if (canvas.current) drawCandidate(canvas.current, picture, answer, candidate);
  }, [picture, answer, candidate]);
  return <canvas class="candidate-picture" ref={canvas} width={PICTURE_SIDE} height={PICTURE_SIDE} />;
}

function Busy() {
  return (
    <>
      <span class="spinner" aria-hidden="true" />
      <span class="muted small">Making the mask</span>
    </>
  );
}

const HINTS: Record<Tool, string> = {
  click: "Click an object, or drag a box around it",
  box: "Click an object, or drag a box around it",
  brush: "Paint an object",
  eraser: "Nothing to erase yet: begin a mask first",
  lasso: "Draw around an object, or click its corners",
};

/** So many make an area. */
const LEAST_CORNERS = 3;

/** While the lasso's line is open, keys are about it. */
function LineHint({ editor, more }: { editor: Editor; more: boolean }) {
  const keys = editor.store.keys.value;
  return (
    <p class="candidates candidates-line muted small" role="status">
      {more ? (
        <span>Click the next corner</span>
      ) : (
        <span>
          First corner or <kbd>{keys.shown("accept")}</kbd> fills
        </span>
      )}
      <span>
        <kbd>{more ? keys.shown("drop") : keys.shown("prompt.remove")}</kbd> {more ? "drops the line" : "takes back"}
      </span>
    </p>
  );
}

function hintFor({ store }: Editor) {
  if (store.phase.value.kind !== "working") return null;
  if (store.decoder.value.kind === "ready") {
    return isEmptyDraft(store.state.value.draft) ? (
      <span class="muted small">{HINTS[store.state.value.tool]}</span>
    ) : null;
  }
  // A banner says what is wrong, and what to do.
  if (store.decoder.value.kind === "failed") return null;
  return (
    <>
      <span class="spinner" aria-hidden="true" />
      <span class="muted small">Preparing the image; clicks are taken already</span>
    </>
  );
}

function percent(share: number): string {
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;
}
