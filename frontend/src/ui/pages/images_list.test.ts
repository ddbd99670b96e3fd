import { expect, test } from "vitest";
import type { ImageOut, ImagePage } from "../../protocol/api";
import { type ImageCalls, ImagesList, PAGE_SIZE } from "./images_list";

const states = { queued: 0, running: 0, done: 0, failed: 0 };
const image = { id: 7, file_name: "a.jpg" } as ImageOut;
const pageOf = (count: number, items: readonly ImageOut[] = [image]): ImagePage => ({ count, states, items });

function callsWith(given: Partial<ImageCalls>): ImageCalls {
  return { list: async () => pageOf(1), retry: async () => image, remove: async () => {}, ...given };
}

test("the answer to the last question counts, even if an earlier one comes later", async () => {
  const answers: ((page: ImagePage) => void)[] = [];
  const list = new ImagesList(callsWith({ list: () => new Promise((resolve) => answers.push(resolve)) }));
  const first = list.refresh();
  const second = list.show("failed");
  answers[1]!(pageOf(2));
  await second;
  answers[0]!(pageOf(99));
  await first;
  expect(list.page.value).toMatchObject({ step: "ready", value: { count: 2 } });
});

test("a failed refresh keeps what was there", async () => {
  let broken = false;
  const list = new ImagesList(
    callsWith({
      list: async () => {
        if (broken) throw new Error("The server can't be reached.");
        return pageOf(3);
      },
    }),
  );
  await list.refresh();
  broken = true;
  await list.refresh();
  expect(list.page.value).toMatchObject({
    step: "failed",
    message: "The server can't be reached.",
    stale: { count: 3 },
  });
});

test("when the last page has emptied, the one before it is shown", async () => {
  const offsets: number[] = [];
  const list = new ImagesList(
    callsWith({
      list: async ({ offset }) => {
        offsets.push(offset);
        return pageOf(PAGE_SIZE, offset >= PAGE_SIZE ? [] : [image]);
      },
    }),
  );
  await list.go(PAGE_SIZE);
  expect(offsets).toEqual([PAGE_SIZE, 0]);
  expect(list.offset.value).toBe(0);
});

test("a refused delete is told with the file's name, and the image is free again", async () => {
  const refuse = async () => {
    throw new Error("It has masks.");
  };
  const list = new ImagesList(callsWith({ remove: refuse }));
  const removing = list.remove(image);
  expect(list.busy.value.has(7)).toBe(true);
  await removing;
  expect(list.problem.value).toBe("a.jpg: It has masks.");
  expect(list.busy.value.size).toBe(0);
});
