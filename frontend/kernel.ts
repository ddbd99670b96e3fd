// Builds the decoder's own kernel from AssemblyScript, where it is older than its source.

import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";
import type { Plugin } from "vite";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "src/decoder/kernel");
const SOURCE = join(FOLDER, "upscaler.ts");
export const KERNEL = join(FOLDER, "dist/upscaler.wasm");
/** Of 64 KiB each. The memory is made outside, as two instances share it. */
const MEMORY = ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "1024"];
const FEATURES = ["--enable", "simd", "--enable", "threads"];

/** Throws what the compiler says. */
export async function buildKernel(): Promise<void> {
  const made = statSync(KERNEL, { throwIfNoEntry: false });
  if (made && made.mtimeMs > statSync(SOURCE).mtimeMs) return;
  mkdirSync(dirname(KERNEL), { recursive: true });
  const options = ["-O3", "--noAssert", "--runtime", "stub", ...MEMORY, ...FEATURES];
  const { error, stderr } = await main([
    "upscaler.ts",
    "--baseDir",
    FOLDER,
    "--outFile",
    "dist/upscaler.wasm",
    ...options,
  ]);
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
}

export function kernel(): Plugin {
  return { name: "kernel", buildStart: buildKernel };
}
