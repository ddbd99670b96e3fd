/** Buttons with data-copy="#field" put that field's text on the clipboard and say so. */
export function wireCopy(page: Document): void {
  page.addEventListener("click", async (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    const field = button && page.querySelector<HTMLInputElement>(button.dataset.copy ?? "");
    if (!button || !field) return;
    field.select();
    const label = button.querySelector("[data-copy-label]") ?? button;
    label.textContent = (await copied(field, page)) ? "Copied" : "Press Ctrl+C";
  });
}

/** The clipboard is closed on plain http; the old way works there with the field selected. */
async function copied(field: HTMLInputElement, page: Document): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return page.execCommand("copy");
  }
}
