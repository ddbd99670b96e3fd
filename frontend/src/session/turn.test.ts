import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Turn } from "./turn";

/** One lock, as browsers give it: held until its promise ends, waited for until the signal aborts, or stolen. */
class FakeLocks {
  private holder: { readonly lose: (error: unknown) => void; readonly done: Promise<unknown> } | null = null;

  async request(_name: string, how: LockOptions, act: (lock: object | null) => Promise<unknown>): Promise<unknown> {
    if (how.ifAvailable && this.holder) return act(null);
    if (how.steal) this.holder?.lose(new DOMException("stolen", "AbortError"));
    else if (how.signal) {
      const aborted = new Promise((_, reject) =>
        how.signal!.addEventListener("abort", () => reject(how.signal!.reason)),
      );
      aborted.catch(() => {});
      while (this.holder) await Promise.race([this.holder.done, aborted]);
    }
    const done = act({});
    let mine = this.holder;
    const lost = new Promise((_, reject) => {
      this.holder = mine = { lose: reject, done };
    });
    return Promise.race([lost, done]).finally(() => {
      if (this.holder === mine) this.holder = null;
    });
  }
}

const story: string[] = [];
const tabs: Turn[] = [];
let locks: LockManager | undefined;

function tab(name: string, end: () => Promise<unknown> = async () => {}): Turn {
  const begin = () => {
    story.push(`${name} begins`);
    return async () => {
      await end();
      story.push(`${name} has put away`);
    };
  };
  const turn = new Turn({ userId: 7, begin, locks });
  tabs.push(turn);
  return turn;
}

beforeEach(() => {
  locks = new FakeLocks() as unknown as LockManager;
  story.length = 0;
});
afterEach(() => {
  for (const turn of tabs.splice(0)) turn.close();
  vi.useRealTimers();
});

test("the first tab works, the second says that another does and begins nothing", async () => {
  const [first, second] = [tab("first"), tab("second")];
  await first.start();
  await second.start();
  expect(first.state.value).toBe("ours");
  expect(second.state.value).toBe("elsewhere");
  expect(story).toEqual(["first begins"]);
});

test("who takes over begins when the other has put everything away, and the other says so", async () => {
  const first = tab("first", () => new Promise((done) => setTimeout(done, 50)));
  const second = tab("second");
  await first.start();
  await second.start();
  await second.takeOver();
  expect(story).toEqual(["first begins", "first has put away", "second begins"]);
  expect([first.state.value, second.state.value]).toEqual(["taken", "ours"]);
});

test("one can go back to the first tab", async () => {
  const [first, second] = [tab("first"), tab("second")];
  await first.start();
  await second.start();
  await second.takeOver();
  await first.takeOver();
  expect([first.state.value, second.state.value]).toEqual(["ours", "taken"]);
  expect(story.at(-1)).toBe("first begins");
  expect(story.filter((line) => line.endsWith("begins"))).toHaveLength(3);
});

test("a tab that does not answer loses it all the same, and stops when it wakes up", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const ended = new AbortController();
    setTimeout(() => ended.abort(new DOMException("late", "TimeoutError")), ms);
    return ended.signal;
  });
  let wakeUp = () => {};
  const first = tab(
    "first",
    () =>
      new Promise<void>((done) => {
        wakeUp = done;
      }),
  );
  const second = tab("second");
  await first.start();
  const started = second.start();
  await vi.advanceTimersByTimeAsync(1000);
  await started;
  const taken = second.takeOver();
  await vi.advanceTimersByTimeAsync(5000);
  await taken;
  expect(second.state.value).toBe("ours");
  expect(first.state.value).toBe("taken");
  wakeUp();
  await vi.waitFor(() => expect(story.at(-1)).toBe("first has put away"));
  expect(second.state.value).toBe("ours");
});

test("a closed tab leaves the turn to the next one that opens", async () => {
  const first = tab("first");
  await first.start();
  first.close();
  const second = tab("second");
  await second.start();
  expect(second.state.value).toBe("ours");
});

test("without locks the newest tab has it", async () => {
  locks = undefined;
  const [first, second] = [tab("first"), tab("second")];
  await first.start();
  await second.start();
  expect([first.state.value, second.state.value]).toEqual(["taken", "ours"]);
  expect(story).toEqual(["first begins", "first has put away", "second begins"]);
});
