// @vitest-environment happy-dom
import { beforeAll, beforeEach, expect, type Mock, test, vi } from "vitest";
import { wireConfirm } from "./confirm";

const dialog = () => document.querySelector<HTMLDialogElement>("#confirm")!;
const form = () => document.querySelector<HTMLFormElement>("#act")!;
const settle = () => new Promise((resolve) => setTimeout(resolve));
let sent: Mock<() => void>;

beforeAll(() => wireConfirm(document));

beforeEach(() => {
  document.body.innerHTML = `
    <form id="act" data-confirm="Remove ann?" data-confirm-text="Masks stay." data-confirm-yes="Remove member"></form>
    <dialog id="confirm"><h2 id="confirm-title"></h2><p id="confirm-text"></p><button id="confirm-yes"></button></dialog>`;
  sent = vi.fn<() => void>();
  form().submit = sent;
  dialog().showModal = vi.fn();
});

async function answer(value: string): Promise<void> {
  const submit = new Event("submit", { bubbles: true, cancelable: true });
  form().dispatchEvent(submit);
  expect(submit.defaultPrevented).toBe(true);
  expect(document.querySelector("#confirm-title")?.textContent).toBe("Remove ann?");
  expect(document.querySelector("#confirm-yes")?.textContent).toBe("Remove member");
  expect(dialog().showModal).toHaveBeenCalledOnce();
  if (value) dialog().returnValue = value;
  dialog().dispatchEvent(new Event("close"));
  await settle();
}

test("a yes sends the form", async () => {
  await answer("yes");
  expect(sent).toHaveBeenCalledOnce();
});

test("a no, and Escape, which leaves no answer, send nothing", async () => {
  await answer("no");
  expect(sent).not.toHaveBeenCalled();
});

test("the answer of the last question is not taken for this one's", async () => {
  dialog().returnValue = "yes";
  await answer("");
  expect(sent).not.toHaveBeenCalled();
});
