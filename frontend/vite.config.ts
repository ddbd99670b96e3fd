import { defineConfig } from "vite";
import { compressed } from "./compress.ts";
import { kernel } from "./kernel.ts";

// The page is served by Django. In development start Django with VITE_DEV=1 and open http://localhost:5173/, Vite's own port, by
// that name: what Vite does not know goes on to Django, and scripts from elsewhere could start no worker.
const django = process.env.DJANGO_ADDRESS ?? "http://127.0.0.1:8000";
const base = "/static/dist/";

// The same headers as Django's: without them the page is not cross-origin isolated and the decoder has one thread only.
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

export default defineConfig({
  base,
  // Without this condition the bundler picks onnxruntime-web's bundle with the .mjs inlined, which hangs in a module worker
  // as soon as it starts threads.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"] },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  plugins: [kernel(), compressed()],
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    // The content security policy allows no data: scripts, and the wasm files are fetched by their addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Compressing takes longer than bundling.
      checks: { pluginTimings: false },
      input: { main: "src/main.ts", pages: "src/pages.ts" },
    },
  },
  server: {
    host: "127.0.0.1",
    port: Number(process.env.VITE_PORT ?? 5173),
    strictPort: true,
    headers,
    proxy: { "^/(?!static/dist/)": { target: django, ws: true } },
  },
});
