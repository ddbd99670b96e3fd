// What keeps accepted work from the server, and what the person can do: as lines over the picture. Being offline is none of them,
// it is told beside "waiting" and passes by itself.

import type { Editor } from "./editor";
import { Icon } from "./icons";

const KEPT = "What you accepted is kept in this browser until then.";
const SIGNED_OUT = ["not_signed_in", "csrf_failed"];

export function Trouble({ editor }: { editor: Editor }) {
  const state = editor.saveState.value;
  if (state.kind !== "trouble") return null;
  if (SIGNED_OUT.includes(state.code) || state.code === "other_user") {
    const why = state.code === "other_user" ? state.message : "You are signed out. Sign in again to go on.";
    return (
      <Line text={`${why} ${KEPT}`}>
        <a class="button button-small" href="/sign-in/" target="_blank" rel="noopener">
          Sign in
        </a>
        <TryNow editor={editor} />
      </Line>
    );
  }
  if (state.code !== "server_error" && state.code !== "not_our_server") return null;
  return (
    <Line text={`${state.message} ${KEPT}`}>
      <TryNow editor={editor} />
    </Line>
  );
}

function Line({ text, children }: { text: string; children: preact.ComponentChildren }) {
  return (
    <div class="notice notice-warning" role="alert">
      <Icon name="cloudOff" />
      <p class="notice-body">{text}</p>
      {children}
    </div>
  );
}

function TryNow({ editor }: { editor: Editor }) {
  return (
    <button type="button" class="button button-small" onClick={() => editor.outbox.sendNow()}>
      Try now
    </button>
  );
}
