// Wiring of the annotate page: nothing but construction and connection happens here.

import { effect } from "@preact/signals";
import { h, render } from "preact";
import { ModelBitmaps } from "./canvas/model_bitmaps";
import { PhotoLevels } from "./canvas/photo_levels";
import { SavedLayer } from "./canvas/saved_layer";
import { Backends } from "./decoder/backends";
import { DecoderClient } from "./decoder/client";
import { openDrafts } from "./session/draft_store";
import { EventLog } from "./session/events";
import { Http } from "./session/http";
import { ImageQueue } from "./session/images";
import { Outbox } from "./session/outbox";
import { HintSocket, socketUrl } from "./session/socket";
import { type End, Turn } from "./session/turn";
import { Accepting } from "./ui/annotate/accepting";
import { App } from "./ui/annotate/app";
import { Decoding } from "./ui/annotate/decoding";
import { DeepZoom } from "./ui/annotate/deep_zoom";
import { Editor } from "./ui/annotate/editor";
import { Hover } from "./ui/annotate/hover";
import { ImageFlow } from "./ui/annotate/image_flow";
import { DraftKeeper } from "./ui/annotate/keeping";
import { OtherMasks } from "./ui/annotate/other_masks";
import { Outgoing } from "./ui/annotate/outgoing";
import { readPageData } from "./ui/annotate/page_data";
import { Store } from "./ui/annotate/store";
import { Timekeeper } from "./ui/annotate/timekeeper";
import { TopBar } from "./ui/annotate/top_bar";
import { TurnCard } from "./ui/annotate/turn_card";
import { warnBeforeLoss } from "./ui/annotate/unload";

const page = readPageData(document);
const room = document.querySelector("#annotate") as Element;
const top = document.querySelector("#annotate-top") as Element;

/** Starts the work in this tab; the End that it gives puts it away for another one. */
function begin(): End {
  const store = new Store(page);
  const http = new Http();
  const outbox = new Outbox({ userId: page.user.id, http });
  const outgoing = new Outgoing(outbox);
  const decoder = new DecoderClient({ backends: new Backends() });
  const decoding = new Decoding(store, decoder);
  const bitmaps = new ModelBitmaps();
  const saved = new SavedLayer();
  const photo = new PhotoLevels();
  const others = new OtherMasks(store);
  const queue = new ImageQueue({
    projectId: page.project.id,
    http,
    settled: (sessionId) => outgoing.whenEnded(sessionId),
    caughtUp: () => outbox.caughtUp(),
  });
  const deepZoom = new DeepZoom({ store, http, decoder, decoding });
  const time = new Timekeeper(store, new EventLog({ outbox }));
  const editor = new Editor({
    store,
    queue,
    outbox,
    outgoing,
    decoder,
    decoding,
    bitmaps,
    others,
    hover: new Hover(store, decoder, decoding),
    deepZoom,
    accepting: new Accepting(store, decoding, decoder, bitmaps, others, (maskId, mask) =>
      outgoing.saveMask(maskId, mask),
    ),
    flow: new ImageFlow(store, queue, decoder, decoding),
    keeper: new DraftKeeper(store, openDrafts(page.user.id), time),
    time,
    saved,
    savePreferences: (preferences) => http.savePreferences(preferences),
  });
  const socket = new HintSocket({
    url: socketUrl(page.project.id),
    fetchHints: (after) => http.hints(page.project.id, after),
  });
  socket.on("embedding_state", ({ payload }) => payload.state === "done" && queue.lookAgain());
  socket.on("crop_state", () => deepZoom.lookAgain());
  socket.on("image_added", () => queue.lookAgain());

  render(h(App, { editor, bitmaps, saved, photo }), room);
  render(h(TopBar, { editor }), top);
  const stopWarning = warnBeforeLoss(window, store, outbox.status);
  editor.start();
  return async () => {
    // First: from here on it is the other tab that sends.
    outbox.stopSending();
    await editor.putAway();
    stopWarning();
    socket.close();
    queue.close();
    decoder.dispose();
    await outbox.close();
  };
}

const turn = new Turn({ userId: page.user.id, begin });
effect(() => {
  if (turn.state.value === "ours") return;
  render(h(TurnCard, { turn }), room);
  render(null, top);
});
void turn.start();
