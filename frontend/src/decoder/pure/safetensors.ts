// The embedding's file: 8 bytes of header length, a JSON header, then the tensors' bytes.

import { DecoderError } from "./failure";

export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface StoredTensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const BYTES_OF: Readonly<Record<string, number>> = { F16: 2, F32: 4 };
const MAX_HEADER = 1_000_000;

/** Throws a DecoderError "bad_embedding" unless every byte of the file is accounted for. */
export function parseSafetensors(file: ArrayBuffer, decodeText: (bytes: Uint8Array) => string): StoredTensors {
  const refuse = (what: string): never => {
    throw new DecoderError(
      "bad_embedding",
      `The image embedding is damaged (${what}). Reload the page to fetch it again.`,
    );
  };
  if (file.byteLength < 8) return refuse("no header");
  const length = Number(new DataView(file).getBigUint64(0, true));
  const start = 8 + length;
  if (length > MAX_HEADER || start > file.byteLength) return refuse("header cut off");
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(decodeText(new Uint8Array(file, 8, length)));
  } catch {
    return refuse("header unreadable");
  }
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map<string, StoredTensor>();
  let used = 0;
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
    if (typeof dtype !== "string" || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) return refuse(name);
    const [from, to] = offsets as [number, number];
    const bytes = shape.reduce((product, side) => product * side, BYTES_OF[dtype] ?? Number.NaN);
    if (to - from !== bytes || start + to > file.byteLength) return refuse(name);
    used += bytes;
    // A copy, since a view of 16 or 32 bits must start at a multiple of its size.
    tensors.set(name, { dtype, shape, bytes: new Uint8Array(file.slice(start + from, start + to)) });
  }
  if (start + used !== file.byteLength) return refuse("wrong length");
  return { metadata: (metadata ?? {}) as Record<string, string>, tensors };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}
