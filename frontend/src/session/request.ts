// One request to the server: cookies, CSRF, time limit, and every way to fail as an ApiError.

import type { ErrorBody } from "../protocol/api";
import { pauseFor, retryAfter } from "./retry_after";

/** Codes made here, where the server gave none. */
export type LocalErrorCode =
  /** No answer: no network, the server is down, or something in between cut the line. */
  | "offline"
  | "timeout"
  /** An answer, but not of our server: a sign-in page of a hotel's network, a proxy's error. Never an acknowledgement. */
  | "not_our_server";

/**
 * Why a request failed. `message` is for the person at the screen; `status` is 0 when there was no answer; `retryAfterMs` is how long a
 * busy server asks to wait, null where it does not say.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RequestOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Repeat after a lost line or a busy server. GET and PUT are repeated by default, since doing them twice is harmless. */
  readonly repeat?: boolean;
  /** Let the request live on when the page is closed; the browser takes at most 64 kB then. */
  readonly keepalive?: boolean;
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 20_000;
const PAUSES_MS = [300, 1200];

export class Requests {
  constructor(
    private readonly fetch: Fetch = (input, init) => globalThis.fetch(input, init),
    private readonly pause: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  /** The parsed JSON of the answer; undefined for 204. Throws an ApiError, or the signal's reason. */
  async json<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(method, path, options);
    if (response.status === 204) return undefined as T;
    return (await readJson(response)) as T;
  }

  /** The bytes of the answer. */
  async bytes(path: string, options: RequestOptions = {}): Promise<ArrayBuffer> {
    const response = await this.send("GET", path, options);
    if ((response.headers.get("content-type") ?? "").includes("text/html")) throw notOurServer(response.status);
    try {
      return await response.arrayBuffer();
    } catch {
      throw offline();
    }
  }

  private async send(method: Method, path: string, options: RequestOptions): Promise<Response> {
    const repeat = options.repeat ?? (method === "GET" || method === "PUT");
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.once(method, path, options);
      } catch (error) {
        const pause = PAUSES_MS[attempt];
        if (!(error instanceof ApiError) || !repeat || pause === undefined || !isPassing(error)) throw error;
        await this.wait(pauseFor(pause, error.retryAfterMs), options.signal);
      }
    }
  }

  /** Throws the signal's reason as soon as it is called off. */
  private async wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    let callOff = () => {};
    const calledOff = new Promise<void>((done) => {
      callOff = done;
    });
    signal?.addEventListener("abort", callOff);
    await Promise.race([this.pause(ms), calledOff]);
    signal?.removeEventListener("abort", callOff);
    signal?.throwIfAborted();
  }

  private async once(method: Method, path: string, options: RequestOptions): Promise<Response> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    let response: Response;
    try {
      response = await this.fetch(path, {
        method,
        headers: headersFor(method, options.body),
        body: bodyOf(options.body),
        signal,
        credentials: "same-origin",
        // Our API never redirects. Networks that want a sign-in first do.
        redirect: "error",
        keepalive: options.keepalive ?? false,
      });
    } catch {
      options.signal?.throwIfAborted();
      throw timeout.aborted ? timedOut() : offline();
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

/** Whether the same request may well succeed in a moment. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return (
    error.status === 0 ||
    error.code === "not_our_server" ||
    [408, 425, 429].includes(error.status) ||
    error.status >= 500
  );
}

/** Of the cookie that Django sets. */
export function csrfToken(): string {
  const found = /(?:^|;\s*)csrftoken=([^;]*)/.exec(globalThis.document?.cookie ?? "");
  return found ? decodeURIComponent(found[1]!) : "";
}

export function offline(): ApiError {
  return new ApiError("offline", "The server can't be reached. Check the connection; nothing is lost.", 0);
}

export function notOurServer(status: number, retryAfterMs: number | null = null): ApiError {
  const message =
    "Something between you and the server answered in its place. Check the connection, or sign in to the network.";
  return new ApiError("not_our_server", message, status, {}, retryAfterMs);
}

/** The error of an answer's status and text. */
export function errorFrom(status: number, text: string, retryAfterMs: number | null = null): ApiError {
  try {
    const { error } = JSON.parse(text) as ErrorBody;
    if (typeof error.code === "string" && typeof error.message === "string") {
      return new ApiError(error.code, error.message, status, error.fields ?? {}, retryAfterMs);
    }
  } catch {
    // Not our JSON: told below.
  }
  return notOurServer(status, retryAfterMs);
}

function timedOut(): ApiError {
  return new ApiError("timeout", "The server takes too long to answer. Try again in a moment.", 0);
}

async function errorOf(response: Response): Promise<ApiError> {
  return errorFrom(response.status, await response.text().catch(() => ""), retryAfter(response));
}

async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch {
    throw offline();
  }
  try {
    return JSON.parse(text);
  } catch {
    throw notOurServer(response.status);
  }
}

function headersFor(method: Method, body: unknown): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body instanceof Blob) headers["Content-Type"] = "application/octet-stream";
  else if (body !== undefined && !(body instanceof FormData)) headers["Content-Type"] = "application/json";
  return headers;
}

function bodyOf(body: unknown): BodyInit | null {
  if (body === undefined) return null;
  return body instanceof FormData || body instanceof Blob ? body : JSON.stringify(body);
}
