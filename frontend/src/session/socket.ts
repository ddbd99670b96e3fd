// Hints from the server as they come, without gaps: what a lost socket missed is fetched when it is back.

import { type Signal, signal } from "@preact/signals";
import type { ClientMessage, Hint, HintKind, ServerMessage } from "../protocol/socket";

export type SocketState = "connecting" | "open" | "waiting" | "closed";
type HintOf<K extends HintKind> = Extract<Hint, { kind: K }>;

export interface SocketOptions {
  readonly url: string;
  /** Hints with a sequence above `after`, ascending. */
  readonly fetchHints: (after: number) => Promise<readonly Hint[]>;
  readonly createSocket?: (url: string) => WebSocket;
  /** 0 to 1, so that a thousand pages do not come back in the same second. */
  readonly random?: () => number;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const PING_MS = 25_000;
const PONG_WITHIN_MS = 10_000;

export class HintSocket {
  readonly state: Signal<SocketState> = signal("connecting");
  private socket: WebSocket | null = null;
  private last: number | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<(hint: Hint) => void>();
  private catchingUp: Promise<void> | null = null;
  private catchUpAgain = false;

  constructor(private readonly options: SocketOptions) {
    this.connect();
    globalThis.window?.addEventListener("online", this.comeBack);
  }

  /** Calls `listener` for hints of this kind. Returns what stops it. */
  on<K extends HintKind>(kind: K, listener: (hint: HintOf<K>) => void): () => void {
    const wrapped = (hint: Hint) => {
      if (hint.kind === kind) listener(hint as HintOf<K>);
    };
    this.listeners.add(wrapped);
    return () => this.listeners.delete(wrapped);
  }

  close(): void {
    globalThis.window?.removeEventListener("online", this.comeBack);
    clearTimeout(this.timer);
    this.state.value = "closed";
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }

  /** The network is back: no need to wait for the rest of the pause. */
  private readonly comeBack = (): void => {
    if (this.state.value !== "waiting") return;
    clearTimeout(this.timer);
    this.connect();
  };

  private connect(): void {
    const create = this.options.createSocket ?? ((url: string) => new WebSocket(url));
    const socket = create(this.options.url);
    this.socket = socket;
    this.state.value = "connecting";
    socket.onmessage = (event) => this.receive(socket, String(event.data));
    socket.onclose = () => this.lost(socket);
    socket.onerror = () => socket.close();
  }

  private receive(socket: WebSocket, text: string): void {
    if (socket !== this.socket) return;
    let message: ServerMessage;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (message.type === "hello") this.greeted(message.sequence);
    else if (message.type === "hint") this.hinted(message);
    // Any message shows that the line is alive.
    this.pingLater(socket);
  }

  private greeted(sequence: number): void {
    this.failures = 0;
    this.state.value = "open";
    if (this.last === null) this.last = sequence;
    else if (sequence > this.last) void this.catchUp();
  }

  private hinted(message: Hint & { type?: "hint" }): void {
    const { type: _, ...hint } = message;
    if (this.last !== null && hint.sequence <= this.last) return;
    // Sequences of all projects are drawn from one row, so a gap may be nothing; looking is cheap, missing one is not.
    if (this.catchingUp || (this.last !== null && hint.sequence > this.last + 1)) void this.catchUp();
    else this.deliver(hint as Hint);
  }

  private async catchUp(): Promise<void> {
    if (this.catchingUp) {
      this.catchUpAgain = true;
      return;
    }
    this.catchingUp = this.fetchMissed();
    await this.catchingUp;
    this.catchingUp = null;
    if (this.catchUpAgain) {
      this.catchUpAgain = false;
      void this.catchUp();
    }
  }

  private async fetchMissed(): Promise<void> {
    try {
      for (const hint of await this.options.fetchHints(this.last ?? 0)) this.deliver(hint);
    } catch {
      // The socket's own end and return will bring us here again.
      this.socket?.close();
    }
  }

  private deliver(hint: Hint): void {
    if (this.last !== null && hint.sequence <= this.last) return;
    this.last = hint.sequence;
    for (const listener of [...this.listeners]) listener(hint);
  }

  private pingLater(socket: WebSocket): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      socket.send(JSON.stringify({ type: "ping" } satisfies ClientMessage));
      // A line that is cut without a word never closes by itself.
      this.timer = setTimeout(() => this.lost(socket), PONG_WITHIN_MS);
    }, PING_MS);
  }

  private lost(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.socket = null;
    socket.close();
    clearTimeout(this.timer);
    this.state.value = "waiting";
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++);
    const random = this.options.random ?? Math.random;
    this.timer = setTimeout(() => this.connect(), pause * (0.5 + random() / 2));
  }
}

/** The address of a project's socket on the server that gave us this page. */
export function socketUrl(projectId: number, page: Location = location): string {
  return `${page.protocol === "https:" ? "wss" : "ws"}://${page.host}/ws/projects/${projectId}/`;
}
