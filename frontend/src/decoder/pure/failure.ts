import type { DecoderErrorCode, WorkerFailure } from "../../protocol/worker";

/** Why the decoder did not answer. `message` is for the person at the screen: what happened and what to do. */
export class DecoderError extends Error {
  override readonly name = "DecoderError";

  constructor(
    readonly code: DecoderErrorCode,
    message: string,
  ) {
    super(message);
  }

  static from(failure: WorkerFailure): DecoderError {
    return failure.code === "superseded" ? new Superseded() : new DecoderError(failure.code, failure.message);
  }

  toFailure(): WorkerFailure {
    return { code: this.code, message: this.message };
  }
}

/** A newer request took this one's place. */
export class Superseded extends DecoderError {
  constructor() {
    super("superseded", "A newer request took this one's place.");
  }
}

/** Anything thrown, as data for the other side. What is not ours is "failed": the worker may be broken for good. */
export function failureOf(error: unknown): WorkerFailure {
  if (error instanceof DecoderError) return error.toFailure();
  const text = error instanceof Error ? error.message : String(error);
  return { code: "failed", message: `The decoder failed: ${text}` };
}
