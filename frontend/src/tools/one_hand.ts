// The hand that pointer and keys share: what was begun by one may be gone on with by the other. Tells the host what its inputs mean.

import type { Tool } from "../state/editor_state";
import type { ToolHost } from "./attach";
import { HAND_UP, type Hand, moveHand, type PointerInput } from "./hand";

export class OneHand {
  private hand: Hand = HAND_UP;
  private told = false;

  constructor(
    private readonly surface: HTMLElement,
    private readonly host: ToolHost,
  ) {}

  get outlining(): boolean {
    return this.hand.kind === "outlining";
  }

  /** `tool`: the one in this hand, where it is another than the one chosen. */
  feed(input: PointerInput, timeStamp = performance.now(), tool?: Tool): void {
    // At every move of the pointer: it means something to an open line alone.
    if (input.kind === "hover" && !this.outlining) return;
    const { host } = this;
    const context = host.context();
    const { hand, effects } = moveHand(this.hand, input, tool ? { ...context, tool } : context);
    this.hand = hand;
    this.surface.classList.toggle("stage-panning", hand.kind === "panning");
    for (const effect of effects) {
      if (effect.kind === "command") host.command(effect.command, timeStamp);
      else if (effect.kind === "pan") host.pan(effect.dx, effect.dy);
      else if (effect.kind === "lasso") host.lasso(effect.line);
      else host.drag(effect.box);
    }
    // An open line keeps nobody at an image: it can stay for as long as one likes.
    this.tell(hand.kind !== "up" && !this.outlining);
  }

  /** A press that waits counts already. */
  tell(down: boolean): void {
    if (down !== this.told) this.host.handDown(down);
    this.told = down;
  }
}
