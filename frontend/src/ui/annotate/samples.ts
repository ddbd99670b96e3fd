// Samples for the tests of this folder.

import type { SessionOut } from "../../protocol/api";
import type { Decoded } from "../../protocol/worker";
import type { PreparedImage } from "./decoding";
import type { PageData } from "./store";

export const aPage: PageData = {
  project: {
    id: 1,
    name: "Streets",
    guidelines: "",
    time_limit: { policy: "remind", seconds: 30, max_extensions: 1 },
  },
  user: { id: 3, username: "ann", role: "annotator" },
  preferences: { keys: {} },
};

export const aSession: SessionOut = {
  id: 11,
  state: "active",
  lease_token: "6c1d3f0e-0000-4000-8000-000000000001",
  lease_seconds: 120,
  project_id: 1,
  image: {
    id: 1,
    sha256: "ab",
    file_name: "street.jpg",
    width: 40,
    height: 30,
    display_url: "/display",
    thumbnail_url: "/thumbnail",
  },
  model: { version: "tiny", manifest_url: "/manifest", manifest_sha256: "cd" },
  embedding: { id: 5, state: "done", url: "/embedding", sha256: "ef", bytes: 10 },
  time_limit: aPage.project.time_limit,
  idle_seconds: 15,
  masks: [],
};

export const anImage: PreparedImage = {
  key: { imageSha256: "ab", modelVersion: "tiny", width: 40, height: 30 },
  manifest: { image_size: 16, low_res_size: 4 },
};

export function aDecoded(logit: number, shown: 0 | 1 | 2 | 3 = 1): Decoded {
  const logits = () => new Float32Array(16).fill(logit);
  const planes = [logits(), logits(), logits(), logits()] as const;
  return { logits: planes, made: null, lowResSize: 4, ious: [0.6, 0.9, 0.8, 0.7], shown, ms: 7 };
}
