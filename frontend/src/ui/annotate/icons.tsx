// The annotate page's own icons, on the same grid as static/icons: 20 px, round strokes of 1.5 px in the text's colour.

const PATHS = {
  click: "M8.5 8.5 16.5 11.7 12.9 12.9 11.7 16.5zM8 2.5v2M3.9 4.1 5.3 5.5M2.5 8.2h2M12.1 4.1 10.7 5.5M4 12.2l1.4-1.4",
  box: "M3.5 6.5v-3h3M13.5 3.5h3v3M16.5 13.5v3h-3M6.5 16.5h-3v-3M9 3.5h2M9 16.5h2M3.5 9v2M16.5 9v2",
  brush:
    "M9.2 11.8 16.8 3.2M16.8 3.2 12 13.4 9.2 11.8M8.9 11.5c-2-.6-3.7.5-4 2.3-.2 1.3-.8 1.9-2 2.2 2.6 1.4 6.4.8 6.9-1.9.2-1-.1-1.9-.9-2.6z",
  eraser:
    "M8 16.5 3.2 11.7a1.4 1.4 0 0 1 0-2l6.3-6.3a1.4 1.4 0 0 1 2 0l4.9 4.9a1.4 1.4 0 0 1 0 2L10.2 16.5zM6.2 6.7l6.9 6.9M8 16.5h8.5",
  lasso:
    "M10 3.5c4.1 0 7 2 7 4.6s-2.9 4.6-7 4.6-7-2-7-4.6 2.9-4.6 7-4.6zM6 12c-1.4.5-2 1.4-1.5 2.2.5.9 1.9.6 2.2-.3.3-.9-.3-1.7-1-2M5.6 14.4c.1 1 .8 1.8 2 2.2",
  round: "M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z",
  square: "M4 4h12v12H4z",
  protect: "M8.5 4.5h-4v7h2M8.5 8.5h7v7h-7zM8.5 4.5h3v4M10.5 12l1.2 1.2 2-2.4",
  pressure: "M3.5 15.5c2-5 3-7 4.5-7s1.5 4 3 4 2.5-4 5.5-8M3.5 17.5h13",
  background: "M3.5 5.5h9v5M3.5 5.5v9h5M11 15h6M6.5 8.5h3M12.5 10.5a4.5 4.5 0 1 1-2.6 7.6",
  holes: "M3.5 3.5h13v13h-13zM10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.5 10l1 1 2-2",
  islands: "M7.5 16.5a5 5 0 1 1 0-10 5 5 0 0 1 0 10zM13.5 3.5l3.5 3.5M17 3.5L13.5 7",
  smooth: "M3 6l2.5 2L8 5l2 3 2-1M3 15.5c4-5 9-5 14 0M12 3.5h4.5V8",
  undo: "M7.5 4 3.5 8l4 4M3.5 8h8a4.5 4.5 0 0 1 0 9H8",
  redo: "M12.5 4l4 4-4 4M16.5 8h-8a4.5 4.5 0 0 0 0 9H12",
  check: "m4 10.5 4 4 8-9",
  close: "m5 5 10 10M15 5 5 15",
  eye: "M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5zM10 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z",
  eyeOff:
    "M4 4l12 12M8.1 5.3A7 7 0 0 1 10 5c4.8 0 7.5 5 7.5 5a13 13 0 0 1-2.1 2.7M12.6 14.5a7 7 0 0 1-2.6.5c-4.8 0-7.5-5-7.5-5a13 13 0 0 1 3-3.4",
  hover: "M4 4.5h3M4 4.5v3M16 4.5h-3M16 4.5v3M4 15.5v-3M4 15.5h3M9 8.5l7 2.7-3.1 1.1-1.2 3.2z",
  look: "M3.5 6h6M13.5 6h3M11.5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM3.5 14h2M9.5 14h7M7.5 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  edit: "M12.5 4.5l3 3M4 16l.8-3.6L13.6 3.6a1.2 1.2 0 0 1 1.7 0l1.1 1.1a1.2 1.2 0 0 1 0 1.7L7.6 15.2z",
  trash: "M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5",
  forward: "M4 10h11.5M11 5l5 5-5 5",
  skip: "M4 4.5l7 5.5-7 5.5zM14.5 4.5v11",
  help: "M7.6 7.6a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2 1-1.2 1.9M10 14.4v.1M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15z",
  guide: "M4 3.5h9l3 3v10H4zM7 8h6M7 11h6M7 14h4",
  cloud: "M6 15.5a3.5 3.5 0 0 1-.4-7A4.6 4.6 0 0 1 14.4 8a3.8 3.8 0 0 1-.2 7.5z",
  cloudOff: "M3.5 3.5l13 13M5.6 8.5a3.5 3.5 0 0 0 .4 7h7M8 5.6A4.6 4.6 0 0 1 14.4 8a3.8 3.8 0 0 1 2.7 5.6",
  alert: "M10 2.8 18 16.6H2zM10 8v4M10 14.4v.1",
  fit: "M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4",
  unmasked: "M3.5 6.5v-3h3M13.5 3.5h3v3M16.5 13.5v3h-3M6.5 16.5h-3v-3M10 6.5v7M6.5 10h7",
  zoomIn: "M10 5v10M5 10h10",
  zoomOut: "M5 10h10",
  picture: "M3 4.5h14v11H3zM3 13l4-4 3.5 3.5L13 10l4 3.5M13.2 7.5v.1",
  done: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM6.8 10.3l2.3 2.3 4.3-4.9",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg class={small ? "icon icon-small" : "icon"} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
