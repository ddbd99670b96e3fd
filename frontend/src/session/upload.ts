import type { UploadResult } from "../protocol/api";
import { ApiError, csrfToken, errorFrom, notOurServer, offline } from "./request";

export interface UploadOptions {
  /** Called with the share of the file that has been sent, 0 to 1. */
  readonly onProgress?: (sent: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one file. By XMLHttpRequest, since fetch tells nothing of how much has been sent. Throws ApiErrors. */
export function upload(path: string, file: File, { onProgress, signal }: UploadOptions = {}): Promise<UploadResult> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status < 200 || request.status > 299) return reject(errorFrom(request.status, request.responseText));
      try {
        resolve(JSON.parse(request.responseText));
      } catch {
        reject(notOurServer(request.status));
      }
    };
    request.onerror = () => reject(offline());
    request.ontimeout = () => reject(new ApiError("timeout", "Sending took too long. Try again.", 0));
    request.onabort = () => reject(signal?.reason ?? offline());
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}
