/**
 * Calls `act` soon after being called, once for many calls: at most once in `everyMs`, and always once after the last.
 * For hints, which come in bursts while many images are encoded.
 */
export function trailing(act: () => void, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (timer !== undefined) return;
    const wait = Math.max(0, last + everyMs - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      last = performance.now();
      act();
    }, wait);
  };
}
