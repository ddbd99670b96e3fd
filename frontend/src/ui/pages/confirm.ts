/** Asks before something is destroyed, or changed for everybody, in the page's one native dialog (templates/parts/confirm.html). */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the confirming button says: the act itself, never "OK". */
  readonly yes: string;
  /** Nothing is destroyed: the button is no red one. */
  readonly harmless?: boolean;
}

/** Resolves to true only when the confirming button was pressed; Escape and Cancel are no. */
export function confirm(question: Question, page: Document = document): Promise<boolean> {
  const dialog = page.querySelector<HTMLDialogElement>("#confirm");
  if (!dialog) throw new Error("the page has no #confirm dialog");
  page.querySelector("#confirm-title")!.textContent = question.title;
  page.querySelector("#confirm-text")!.textContent = question.text;
  const yes = page.querySelector("#confirm-yes")!;
  yes.textContent = question.yes;
  yes.classList.toggle("button-danger", !question.harmless);
  yes.classList.toggle("button-primary", question.harmless ?? false);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Forms with data-confirm="question" (and data-confirm-text, data-confirm-yes) are sent only after a yes. */
export function wireConfirm(page: Document): void {
  page.addEventListener("submit", async (event) => {
    const form = event.target as HTMLFormElement;
    const title = form.dataset.confirm;
    if (!title) return;
    event.preventDefault();
    const yes = form.dataset.confirmYes ?? title;
    if (await confirm({ title, text: form.dataset.confirmText ?? "", yes }, page)) form.submit();
  });
}
