// Keeps the decoder working on the prompts as they are. One request at a time is of interest: a newer one takes its place, and
// an answer that comes late fits no state (state/draft.ts). Only while a prompt is moved does a newer place wait for the answer
// to the older one, which is shown too: otherwise a hand that is faster than the decoder would see nothing until it rests.

import { effect } from "@preact/signals";
import { type DecoderClient, Superseded } from "../../decoder/client";
import { type ModelFrame, modelFrame } from "../../geometry/model_frame";
import type { Manifest } from "../../protocol/manifest";
import type { Decoded, ImageKey } from "../../protocol/worker";
import { type Answer, type DecodeRequest, type Draft, decodeRequest, withAnswer } from "../../state/draft";
import type { Store } from "./store";

export const NOT_PREPARED = "The image is not prepared yet. Try again in a moment.";

export type Decoder = Pick<DecoderClient, "decode" | "materialise">;

export interface PreparedImage {
  readonly key: ImageKey;
  readonly manifest: Pick<Manifest, "image_size" | "low_res_size">;
}

export class Decoding {
  /** The answer to a request, where it is known before it is asked: the pointer was there before the click. */
  foreseen: (image: PreparedImage, request: DecodeRequest) => Decoded | null = () => null;
  onDecoded: (ms: number) => void = () => {};
  private prepared: PreparedImage | null = null;
  private asked: number | null = null;
  /** Of the request that has no answer yet. */
  private awaited: number | null = null;
  /** A mask on its way into the list is decoded to its end before anything newer is. */
  private holding: Promise<unknown> | null = null;

  constructor(
    private readonly store: Store,
    private readonly decoder: Decoder,
  ) {}

  /** Follows the store from now on; returns what stops it. */
  start(): () => void {
    return effect(() => {
      const request = decodeRequest(this.store.state.value.draft);
      if (this.store.decoder.value.kind === "ready") this.ask(request);
    });
  }

  /** The image that prompts are of. Null while none is prepared. */
  setImage(prepared: PreparedImage | null): void {
    this.prepared = prepared;
    this.asked = null;
    this.awaited = null;
  }

  get image(): PreparedImage | null {
    return this.prepared;
  }

  /** Asks again after a failure. */
  retry(): void {
    this.asked = null;
    this.ask(decodeRequest(this.store.state.value.draft));
  }

  /** The answer to a request, whatever is clicked meanwhile. */
  async decodeToTheEnd(request: DecodeRequest, image: PreparedImage): Promise<Answer> {
    while (this.holding) await this.holding.catch(() => {});
    const answer = this.decoder.decode({ key: image.key, ...request }).then((decoded) => answerOf(decoded, image));
    this.holding = answer;
    try {
      return await answer;
    } finally {
      this.holding = null;
      this.asked = null;
      this.ask(decodeRequest(this.store.state.peek().draft));
    }
  }

  /** The draft with every answer on the way to its mask, whatever is clicked meanwhile. Throws where the image is not prepared. */
  async decodeAll(draft: Draft, image: PreparedImage | null): Promise<Draft> {
    let answered = draft;
    for (let request = decodeRequest(draft); request; request = decodeRequest(answered)) {
      if (!image) throw new Error(NOT_PREPARED);
      answered = withAnswer(answered, request.revision, await this.decodeToTheEnd(request, image));
    }
    return answered;
  }

  private ask(request: DecodeRequest | null): void {
    const image = this.prepared;
    if (!request || !image || this.holding || request.revision === this.asked) return;
    if (this.awaited !== null && this.store.state.peek().moving) return;
    this.asked = request.revision;
    this.awaited = request.revision;
    this.store.decoding.value = true;
    const known = this.foreseen(image, request);
    const answer = known ? Promise.resolve(known) : this.decode(request, image);
    answer.then(
      (decoded) => this.answered(request, decoded, image),
      (error: unknown) => this.failed(request, error),
    );
  }

  private async decode(request: DecodeRequest, image: PreparedImage): Promise<Decoded> {
    const decoded = await this.decoder.decode({ key: image.key, ...request });
    this.onDecoded(decoded.ms);
    return decoded;
  }

  private answered(request: DecodeRequest, decoded: Decoded, image: PreparedImage): void {
    if (this.asked === request.revision) this.store.decoding.value = false;
    if (this.awaited === request.revision) this.awaited = null;
    this.store.dispatch({ kind: "decoded", revision: request.revision, answer: answerOf(decoded, image) });
    this.ask(decodeRequest(this.store.state.peek().draft));
  }

  private failed(request: DecodeRequest, error: unknown): void {
    if (this.awaited === request.revision) this.awaited = null;
    if (error instanceof Superseded || this.asked !== request.revision) return;
    this.asked = null;
    this.store.decoding.value = false;
    const why = error instanceof Error ? error.message : String(error);
    this.store.notify({
      tone: "danger",
      text: `The mask could not be made. ${why}`,
      action: { label: "Try again", run: () => this.retry() },
      stays: true,
    });
  }
}

function answerOf(decoded: Decoded, image: PreparedImage): Answer {
  return { logits: decoded.logits, ious: decoded.ious, shown: decoded.shown, frame: frameOf(image) };
}

export function frameOf({ key, manifest }: PreparedImage): ModelFrame {
  return modelFrame(key.width, key.height, manifest.image_size, manifest.low_res_size);
}
