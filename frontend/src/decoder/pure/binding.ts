// What an embedding's file says it is of, against what is asked for.

import type { ImageKey } from "../../protocol/worker";
import { DecoderError } from "./failure";
import type { StoredTensors } from "./safetensors";

/** An embedding of another image or part has the same shapes and would give wrong masks without an error: only its ids tell. */
export function checkBinding(key: ImageKey, { metadata }: Pick<StoredTensors, "metadata">): void {
  const [, , width, height] = key.crop ?? [0, 0, key.width, key.height];
  const expected: Record<string, string | undefined> = {
    model_version: key.modelVersion,
    image_sha256: key.imageSha256,
    height: String(height),
    width: String(width),
    crop_box: key.crop?.join(","),
  };
  for (const [name, value] of Object.entries(expected)) {
    if (metadata[name] !== value) {
      const other = name.startsWith("model") ? "model" : name === "crop_box" ? "part of the image" : "image";
      throw new DecoderError("wrong_embedding", `The image embedding is of another ${other}. Reload the page.`);
    }
  }
}
