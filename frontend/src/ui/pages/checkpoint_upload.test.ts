import { expect, test, vi } from "vitest";
import { ApiError } from "../../session/request";
import { CheckpointUpload, type Memory, type UploadCalls } from "./checkpoint_upload";

const LIMITS = { part_bytes: 4, max_bytes: 100 };
const wrongPlace = () => new ApiError("wrong_offset", "Go on from there.", 409);
const offline = () => new ApiError("offline", "The server can't be reached.", 0);

function fileOf(size = 10): File {
  return new File([new Uint8Array(size)], "vit.pth", { lastModified: 7 });
}

/** A server that keeps what it is sent; `troubles` are thrown one by one, before or after a part was kept. */
function setUp(troubles: (Error | null)[] = [], keepsBeforeTrouble = false) {
  const kept = new Map<string, number>();
  const sent: number[] = [];
  const calls = {
    received: vi.fn(async (id: string) => ({ received: kept.get(id) ?? 0 })),
    send: vi.fn<UploadCalls["send"]>(async (id, part, { offset }) => {
      const there = kept.get(id) ?? 0;
      const trouble = troubles.shift();
      if (trouble && !keepsBeforeTrouble) throw trouble;
      if (offset !== there) throw wrongPlace();
      kept.set(id, there + part.size);
      sent.push(part.size);
      if (trouble) throw trouble;
      return { received: there + part.size };
    }),
    begin: vi.fn<UploadCalls["begin"]>(async () => ({})),
    drop: vi.fn(async (id: string) => {
      kept.delete(id);
    }),
  };
  const remembered = new Map<string, string>();
  const memory: Memory = {
    getItem: (key) => remembered.get(key) ?? null,
    setItem: (key, value) => void remembered.set(key, value),
    removeItem: (key) => void remembered.delete(key),
  };
  let next = 1;
  let clock = 0;
  const make = () =>
    new CheckpointUpload(
      calls,
      LIMITS,
      memory,
      () => `id-${next++}`,
      () => (clock += 1000),
    );
  return { calls, kept, sent, remembered, make };
}

test("a file goes out in parts, is imported under its name, and is forgotten", async () => {
  const { calls, sent, remembered, make } = setUp();
  const upload = make();
  expect(await upload.start(fileOf(), "mine")).toBe(true);
  expect(sent).toEqual([4, 4, 2]);
  expect(calls.begin).toHaveBeenCalledExactlyOnceWith({
    upload_id: "id-1",
    file_name: "vit.pth",
    bytes: 10,
    name: "mine",
  });
  expect(upload.state.value).toEqual({ step: "idle" });
  expect(remembered.size).toBe(0);
});

test("what has been sent is told, with its speed", async () => {
  const { calls, make } = setUp();
  const upload = make();
  const seen: unknown[] = [];
  upload.state.subscribe((state) => seen.push(state.step === "sending" && [state.sent, state.bytesPerSecond]));
  await upload.start(fileOf(), "");
  expect(calls.send).toHaveBeenCalledTimes(3);
  expect(seen.filter(Boolean)).toEqual([
    [0, null],
    [0, null],
    [4, 2],
    [8, 8 / 3],
    [10, null],
  ]);
});

test("after a broken line, and a reload, the same file goes on where it stopped", async () => {
  const { sent, make } = setUp([null, offline()]);
  const first = make();
  expect(await first.start(fileOf(), "mine")).toBe(false);
  expect(first.state.value).toMatchObject({ step: "failed", name: "mine", message: "The server can't be reached." });
  expect(await make().start(fileOf(), "mine")).toBe(true);
  expect(sent).toEqual([4, 4, 2]);
});

test("a part whose answer was lost is not sent twice", async () => {
  const { sent, make } = setUp([null, wrongPlace()], true);
  expect(await make().start(fileOf(), "")).toBe(true);
  expect(sent).toEqual([4, 4, 2]);
});

test("a server that never agrees on the place is given up", async () => {
  const { make } = setUp(Array.from({ length: 20 }, wrongPlace));
  const upload = make();
  expect(await upload.start(fileOf(), "")).toBe(false);
  expect(upload.state.value).toMatchObject({ step: "failed", message: "Go on from there." });
});

test("an import that is refused keeps the sent file: with another name it goes on at once", async () => {
  const { calls, sent, make } = setUp();
  calls.begin.mockRejectedValueOnce(new ApiError("invalid", "That is no name for a model.", 422));
  const upload = make();
  expect(await upload.start(fileOf(), "a b")).toBe(false);
  expect(await upload.start(fileOf(), "ab")).toBe(true);
  expect(sent).toEqual([4, 4, 2]);
});

test("a file that was sent whole already is a new one the next time", async () => {
  const { remembered, make } = setUp([new ApiError("already_sent", "Reload the page.", 409)]);
  const upload = make();
  await upload.start(fileOf(), "");
  expect(remembered.size).toBe(0);
  expect(await upload.start(fileOf(), "")).toBe(true);
});

test("cancelled in the middle, nothing is imported and the server forgets it", async () => {
  const { calls, kept, make } = setUp();
  const upload = make();
  calls.send.mockImplementationOnce(async () => {
    kept.set("id-1", 4);
    upload.cancel();
    return { received: 4 };
  });
  expect(await upload.start(fileOf(), "")).toBe(false);
  expect(upload.state.value).toEqual({ step: "idle" });
  expect(calls.begin).not.toHaveBeenCalled();
  expect(calls.drop).toHaveBeenCalledExactlyOnceWith("id-1");
});

test("a second start while one is under way changes nothing", async () => {
  const { calls, make } = setUp();
  const upload = make();
  const [first, second] = await Promise.all([upload.start(fileOf(), ""), upload.start(fileOf(), "")]);
  expect([first, second]).toEqual([true, false]);
  expect(calls.begin).toHaveBeenCalledOnce();
});

test.each([
  [0, "The file is empty"],
  [101, "a checkpoint has at most"],
])("a file of %i bytes is refused before anything is sent", async (size, message) => {
  const { calls, make } = setUp();
  const upload = make();
  expect(await upload.start(fileOf(size), "")).toBe(false);
  expect(upload.state.value).toMatchObject({ step: "failed", message: expect.stringContaining(message) });
  expect(calls.received).not.toHaveBeenCalled();
});
