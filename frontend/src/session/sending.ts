// Which request an entry of the outbox is, and what can be told of it without asking the server.

import type { Http } from "./http";
import type { Entry, RefusedEntry } from "./outbox_store";
import { ApiError } from "./request";

export type SendingHttp = Pick<Http, "saveMask" | "deleteMask" | "storeEvents" | "finishSession" | "skipSession">;

/** The code of what was set aside because the server breaks over it alone: it is tried again by itself. */
export const STUCK = "stuck";

/** One entry, or events that follow each other. Gives how many events were refused because they are another person's. */
export async function sendBatch(http: SendingHttp, batch: readonly Entry[]): Promise<number> {
  const { item } = batch[0]!;
  switch (item.kind) {
    case "mask":
      await http.saveMask(item.id, item.body);
      return 0;
    case "deleteMask":
      await http.deleteMask(item.id, item.body);
      return 0;
    case "finish":
      await http.finishSession(item.id, item.body);
      return 0;
    case "skip":
      await http.skipSession(item.id, item.body);
      return 0;
    case "event": {
      const events = batch.flatMap((entry) => (entry.item.kind === "event" ? [entry.item.body] : []));
      return (await http.storeEvents(events)).refused;
    }
  }
}

/** Our server answered, and broke over it. No answer at all, or one of a proxy, says nothing about what was sent. */
export function brokeOver(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 500 && error.code !== "not_our_server";
}

/** Whether the entry deletes or replaces one of these masks, and so must not get there before it. */
export function follows({ item }: Entry, earlier: readonly Entry[]): boolean {
  const named = item.kind === "deleteMask" ? item.id : item.kind === "mask" ? item.body.replaces : null;
  return named !== null && earlier.some((entry) => entry.item.kind === "mask" && entry.item.id === named);
}

/** What was set aside and is tried again: in its order. */
export function stuckOf(refused: readonly RefusedEntry[]): RefusedEntry[] {
  return refused.filter(({ reason }) => reason.code === STUCK).sort((one, other) => one.order - other.order);
}
