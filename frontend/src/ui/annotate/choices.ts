// What a person chose about the page, kept in this browser. A browser that keeps nothing (storage may be forbidden) has the default.

const hoverOf = (userId: number) => `annotate/${userId}/hover-preview`;

/** Whether previews are shown; they are unless they were switched off. */
export function recallHover(userId: number): boolean {
  try {
    return localStorage.getItem(hoverOf(userId)) !== "off";
  } catch {
    return true;
  }
}

export function rememberHover(userId: number, on: boolean): void {
  try {
    localStorage.setItem(hoverOf(userId), on ? "on" : "off");
  } catch {
    // Then it holds until the page is left.
  }
}
