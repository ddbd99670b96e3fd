// Keeps the decoder working on the prompts as they are. One request at a time is of interest: a newer one takes its place, and
// an answer that comes late fits no state (state/draft.ts). Only while a prompt is moved does a newer place wait for the answer
// to the older one, which is shown too: otherwise a hand that is faster than the decoder would see nothing until it rests.

import { effect } from "@preact/signals";
import { type DecoderClient, Superseded } from "../../decoder/client";
import { cropOf, sameCrop } from "../../geometry/crop";
import { frameOf, type ModelFrame } from "../../geometry/model_frame";
import type { CropBox } from "../../protocol/api";
import type { Manifest } from "../../protocol/manifest";
import type { Decoded, DecodePrompts, ImageKey } from "../../protocol/worker";
import {
  type Answer,
  baseInForce,
  type DecodeRequest,
  type Draft,
  decodeRequest,
  outOfCrop,
  withAnswer,
} from "../../state/draft";
import type { Store } from "./store";

export const NOT_PREPARED = "The image is not prepared yet. Try again in a moment.";

export type Decoder = Pick<DecoderClient, "decode" | "materialise">;

export interface PreparedImage {
  readonly key: ImageKey;
  readonly manifest: Pick<Manifest, "image_size" | "low_res_size">;
}

/** The same masks are asked for again when they go over into another frame. */
type Asked = Pick<DecodeRequest, "revision" | "crop">;

export class Decoding {
  /** The answer to a request, where it is known before it is asked: the pointer was there before the click. */
  foreseen: (image: PreparedImage, request: DecodeRequest) => Decoded | null = () => null;
  onDecoded: (ms: number) => void = () => {};
  /** Whether a part of the image can be decoded in now. A click never waits for one: without it the whole image's frame is taken. */
  hasCrop: (crop: CropBox) => boolean = () => false;
  /** Whether it is on its way. */
  awaitsCrop: (crop: CropBox) => boolean = () => false;
  private prepared: PreparedImage | null = null;
  private asked: Asked | null = null;
  /** The request that has no answer yet. */
  private awaited: Asked | null = null;
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
    const answer = this.decoder
      .decode({ key: keyIn(image, request.crop), ...promptsOf(request) })
      .then((decoded) => answerOf(decoded, image, request.crop));
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
      const answer = await this.answerToTheEnd(request, image);
      answered = answer ? withAnswer(answered, request.revision, answer) : outOfCrop(answered);
    }
    return answered;
  }

  /** Null where the part of the image that the mask was begun in is not at hand any more: its image may have been left. */
  private async answerToTheEnd(request: DecodeRequest, image: PreparedImage): Promise<Answer | null> {
    if (!request.crop) return this.decodeToTheEnd(request, image);
    return this.hasCrop(request.crop) ? this.decodeToTheEnd(request, image).catch(() => null) : null;
  }

  private ask(request: DecodeRequest | null): void {
    const image = this.prepared;
    if (!request || !image || this.holding || isSame(request, this.asked)) return;
    if (this.awaited !== null && this.store.state.peek().moving) return;
    if (request.crop && !this.hasCrop(request.crop)) {
      // A reopened mask is decoded only to go on from it: that can wait, until it is gone on from.
      if (this.awaitsCrop(request.crop) && baseInForce(this.store.state.peek().draft)) return;
      this.store.dispatch({ kind: "leaveCrop", crop: request.crop, comesBack: true });
      this.ask(decodeRequest(this.store.state.peek().draft));
      return;
    }
    this.asked = request;
    this.awaited = request;
    this.store.decoding.value = true;
    const known = this.foreseen(image, request);
    const answer = known ? Promise.resolve(known) : this.decode(request, image);
    answer.then(
      (decoded) => this.answered(request, decoded, image),
      (error: unknown) => this.failed(request, error),
    );
  }

  private async decode(request: DecodeRequest, image: PreparedImage): Promise<Decoded> {
    const decoded = await this.decoder.decode({ key: keyIn(image, request.crop), ...promptsOf(request) });
    this.onDecoded(decoded.ms);
    return decoded;
  }

  private answered(request: DecodeRequest, decoded: Decoded, image: PreparedImage): void {
    if (isSame(request, this.asked)) this.store.decoding.value = false;
    if (isSame(request, this.awaited)) this.awaited = null;
    const answer = answerOf(decoded, image, request.crop);
    this.store.dispatch({ kind: "decoded", revision: request.revision, answer });
    this.ask(decodeRequest(this.store.state.peek().draft));
  }

  private failed(request: DecodeRequest, error: unknown): void {
    if (isSame(request, this.awaited)) this.awaited = null;
    if (error instanceof Superseded || !isSame(request, this.asked)) return;
    this.asked = null;
    this.store.decoding.value = false;
    if (request.crop) {
      // The whole image's embedding is another one: what was wrong with the part's is no reason to fail the click.
      this.store.dispatch({ kind: "leaveCrop", crop: request.crop });
      this.ask(decodeRequest(this.store.state.peek().draft));
      return;
    }
    const why = error instanceof Error ? error.message : String(error);
    this.store.notify({
      tone: "danger",
      text: `The mask could not be made. ${why}`,
      action: { label: "Try again", run: () => this.retry() },
      stays: true,
    });
  }
}

function isSame(request: Asked, other: Asked | null): boolean {
  return other !== null && request.revision === other.revision && sameCrop(request.crop, other.crop);
}

function promptsOf({ points, box, maskInput }: DecodeRequest): DecodePrompts {
  return { points, box, maskInput };
}

function answerOf(decoded: Decoded, image: PreparedImage, crop: CropBox | null): Answer {
  const { logits, ious, shown } = decoded;
  return { logits, ious, shown, frame: frameOf(image.key, crop, image.manifest) };
}

/** The image, or a part of it, as the decoder knows it. */
export function keyIn({ key }: PreparedImage, crop: CropBox | null): ImageKey {
  return crop ? { ...key, crop } : key;
}

/** As the decoder knows what a mask was decoded in. */
export function keyOfMask(image: PreparedImage, { frame }: { readonly frame: ModelFrame }): ImageKey {
  return keyIn(image, cropOf(frame));
}
