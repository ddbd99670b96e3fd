// The session at hand and the next two, whose pictures and embeddings are fetched while the annotator still works on the first.

import { type Signal, signal } from "@preact/signals";
import type { NoSessionReason, SessionOut } from "../protocol/api";
import type { Http } from "./http";
import { ApiError, isPassing } from "./request";

export type QueueStatus =
  | { readonly state: "loading" }
  | { readonly state: "working" }
  /** Nothing to do now; looked for again by itself. */
  | { readonly state: "none"; readonly reason: NoSessionReason }
  | { readonly state: "failed"; readonly message: string };

export interface Embedding {
  readonly bytes: ArrayBuffer;
  readonly sha256: string;
}

export interface ImageQueueOptions {
  readonly projectId: number;
  readonly http: Pick<Http, "nextSession" | "reserveSession" | "startSession" | "renewSession" | "session" | "bytes">;
  /** Resolves when the server knows how the session ended; till then it would give the same one again. */
  readonly settled: (sessionId: number) => Promise<unknown>;
  /** Resolves when the server knows what the last page left unsent: else it would give an image again that is finished. */
  readonly caughtUp?: () => Promise<unknown>;
  readonly decodePicture?: (bytes: ArrayBuffer) => Promise<ImageBitmap>;
}

/** Leases last 120 s. */
const RENEW_MS = 30_000;
const LOOK_AGAIN_MS = 15_000;
const EMBEDDING_PAUSE_MS = 2_000;
const BLINK_MS = 3_000;
/** As many as the server reserves for one person: whoever is quick with an image finds the one after the next there, too. */
const AHEAD = 2;

/** A session with its picture and embedding on their way. */
export class LoadedSession {
  picture!: Promise<ImageBitmap>;
  embedding!: Promise<Embedding>;

  constructor(
    public session: SessionOut,
    private readonly options: ImageQueueOptions,
  ) {
    this.fetchAgain();
  }

  /** Fetches both, or after a failure both anew. */
  fetchAgain(): void {
    this.picture = this.fetchPicture();
    this.embedding = this.fetchEmbedding();
    // Whoever awaits them gets the failure; nobody may be there yet.
    this.picture.catch(() => {});
    this.embedding.catch(() => {});
  }

  /** Frees the picture's memory, which the browser's collector is slow to see. */
  async close(): Promise<void> {
    (await this.picture.catch(() => null))?.close();
  }

  private async fetchPicture(): Promise<ImageBitmap> {
    const bytes = await this.options.http.bytes(this.session.image.display_url, { timeoutMs: 120_000 });
    return (this.options.decodePicture ?? decodePicture)(bytes);
  }

  private async fetchEmbedding(): Promise<Embedding> {
    let { embedding } = this.session;
    while (embedding.url === null || embedding.sha256 === null) {
      await new Promise((done) => setTimeout(done, EMBEDDING_PAUSE_MS));
      embedding = (await this.options.http.session(this.session.id)).embedding;
    }
    const bytes = await this.options.http.bytes(embedding.url, { timeoutMs: 120_000 });
    return { bytes, sha256: embedding.sha256 };
  }
}

export class ImageQueue {
  readonly current: Signal<LoadedSession | null> = signal(null);
  /** What comes next, in order. */
  readonly ahead: Signal<readonly LoadedSession[]> = signal([]);
  readonly status: Signal<QueueStatus> = signal({ state: "loading" });
  /** The current image went back to the pool, as after a long sleep. What was accepted is saved all the same. */
  readonly leaseLost: Signal<boolean> = signal(false);
  private before: LoadedSession | null = null;
  private renewing: ReturnType<typeof setInterval> | undefined;
  private lookingAgain: ReturnType<typeof setTimeout> | undefined;
  private busy: Promise<void> | null = null;
  private reserving = false;
  private closed = false;

  constructor(private readonly options: ImageQueueOptions) {}

  /** Gets the session at hand, or says why there is none. */
  start(): Promise<void> {
    this.renewing ??= setInterval(() => void this.renew(), RENEW_MS);
    return this.once(async () => {
      await this.options.caughtUp?.();
      await this.take();
    });
  }

  /** Goes on to the next image. The end of the current session must be in the outbox before. */
  advance(): Promise<void> {
    return this.once(async () => {
      const ended = this.current.value;
      const [next, ...rest] = this.ahead.value;
      this.ahead.value = rest;
      if (next) {
        this.show(next);
        void this.begin(next);
      } else {
        await this.replace(ended);
      }
    });
  }

  /** Looks whether there is something to do now: after a hint that an image is ready, or when asked to. */
  lookAgain(): void {
    if (this.closed) return;
    if (this.current.value) void this.reserve();
    else if (!this.busy) void this.start();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.renewing);
    clearTimeout(this.lookingAgain);
    for (const loaded of [this.before, this.current.value, ...this.ahead.value]) void loaded?.close();
  }

  /** One at a time: a second press of "Next image" while the first is under way is the same press. */
  private once(act: () => Promise<void>): Promise<void> {
    this.busy ??= act()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.busy = null;
      });
    return this.busy;
  }

  private async take(): Promise<void> {
    clearTimeout(this.lookingAgain);
    this.status.value = { state: "loading" };
    const { session, reason } = await this.options.http.nextSession(this.options.projectId);
    if (this.closed) return;
    if (session) {
      this.show(new LoadedSession(session, this.options));
      void this.reserve();
    } else {
      this.status.value = { state: "none", reason: reason ?? "all_done" };
      this.lookLater();
    }
  }

  private show(loaded: LoadedSession | null): void {
    // What was on the screen may be drawn once more before the page notices: its memory is freed one image later.
    void this.before?.close();
    this.before = this.current.value;
    this.leaseLost.value = false;
    this.current.value = loaded;
    if (loaded) this.status.value = { state: "working" };
  }

  /** Asks for an image afresh, once the server knows how `ended` ended. */
  private async replace(ended: LoadedSession | null): Promise<void> {
    this.show(null);
    this.status.value = { state: "loading" };
    if (ended) await this.options.settled(ended.session.id);
    await this.take();
  }

  /** Makes a reserved session active while it is worked on already. */
  private async begin(loaded: LoadedSession): Promise<void> {
    const { id, lease_token } = loaded.session;
    const shownAt = Date.now();
    try {
      loaded.session = await this.options.http.startSession(id, { lease_token });
      await this.reserve();
    } catch (error) {
      await this.busy;
      // Without a network one works on: masks are taken with this session's token later too, and `renew` starts it.
      if (this.current.value !== loaded || isPassing(error)) return;
      // It went to somebody else meanwhile. What was begun in a blink is replaced; who has worked on it is asked.
      if (Date.now() - shownAt < BLINK_MS) await this.once(() => this.replace(null));
      else this.leaseLost.value = true;
    }
  }

  private async reserve(): Promise<void> {
    const current = this.current.value;
    if (!current || this.reserving) return;
    this.reserving = true;
    try {
      while (this.ahead.value.length < AHEAD && !this.closed) {
        // All that is the server's but not on this page belongs to us as well: a reload forgets, the server does not.
        const known = [this.current.value ?? current, ...this.ahead.value].map((loaded) => loaded.session.id);
        const { session } = await this.options.http.reserveSession(this.options.projectId, known);
        if (!session || this.closed) break;
        this.ahead.value = [...this.ahead.value, new LoadedSession(session, this.options)];
      }
    } catch {
      // Only made ahead: the renewal looks again.
    } finally {
      this.reserving = false;
    }
  }

  private async renew(): Promise<void> {
    const current = this.current.value;
    if (!current) return;
    const { id, lease_token, state } = current.session;
    try {
      // Still reserved when its start did not get through: being at work on it, we start it now.
      if (state === "reserved") current.session = await this.options.http.startSession(id, { lease_token });
      else await this.options.http.renewSession(id, { lease_token });
      void this.reserve();
    } catch (error) {
      const lost = error instanceof ApiError && error.status === 409;
      if (lost && this.current.value === current && !this.busy) this.leaseLost.value = true;
    }
  }

  private lookLater(): void {
    clearTimeout(this.lookingAgain);
    this.lookingAgain = setTimeout(() => this.lookAgain(), LOOK_AGAIN_MS);
  }

  private failed(error: unknown): void {
    const message = error instanceof Error ? error.message : "The next image could not be fetched. Reload the page.";
    this.status.value = { state: "failed", message };
    if (isPassing(error)) this.lookLater();
  }
}

async function decodePicture(bytes: ArrayBuffer): Promise<ImageBitmap> {
  return createImageBitmap(new Blob([bytes]));
}
