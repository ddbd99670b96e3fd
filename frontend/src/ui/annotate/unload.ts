import type { ReadonlySignal } from "@preact/signals";
import type { OutboxStatus } from "../../session/outbox";
import type { Store } from "./store";

/** The browser asks before the page is closed while something accepted lies nowhere but in the page. Returns what stops it. */
export function warnBeforeLoss(page: Window, store: Store, outbox: ReadonlySignal<OutboxStatus>): () => void {
  const warn = (event: Event) => {
    const { waiting, durable } = outbox.peek();
    const onItsWay = store.state.peek().accepting.length > 0;
    if (onItsWay || (waiting > 0 && !durable)) event.preventDefault();
  };
  page.addEventListener("beforeunload", warn);
  return () => page.removeEventListener("beforeunload", warn);
}
