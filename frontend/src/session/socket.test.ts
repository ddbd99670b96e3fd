import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Hint } from "../protocol/socket";
import { HintSocket, socketUrl } from "./socket";

class FakeSocket {
  static made: FakeSocket[] = [];
  readonly sent: string[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.onclose?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const saved = (sequence: number) => ({ sequence, kind: "mask_saved", payload: { image_id: sequence } }) as const;
let missed: Hint[] = [];
let fetched: number[] = [];

function setUp() {
  FakeSocket.made = [];
  missed = [];
  fetched = [];
  const got: number[] = [];
  const socket = new HintSocket({
    url: "ws://server/ws/projects/1/",
    fetchHints: async (after) => {
      fetched.push(after);
      return missed;
    },
    createSocket: () => new FakeSocket() as unknown as WebSocket,
    random: () => 1,
  });
  socket.on("mask_saved", (hint) => got.push(hint.sequence));
  const line = (index = FakeSocket.made.length - 1) => FakeSocket.made[index]!;
  return { socket, got, line };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("hints reach those who asked for their kind, each once", async () => {
  const { socket, got, line } = setUp();
  line().say({ type: "hello", sequence: 4 });
  expect(socket.state.value).toBe("open");
  line().say({ type: "hint", ...saved(5) });
  line().say({ type: "hint", ...saved(5) });
  line().say({ type: "hint", sequence: 6, kind: "image_added", payload: { image_id: 1 } });
  line().say({ type: "hint", ...saved(7) });
  await settle();
  expect(got).toEqual([5, 7]);
  expect(fetched).toEqual([]);
});

test("a gap is filled by asking, and what comes meanwhile is neither lost nor doubled", async () => {
  const { got, line } = setUp();
  line().say({ type: "hello", sequence: 4 });
  missed = [saved(5), saved(6), saved(8)];
  line().say({ type: "hint", ...saved(8) });
  line().say({ type: "hint", ...saved(9) });
  missed = [saved(5), saved(6), saved(8), saved(9)];
  await settle();
  await settle();
  expect(got).toEqual([5, 6, 8, 9]);
});

test("a lost socket comes back, slower each time, and what was missed is fetched", async () => {
  const { socket, got, line } = setUp();
  line().say({ type: "hello", sequence: 4 });
  line().close();
  expect(socket.state.value).toBe("waiting");
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.made).toHaveLength(2);
  line().close();
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.made).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(500);
  expect(FakeSocket.made).toHaveLength(3);
  missed = [saved(6)];
  line().say({ type: "hello", sequence: 6 });
  await settle();
  expect(fetched).toEqual([4]);
  expect(got).toEqual([6]);
});

test("a line that died without a word is noticed by an unanswered ping", async () => {
  const { socket, line } = setUp();
  line().say({ type: "hello", sequence: 1 });
  await vi.advanceTimersByTimeAsync(25_000);
  expect(line().sent).toEqual(['{"type":"ping"}']);
  line().say({ type: "pong" });
  await vi.advanceTimersByTimeAsync(24_000);
  expect(socket.state.value).toBe("open");
  await vi.advanceTimersByTimeAsync(11_100);
  expect(socket.state.value).toBe("waiting");
});

test("with the network the socket is back at once", async () => {
  const page = new EventTarget();
  vi.stubGlobal("window", page);
  const { socket, line } = setUp();
  line().close();
  page.dispatchEvent(new Event("online"));
  expect(FakeSocket.made).toHaveLength(2);
  line().say({ type: "hello", sequence: 1 });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.made).toHaveLength(2);
  socket.close();
  page.dispatchEvent(new Event("online"));
  expect(FakeSocket.made).toHaveLength(2);
  vi.unstubAllGlobals();
});

test("after close nothing comes back", async () => {
  const { socket, got, line } = setUp();
  line().say({ type: "hello", sequence: 1 });
  const old = line();
  socket.close();
  old.say({ type: "hint", ...saved(2) });
  await vi.advanceTimersByTimeAsync(120_000);
  expect(FakeSocket.made).toHaveLength(1);
  expect(got).toEqual([]);
});

test("the socket's address follows the page's", () => {
  expect(socketUrl(7, { protocol: "https:", host: "a.b" } as Location)).toBe("wss://a.b/ws/projects/7/");
  expect(socketUrl(7, { protocol: "http:", host: "a.b:81" } as Location)).toBe("ws://a.b:81/ws/projects/7/");
});
