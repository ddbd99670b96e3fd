// Instead of the work, in a tab that is not to write: where it goes on, and how to go on here.

import { useState } from "preact/hooks";
import type { Turn } from "../../session/turn";
import { Card } from "./empty_states";

export function TurnCard({ turn }: { turn: Pick<Turn, "state" | "takeOver"> }) {
  const [asked, setAsked] = useState(false);
  const takeOver = () => {
    setAsked(true);
    void turn.takeOver();
  };
  const button = (
    <button type="button" class="button button-primary" disabled={asked} onClick={takeOver}>
      Take over here
    </button>
  );
  switch (turn.state.value) {
    case "ours":
      return null;
    case "asking":
      return <Card busy title="Getting the next image" />;
    case "elsewhere":
      return (
        <Card
          icon="alert"
          title="Segment is open in another tab"
          text="Masks are made and timed in one tab at a time. When you take over, a mask that you have begun there comes with you."
        >
          {button}
        </Card>
      );
    case "taken":
      return (
        <Card
          icon="forward"
          title="You went on in another tab"
          text="This tab has stopped: it saves and times nothing. What you did here is kept, and the other tab sends it."
        >
          {button}
        </Card>
      );
  }
}
