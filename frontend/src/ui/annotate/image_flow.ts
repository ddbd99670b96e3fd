// Which image is on the table: follows the queue of sessions, shows the picture as soon as it is there, and gets the decoder
// ready for it, and for the next one ahead of time.

import { batch, effect } from "@preact/signals";
import type { DecoderClient } from "../../decoder/client";
import type { SessionOut } from "../../protocol/api";
import type { ImageKey } from "../../protocol/worker";
import { newUuid } from "../../session/events";
import type { ImageQueue, LoadedSession, QueueStatus } from "../../session/images";
import { lookAtNext } from "../../state/look";
import { savedFrom } from "../../state/saved";
import { fitView } from "../../state/view";
import type { Decoding, PreparedImage } from "./decoding";
import type { Phase, Store } from "./store";

export type ImageDecoder = Pick<DecoderClient, "load" | "setImage">;

export class ImageFlow {
  /** Called when an image is on the table, before its picture is. */
  onShown: () => void = () => {};
  private shown: LoadedSession | null = null;
  private readonly askedAhead = new WeakSet<LoadedSession>();
  /** What the decoder has ready already: shown, they take clicks at once. */
  private readonly preparedAhead = new WeakMap<LoadedSession, PreparedImage>();

  constructor(
    private readonly store: Store,
    private readonly queue: ImageQueue,
    private readonly decoder: ImageDecoder,
    private readonly decoding: Pick<Decoding, "setImage">,
  ) {}

  /** Follows the queue from now on; returns what stops it. */
  start(): () => void {
    const stops = [
      effect(() => this.follow(this.queue.current.value)),
      effect(() => {
        for (const next of this.queue.ahead.value) void this.prepareAhead(next);
      }),
      effect(() => {
        this.store.phase.value = phaseOf(this.queue.status.value);
      }),
      effect(() => {
        this.store.leaseLost.value = this.queue.leaseLost.value;
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** After a failure: fetches picture and embedding of the image on the table anew. */
  retry(): void {
    const loaded = this.shown;
    if (!loaded) return;
    loaded.fetchAgain();
    void this.showPicture(loaded);
    void this.prepare(loaded);
  }

  private follow(loaded: LoadedSession | null): void {
    if (loaded === this.shown) return;
    this.shown = loaded;
    this.decoding.setImage(null);
    if (loaded) this.show(loaded);
    else this.clear();
  }

  private clear(): void {
    batch(() => {
      this.store.session.value = null;
      this.store.picture.value = null;
      this.store.dispatch({ kind: "leaveImage" });
    });
  }

  private show(loaded: LoadedSession): void {
    const { store } = this;
    const { image, masks } = loaded.session;
    const prepared = this.preparedAhead.get(loaded);
    batch(() => {
      store.session.value = loaded.session;
      store.picture.value = null;
      store.decoder.value = { kind: prepared ? "ready" : "preparing" };
      store.dispatch({ kind: "showImage", image, saved: savedFrom(masks), maskId: newUuid() });
      store.view.value = fitView(store.view.peek(), image);
      store.look.value = lookAtNext(store.look.peek());
    });
    this.onShown();
    void this.showPicture(loaded);
    if (prepared) {
      this.decoding.setImage(prepared);
      void this.keep(loaded, prepared);
    } else void this.prepare(loaded);
  }

  /**
   * The decoder keeps the images that were used last. The one on the table counts as used from the moment it is shown: else the next
   * one to be prepared ahead would take its place before its first click.
   */
  private async keep(loaded: LoadedSession, { key }: PreparedImage): Promise<void> {
    try {
      const { bytes, sha256 } = await loaded.embedding;
      await this.decoder.setImage(key, bytes, { sha256 });
    } catch (error) {
      this.failed(loaded, `Clicks can't be answered yet. ${messageOf(error)}`);
    }
  }

  private async showPicture(loaded: LoadedSession): Promise<void> {
    try {
      const picture = await loaded.picture;
      if (loaded === this.shown) this.store.picture.value = picture;
    } catch (error) {
      this.failed(loaded, `The picture could not be loaded. ${messageOf(error)}`);
    }
  }

  private async prepare(loaded: LoadedSession): Promise<void> {
    this.tellDecoder(loaded, { kind: "preparing" });
    try {
      const { session } = loaded;
      const [manifest, embedding] = await Promise.all([this.decoder.load(session.model), loaded.embedding]);
      const key = keyOf(session);
      await this.decoder.setImage(key, embedding.bytes, { sha256: embedding.sha256 });
      if (loaded !== this.shown) return;
      this.decoding.setImage({ key, manifest });
      this.tellDecoder(loaded, { kind: "ready" });
    } catch (error) {
      this.failed(loaded, `Clicks can't be answered yet. ${messageOf(error)}`);
    }
  }

  private async prepareAhead(next: LoadedSession): Promise<void> {
    if (this.askedAhead.has(next)) return;
    this.askedAhead.add(next);
    try {
      const { session } = next;
      const [manifest, embedding] = await Promise.all([this.decoder.load(session.model), next.embedding]);
      if (!this.queue.ahead.peek().includes(next)) return;
      const key = keyOf(session);
      await this.decoder.setImage(key, embedding.bytes, { sha256: embedding.sha256, ahead: true });
      this.preparedAhead.set(next, { key, manifest });
    } catch {
      // Only ahead of time: when its turn comes it is prepared again, and then what is wrong is told.
    }
  }

  private tellDecoder(loaded: LoadedSession, state: Store["decoder"]["value"]): void {
    if (loaded === this.shown) this.store.decoder.value = state;
  }

  private failed(loaded: LoadedSession, message: string): void {
    this.tellDecoder(loaded, { kind: "failed", message });
  }
}

function keyOf({ image, model }: SessionOut): ImageKey {
  return { imageSha256: image.sha256, modelVersion: model.version, height: image.height, width: image.width };
}

function phaseOf(status: QueueStatus): Phase {
  switch (status.state) {
    case "loading":
      return { kind: "opening" };
    case "working":
      return { kind: "working" };
    case "none":
      return { kind: status.reason };
    case "failed":
      return { kind: "failed", message: status.message };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
