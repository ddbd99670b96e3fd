// The moment at which what was just changed is on the screen.

/** A page that is out of sight draws no frames: then it is not waited for longer than this. */
const NO_FRAME_MS = 100;

/** Resolves once the next frame has been drawn. */
export function afterFrame(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, NO_FRAME_MS);
    requestAnimationFrame(() => {
      // A message that is posted while a frame is drawn is delivered after it.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
  });
}
