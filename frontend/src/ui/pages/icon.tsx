export type IconName =
  | "alert"
  | "archive"
  | "chart"
  | "check"
  | "clock"
  | "close"
  | "download"
  | "images"
  | "info"
  | "retry"
  | "trash"
  | "upload"
  | "back"
  | "forward";

/** A drawing of static/icons/icons.svg; the words beside it say what it means. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" aria-hidden="true">
      <use href={`${document.body.dataset.icons ?? ""}#${name}`} />
    </svg>
  );
}
