import { mergeConfig } from "vite";
import site from "../vite.config";

// The site's own settings, so that what is tested is built as what is served. PROBE_OUT is the folder to write to.
export default mergeConfig(site, {
  build: { outDir: process.env.PROBE_OUT ?? "", rolldownOptions: { input: { decoder: "probe/decoder.ts" } } },
});
