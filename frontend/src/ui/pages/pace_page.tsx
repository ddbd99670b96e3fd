import { render } from "preact";
import { type OwnPace, PaceView } from "./pace_view";
import { pageData } from "./page_data";

export function mount(root: HTMLElement): void {
  const { pace, formula } = pageData<{ readonly pace: OwnPace; readonly formula: string }>();
  render(<PaceView pace={pace} formula={formula} />, root);
}
