import type { Sha256 } from "../../protocol/api";
import { DecoderError } from "../pure/failure";

/** Fetches a file and checks that it is the one that was named. Throws DecoderErrors "fetch_failed" and "bad_hash". */
export async function fetchNamed(url: URL, sha256: Sha256): Promise<ArrayBuffer> {
  const bytes = await fetchBytes(url);
  await checkHash(bytes, sha256, url.pathname);
  return bytes;
}

/**
 * Throws a DecoderError "bad_hash" for other bytes than named. On a plain http address that is not localhost browsers have no
 * hash function; there the check is left out and TCP's must do.
 */
export async function checkHash(bytes: ArrayBuffer, sha256: Sha256, name: string): Promise<void> {
  if (typeof crypto === "undefined" || !crypto.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) throw new DecoderError("bad_hash", `${name} came damaged over the network. Reload the page.`);
}

/** At most once a second while files are fetched. */
const TELL_MS = 1000;
let tell: () => void = () => {};

/** `listener` is called now and then while more of a file comes: over a slow line that alone shows that all is well. */
export function onFetching(listener: () => void): void {
  let last = Number.NEGATIVE_INFINITY;
  tell = () => {
    if (performance.now() - last < TELL_MS) return;
    last = performance.now();
    listener();
  };
}

/** Throws a DecoderError "fetch_failed". */
export async function fetchBytes(url: URL): Promise<ArrayBuffer> {
  try {
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const told = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        tell();
        controller.enqueue(chunk);
      },
    });
    return await new Response(response.body?.pipeThrough(told) ?? null).arrayBuffer();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new DecoderError("fetch_failed", `${url.pathname} could not be fetched (${text}). Check the connection.`);
  }
}
