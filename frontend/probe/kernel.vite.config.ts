import { defineConfig } from "vite";
import { kernel } from "../kernel.ts";

// The decoder's kernel and its helper as two plain modules, for benchmarks/decoder.py. PROBE_OUT is the folder to write to.
export default defineConfig({
  plugins: [kernel()],
  publicDir: false,
  build: {
    outDir: process.env.PROBE_OUT ?? "",
    emptyOutDir: false,
    target: "es2022",
    lib: {
      entry: ["src/decoder/worker/upscaler.ts", "src/decoder/worker/upscaler_helper.ts"],
      formats: ["es"],
    },
  },
});
