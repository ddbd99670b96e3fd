// How a part of the image that is encoded by itself comes from the server: asked for, waited for, fetched.

import type { CropBox, CropIn, CropOut, SessionOut } from "../../protocol/api";
import type { Http } from "../../session/http";
import { ApiError } from "../../session/request";

/** Hints may be lost: then it is asked. */
const LOOK_AGAIN_MS = 2_000;
/** The server forgets parts that nobody asked for; one that goes while it is waited for is asked for anew. */
const ATTEMPTS = 3;

/** What is in sight, or the very part that a mask was decoded in. */
export type WantedCrop = Pick<CropIn, "view"> | Pick<CropIn, "crop_box">;

export interface EncodedCrop {
  readonly box: CropBox;
  readonly sha256: string;
  readonly bytes: ArrayBuffer;
}

export class CropRequests {
  private readonly waiting = new Set<() => void>();

  constructor(private readonly http: Pick<Http, "askForCrop" | "crop" | "bytes">) {}

  /** The server says that something is new about a part. */
  lookAgain(): void {
    for (const wake of [...this.waiting]) wake();
  }

  /** `goOn` is asked with the part's place before each step; null once it says no. Throws where there is no such part. */
  async get(session: SessionOut, wanted: WantedCrop, goOn: (box: CropBox) => boolean): Promise<EncodedCrop | null> {
    for (let attempt = 1; ; attempt++) {
      const crop = await this.http.askForCrop(session.id, { lease_token: session.lease_token, ...wanted });
      try {
        return await this.encoded(session, crop, () => goOn(crop.crop_box));
      } catch (error) {
        const gone = error instanceof ApiError && error.status === 404;
        if (!gone || attempt === ATTEMPTS || !goOn(crop.crop_box)) throw error;
      }
    }
  }

  private async encoded(session: SessionOut, asked: CropOut, goOn: () => boolean): Promise<EncodedCrop | null> {
    const { http } = this;
    let crop = asked;
    while (goOn()) {
      const { url, sha256 } = crop;
      if (url !== null && sha256 !== null) {
        const bytes = await http.bytes(url, { timeoutMs: 120_000 });
        return goOn() ? { box: crop.crop_box, sha256, bytes } : null;
      }
      if (crop.state === "failed") throw new Error(crop.reason);
      await this.news();
      if (goOn()) crop = await http.crop(session.id, crop.id);
    }
    return null;
  }

  private news(): Promise<void> {
    return new Promise((done) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        done();
      };
      const timer = setTimeout(wake, LOOK_AGAIN_MS);
      this.waiting.add(wake);
    });
  }
}
