import { type Signal, signal } from "@preact/signals";
import { beforeEach, expect, test } from "vitest";
import type { MaskIn } from "../../protocol/api";
import type { OutboxStatus } from "../../session/outbox";
import { Outgoing } from "./outgoing";

const mask = {} as MaskIn;
const lease = { lease_token: "t" };
const settle = () => new Promise((done) => setTimeout(done, 0));

let status: Signal<OutboxStatus>;
let acknowledge: Map<number, (outcome: "sent" | "refused") => void>;
let outgoing: Outgoing;

beforeEach(() => {
  status = signal<OutboxStatus>({ waiting: 0, refused: [], lastError: null, durable: true });
  acknowledge = new Map();
  let order = 0;
  const put = async () => ++order;
  const whenSent = (of: number) => new Promise<"sent" | "refused">((resolve) => acknowledge.set(of, resolve));
  outgoing = new Outgoing({ status, whenSent, saveMask: put, deleteMask: put, finish: put, skip: put });
});

test("an act counts as waiting until the server has acknowledged it", async () => {
  await outgoing.saveMask("a", mask);
  await outgoing.finish(7, lease);
  expect(outgoing.state.value).toEqual({ kind: "waiting", count: 2 });
  acknowledge.get(1)?.("sent");
  await settle();
  expect(outgoing.state.value).toEqual({ kind: "waiting", count: 1 });
  acknowledge.get(2)?.("sent");
  await settle();
  expect(outgoing.state.value).toEqual({ kind: "saved" });
});

test("timing events alone are no unrest, unless they can't be sent", () => {
  status.value = { ...status.value, waiting: 2 };
  expect(outgoing.state.value.kind).toBe("saved");
  status.value = { ...status.value, lastError: { code: "offline", message: "No network." } };
  expect(outgoing.state.value).toEqual({ kind: "trouble", count: 2, message: "No network." });
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
