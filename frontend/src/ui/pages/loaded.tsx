import type { ComponentChildren } from "preact";
import { Icon } from "./icon";

/** Something that comes from the server. `stale`: an older answer, still shown while or although a new one fails. */
export type Loaded<Value> =
  | { readonly step: "loading" }
  | { readonly step: "ready"; readonly value: Value }
  | { readonly step: "failed"; readonly message: string; readonly stale: Value | null };

export function messageOf(error: unknown): string {
  return error instanceof Error && error.message ? error.message : "That did not work. Reload the page and try again.";
}

/** The value to show, if there is any. */
export function shown<Value>(loaded: Loaded<Value>): Value | null {
  if (loaded.step === "ready") return loaded.value;
  return loaded.step === "failed" ? loaded.stale : null;
}

export function Problem({ message, again }: { readonly message: string; readonly again?: () => void }) {
  return (
    <div class="notice notice-danger" role="alert">
      <Icon name="alert" />
      <div class="notice-body">{message}</div>
      {again && (
        <button class="button button-small" type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Loading() {
  return (
    <div>
      <div class="skeleton skeleton-block" aria-hidden="true" />
      <p class="visually-hidden" role="status">
        Loading
      </p>
    </div>
  );
}

export function Empty(props: {
  readonly icon: "images" | "archive" | "chart";
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}
