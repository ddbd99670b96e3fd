// What a person chose about painting, kept in this browser like the choices beside it (choices.ts).

/** A switch by its name, as it was left. */
export function recallSwitch(userId: number, name: string, otherwise: boolean): boolean {
  return recall(userId, name, (text) => (text === "on" ? true : text === "off" ? false : otherwise), otherwise);
}

export function rememberSwitch(userId: number, name: string, on: boolean): void {
  remember(userId, name, on ? "on" : "off");
}

/** A whole number above 0, as it was left. */
export function recallNumber(userId: number, name: string, otherwise: number): number {
  return recall(userId, name, (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : otherwise), otherwise);
}

export function rememberNumber(userId: number, name: string, value: number): void {
  remember(userId, name, String(value));
}

function recall<T>(userId: number, name: string, read: (text: string) => T, otherwise: T): T {
  try {
    return read(localStorage.getItem(`annotate/${userId}/${name}`) ?? "");
  } catch {
    return otherwise;
  }
}

function remember(userId: number, name: string, text: string): void {
  try {
    localStorage.setItem(`annotate/${userId}/${name}`, text);
  } catch {
    // Then it holds until the page is left.
  }
}
