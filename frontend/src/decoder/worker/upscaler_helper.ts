// The kernel's second thread: an instance on the same memory, which takes part in every job. It never returns from `help`.

import type { HelperStart } from "./upscaler";

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = async ({ data: { module, memory } }: MessageEvent<HelperStart>) => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  (exports.help as () => void)();
};
