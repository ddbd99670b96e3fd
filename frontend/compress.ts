// Brotli beside each built file, so that the server has nothing to compress: WhiteNoise finds FILE.br by its name.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSED = /\.(js|mjs|css|wasm|svg)$/;
/** At 11 the 14 MB of WebAssembly take 40 s instead of 6, and are a seventh smaller. Done for what a first visit waits for; the
 * build for WebGPU, twice as large, is fetched beside the work. */
const qualityOf = (name: string) => (/threaded-.*\.wasm$/.test(name) ? 11 : 9);
/** A smaller file fits into one packet as it is. */
const LEAST_BYTES = 1400;

export function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle(options, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        const content = Buffer.from(file.type === "asset" ? file.source : file.code);
        if (!COMPRESSED.test(name) || content.length < LEAST_BYTES) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: qualityOf(name), [constants.BROTLI_PARAM_LGWIN]: 24 };
        writeFileSync(join(options.dir ?? "", `${name}.br`), brotliCompressSync(content, { params }));
      }
    },
  };
}
