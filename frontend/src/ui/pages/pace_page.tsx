import { render } from "preact";
import { type OwnPace, PaceView } from "./pace_view";
import { pageData } from "./page_data";

export function mount(root: HTMLElement): void {
  const { pace } = pageData<{ readonly pace: OwnPace }>();
  render(<PaceView pace={pace} />, root);
}
