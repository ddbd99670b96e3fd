// What the page says instead of an image, and over it: each with what to do.

import { STUCK } from "../../session/sending";
import type { Editor } from "./editor";
import { Icon, type IconName } from "./icons";
import { Trouble } from "./trouble";

export function PhaseCard({ editor }: { editor: Editor }) {
  const { store } = editor;
  const phase = store.phase.value;
  const retry = { label: "Try again", act: () => editor.lookAgain() };
  switch (phase.kind) {
    case "working":
      return null;
    case "opening":
      return <Card busy title="Getting the next image" {...connectionOf(editor)} />;
    case "encoding":
      return (
        <Card
          busy
          title="Images are being prepared"
          text="The first one will appear here by itself, usually within a minute."
        />
      );
    case "all_done":
      return (
        <Card icon="done" title="All images are done" text="Nothing is left to annotate in this project. Thank you.">
          <a class="button button-primary" href="/">
            Back to projects
          </a>
        </Card>
      );
    case "no_images":
      return (
        <Card
          icon="picture"
          title="No images yet"
          text="When photos are uploaded to this project, the first one appears here by itself."
        >
          <a class="button" href="/">
            Back to projects
          </a>
        </Card>
      );
    case "failed":
      return (
        <Card icon="alert" title="The next image could not be opened" text={phase.message}>
          <button type="button" class="button button-primary" onClick={retry.act}>
            {retry.label}
          </button>
          <a class="button" href="/">
            Back to projects
          </a>
        </Card>
      );
  }
}

/** Why it takes so long, when the server can't be reached. */
function connectionOf(editor: Editor): { text?: string } {
  const state = editor.saveState.value;
  return state.kind === "trouble"
    ? { text: `${state.message} What you accepted is kept in this browser until then.` }
    : {};
}

interface CardProps {
  readonly icon?: IconName;
  readonly busy?: boolean;
  readonly title: string;
  readonly text?: string;
  readonly children?: preact.ComponentChildren;
}

export function Card({ icon, busy, title, text, children }: CardProps) {
  return (
    <div class="phase" role="status">
      {busy && <span class="spinner phase-spinner" aria-hidden="true" />}
      {icon && <Icon name={icon} />}
      <h2>{title}</h2>
      {text && <p class="muted">{text}</p>}
      {children && <div class="row">{children}</div>}
    </div>
  );
}

/** Lines over the picture: what is wrong with this image, and what to do. The work goes on under them. */
export function Banners({ editor }: { editor: Editor }) {
  const { store } = editor;
  const decoder = store.decoder.value;
  const notice = store.notice.value;
  const working = store.phase.value.kind === "working";
  return (
    <div class="banners">
      <Trouble editor={editor} />
      <Refused editor={editor} />
      {working && store.leaseLost.value && (
        <div class="notice notice-warning" role="alert">
          <Icon name="alert" />
          <p class="notice-body">
            After the pause this image was given back. What you accepted is saved; go on with the next image.
          </p>
          <button type="button" class="button button-small" onClick={() => editor.perform({ act: "next" })}>
            Go on
          </button>
        </div>
      )}
      {working && decoder.kind === "failed" && (
        <div class="notice notice-danger" role="alert">
          <Icon name="alert" />
          <p class="notice-body">{decoder.message} You can still paint with the brush.</p>
          <button type="button" class="button button-small" onClick={() => editor.retryImage()}>
            Try again
          </button>
        </div>
      )}
      {notice && (
        <div class={`notice notice-${notice.tone}`}>
          <p class="notice-body">{notice.text}</p>
          {notice.action && (
            <button
              type="button"
              class="button button-small"
              aria-keyshortcuts={store.keys.value.aria("offer")}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => editor.takeOffer()}
            >
              {notice.action.label}
              <span aria-hidden="true">
                <kbd class="act-key">{store.keys.value.shown("offer")}</kbd>
              </span>
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** What the server will never take as it is: kept until a person decides. */
function Refused({ editor }: { editor: Editor }) {
  const { outbox } = editor;
  const [first, ...others] = outbox.status.value.refused.filter(({ item }) => item.kind !== "event");
  if (!first) return null;
  const what = first.item.kind === "mask" ? "A mask" : "A change";
  const stuck = first.reason.code === STUCK ? " It is kept here and tried again every five minutes." : "";
  const more = others.length > 0 ? ` ${others.length} more are in the same state.` : "";
  return (
    <div class="notice notice-danger" role="alert">
      <Icon name="alert" />
      <p class="notice-body">
        {what} was not taken by the server. {first.reason.message}
        {stuck}
        {more}
      </p>
      <button type="button" class="button button-small" onClick={() => void outbox.retryRefused(first.order)}>
        Try again
      </button>
      <button
        type="button"
        class="button button-small button-quiet-danger"
        onClick={() => void outbox.discardRefused(first.order)}
      >
        Discard
      </button>
    </div>
  );
}
