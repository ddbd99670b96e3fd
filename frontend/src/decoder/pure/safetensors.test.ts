import { expect, test } from "vitest";
import { DecoderError } from "./failure";
import { parseSafetensors } from "./safetensors";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function file(header: unknown, body: readonly number[]): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes.buffer;
}

const header = {
  __metadata__: { format: "1", model_version: "m-1" },
  image_embedding: { dtype: "F16", shape: [1, 2], data_offsets: [0, 4] },
  high_res_4: { dtype: "F32", shape: [1], data_offsets: [4, 8] },
};

test("tensors and metadata are read", () => {
  const stored = parseSafetensors(file(header, [0, 0x3c, 0, 0xc0, 0, 0, 0x80, 0x3f]), text);
  expect(stored.metadata).toEqual({ format: "1", model_version: "m-1" });
  expect([...new Uint16Array(stored.tensors.get("image_embedding")!.bytes.buffer)]).toEqual([0x3c00, 0xc000]);
  expect([...new Float32Array(stored.tensors.get("high_res_4")!.bytes.buffer)]).toEqual([1]);
});

test.each<[string, ArrayBuffer]>([
  ["an empty file", new ArrayBuffer(0)],
  [
    "a page of a captive portal",
    new TextEncoder().encode("<!doctype html><title>Sign in</title>").buffer as ArrayBuffer,
  ],
  ["a file that breaks off", file(header, [0, 0, 0, 0, 0, 0])],
  ["a file with more than it says", file(header, Array(9).fill(0))],
  ["a shape that is not its bytes", file({ a: { dtype: "F16", shape: [3], data_offsets: [0, 4] } }, [0, 0, 0, 0])],
  ["an unknown type", file({ a: { dtype: "Q4", shape: [4], data_offsets: [0, 4] } }, [0, 0, 0, 0])],
  ["an entry of another kind", file({ a: { dtype: "F16" } }, [])],
  ["a header that is no JSON", new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7b]).buffer],
])("refused: %s", (_, bytes) => {
  expect(() => parseSafetensors(bytes, text)).toThrow(DecoderError);
});
