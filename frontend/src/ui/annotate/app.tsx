import { useEffect } from "preact/hooks";
import type { ModelBitmaps } from "../../canvas/model_bitmaps";
import type { PhotoLevels } from "../../canvas/photo_levels";
import type { SavedLayer } from "../../canvas/saved_layer";
import { BottomBar } from "./bottom_bar";
import { Dialogs } from "./dialogs";
import type { Editor } from "./editor";
import { Banners, PhaseCard } from "./empty_states";
import { LimitCard } from "./limit_card";
import { MaskList } from "./mask_list";
import { Masked, RegionFrame } from "./masked";
import { PaintOptions } from "./paint_options";
import { Readout } from "./readout";
import { Sharpness } from "./sharpness";
import { ToolRail } from "./tool_rail";
import { ViewPanel } from "./view_panel";
import { WorkArea } from "./work_area";

export interface AppProps {
  readonly editor: Editor;
  readonly bitmaps: ModelBitmaps;
  readonly saved: SavedLayer;
  readonly photo: PhotoLevels;
}

/** How long a sentence that asks for nothing stays. */
const NOTICE_MS = 6000;
/** Long enough for any screen reader to have taken it up. */
const SAID_MS = 1500;

export function App({ editor, bitmaps, saved, photo }: AppProps) {
  const { store } = editor;
  const notice = store.notice.value;
  useEffect(() => {
    if (!notice || notice.stays) return;
    const timer = setTimeout(() => store.notify(null), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice, store]);
  const said = store.announcement.value;
  useEffect(() => {
    if (!said) return;
    // So that the same words are said again when the same thing happens again.
    const timer = setTimeout(() => {
      store.announcement.value = "";
    }, SAID_MS);
    return () => clearTimeout(timer);
  }, [said, store]);
  return (
    <>
      <ToolRail editor={editor} />
      <div class="middle">
        <WorkArea editor={editor} bitmaps={bitmaps} saved={saved} photo={photo} />
        <RegionFrame editor={editor} />
        <Sharpness editor={editor} />
        <Readout editor={editor} />
        <ViewPanel editor={editor} />
        <PhaseCard editor={editor} />
        <Banners editor={editor} />
      </div>
      <div class="side">
        <PaintOptions editor={editor} />
        <Masked editor={editor} />
        <MaskList editor={editor} photo={photo} />
        <LimitCard editor={editor} />
      </div>
      <BottomBar editor={editor} />
      <Dialogs editor={editor} />
      <p class="visually-hidden" aria-live="polite">
        {said}
      </p>
    </>
  );
}
