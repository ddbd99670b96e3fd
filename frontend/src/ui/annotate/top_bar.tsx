// What one is working on, and whether it is safe: project, image, masks so far, outbox, model.

import { ActButton } from "./button";
import type { Editor } from "./editor";
import { Icon } from "./icons";

export function TopBar({ editor }: { editor: Editor }) {
  const { store } = editor;
  const session = store.session.value;
  const { saved, accepting } = store.list.value;
  const count = saved.length + accepting.length;
  return (
    <>
      <div class="annotate-where">
        <span class="annotate-project" title={store.page.project.name}>
          {store.page.project.name}
        </span>
        {session && (
          <>
            <span class="annotate-sep" aria-hidden="true">
              /
            </span>
            <span class="annotate-file" title={session.image.file_name}>
              {session.image.file_name}
            </span>
          </>
        )}
      </div>
      {session && (
        <span class="annotate-count number" data-testid="accepted-count">
          {count} accepted
        </span>
      )}
      <div class="annotate-top-end">
        <SaveStatus editor={editor} />
        {session && (
          <span class="annotate-model" title={`Masks are made by the model ${session.model.version}`}>
            <span class="visually-hidden">Model </span>
            {session.model.version}
          </span>
        )}
        {store.page.project.guidelines && <ActButton editor={editor} command="guidelines" icon="guide" look="icon" />}
        <ActButton editor={editor} command="help" icon="help" look="icon" />
      </div>
    </>
  );
}

function SaveStatus({ editor }: { editor: Editor }) {
  const state = editor.saveState.value;
  const message = state.kind === "trouble" ? state.message : undefined;
  return (
    <span class="save-status" data-state={state.kind} title={message}>
      <Icon name={state.kind === "saved" ? "check" : message ? "cloudOff" : "cloud"} small />
      {state.kind === "saved" ? "All saved" : state.count > 0 ? `${state.count} waiting` : "Not connected"}
      {/* Every mask is on its way for a moment: only what is wrong is said without being asked. */}
      <span class="visually-hidden" role="status">
        {message}
      </span>
    </span>
  );
}
