import { type Signal, signal } from "@preact/signals";
import { beforeEach, expect, test } from "vitest";
import type { OutboxStatus } from "../../session/outbox";
import { Outgoing } from "./outgoing";

const lease = { lease_token: "t" };
const settle = () => new Promise((done) => setTimeout(done, 0));

let status: Signal<OutboxStatus>;
let acknowledge: Map<number, (outcome: "sent" | "refused") => void>;
let outgoing: Outgoing;

beforeEach(() => {
  status = signal<OutboxStatus>({ waiting: 0, acts: 0, refused: [], lastError: null, durable: true });
  acknowledge = new Map();
  let order = 0;
  const put = async () => ++order;
  const whenSent = (of: number) => new Promise<"sent" | "refused">((resolve) => acknowledge.set(of, resolve));
  outgoing = new Outgoing({ status, whenSent, saveMask: put, deleteMask: put, finish: put, skip: put });
});

test("acts of this page and of the ones before it count as waiting until the server has acknowledged them", () => {
  status.value = { ...status.value, waiting: 5, acts: 2 };
  expect(outgoing.state.value).toEqual({ kind: "waiting", count: 2 });
  status.value = { ...status.value, waiting: 3, acts: 0 };
  expect(outgoing.state.value).toEqual({ kind: "saved" });
});

test("timing events alone are no unrest, unless they can't be sent", () => {
  status.value = { ...status.value, waiting: 2 };
  expect(outgoing.state.value.kind).toBe("saved");
  status.value = { ...status.value, lastError: { code: "offline", message: "No network." } };
  const trouble = { kind: "trouble", code: "offline", message: "No network." };
  expect(outgoing.state.value).toEqual({ ...trouble, count: 0 });
  status.value = { ...status.value, waiting: 3, acts: 1 };
  expect(outgoing.state.value).toEqual({ ...trouble, count: 1 });
});

test("the end of a session is known when it was sent, or when it was not ended here", async () => {
  let known = false;
  await outgoing.skip(7, { ...lease, reason: "other" });
  void outgoing.whenEnded(7).then(() => {
    known = true;
  });
  await settle();
  expect(known).toBe(false);
  acknowledge.get(1)?.("sent");
  await settle();
  expect(known).toBe(true);
  await outgoing.whenEnded(8);
});
