// What a person chose about the page, kept in this browser. A browser that keeps nothing (storage may be forbidden) has the default.

import { type Look, USUAL_LOOK, withOpacity } from "../../state/look";

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

const lookOf = (userId: number) => `annotate/${userId}/look`;

/** Opacity and outlines as they were; the light belongs to a photo, and isolating to a mask. */
export function recallLook(userId: number): Look {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(lookOf(userId)) ?? "{}");
    const { opacity, outlinesOnly } = kept as Partial<Record<keyof Look, unknown>>;
    const look =
      typeof opacity === "number" && Number.isFinite(opacity) ? withOpacity(USUAL_LOOK, opacity) : USUAL_LOOK;
    return { ...look, outlinesOnly: outlinesOnly === true };
  } catch {
    return USUAL_LOOK;
  }
}

export function rememberLook(userId: number, { opacity, outlinesOnly }: Look): void {
  try {
    localStorage.setItem(lookOf(userId), JSON.stringify({ opacity, outlinesOnly }));
  } catch {
    // Then it holds until the page is left.
  }
}
