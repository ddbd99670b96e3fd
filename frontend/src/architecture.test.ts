import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = dirname(fileURLToPath(import.meta.url));

/** For each folder of src/ the folders it may import from besides itself. `main` are the entries in src/ itself. */
const mayImport: Record<string, readonly string[]> = {
  protocol: [],
  geometry: ["protocol"],
  decoder: ["protocol", "geometry"],
  state: ["protocol", "geometry"],
  tools: ["protocol", "geometry", "state"],
  canvas: ["protocol", "geometry", "state"],
  session: ["protocol", "geometry", "state"],
  ui: ["protocol", "geometry", "state", "tools", "canvas", "session", "decoder"],
  main: ["protocol", "geometry", "state", "tools", "canvas", "session", "decoder", "ui"],
};

/** Packages each folder may use; what is not named uses none. Pure folders stay free of them. */
const mayUse: Record<string, readonly string[]> = {
  decoder: ["onnxruntime-web"],
  session: ["idb", "@preact/signals"],
  ui: ["preact", "@preact/signals", "uplot"],
  main: ["preact", "@preact/signals"],
};

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sourceFiles(): string[] {
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.(test|d)\.tsx?$/.test(name))
    .map((name) => name.split(sep).join("/"));
}

function importsOf(file: string, text: string): Import[] {
  const pattern = /(?:(?<!["'])\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|new URL\(\s*)["']([^"']+)["']/g;
  return [...text.matchAll(pattern)].map((match) => ({ file, specifier: match[1] ?? "" }));
}

/** The folder of src/ a file belongs to; files in src/ itself are the wiring. */
function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : "main";
}

/** A sentence about what is wrong with this import, or null. */
function complaint({ file, specifier }: Import): string | null {
  const from = folderOf(file);
  const allowed = mayImport[from];
  if (!allowed) return `${file}: the folder ${from} is not in DESIGN.md's list`;
  if (!specifier.startsWith(".")) {
    const uses = mayUse[from] ?? [];
    const known = uses.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return known ? null : `${file} uses the package ${specifier}`;
  }
  const target = relative(source, resolve(source, posix.dirname(file), specifier))
    .split(sep)
    .join("/");
  if (target.startsWith("..")) return `${file} reaches out of src/: ${specifier}`;
  const to = folderOf(target);
  return to === from || allowed.includes(to) ? null : `${file} imports ${target}: ${from} may not see ${to}`;
}

test("imports go one way only", () => {
  const imports = sourceFiles().flatMap((file) => importsOf(file, readFileSync(join(source, file), "utf8")));
  expect(imports.map(complaint).filter((text) => text !== null)).toEqual([]);
});

test("the rule notices what is forbidden", () => {
  const forbidden = [
    ["geometry/rle.ts", 'import { x } from "../state/history";'],
    ["state/history.ts", 'import { signal } from "@preact/signals";'],
    ["decoder/client.ts", 'export { x } from "../session/http";'],
    ["session/http.ts", 'await import("../ui/annotate/panel");'],
    ["helpers/x.ts", 'import "../geometry/rle";'],
    ["tools/brush.ts", 'import type { Y } from "../canvas/stage";'],
  ] as const;
  for (const [file, text] of forbidden) {
    expect(
      importsOf(file, text)
        .map(complaint)
        .filter((line) => line !== null),
      `${file}: ${text}`,
    ).toHaveLength(1);
  }
  const fine = importsOf(
    "ui/annotate/panel.tsx",
    'import { render } from "preact";\nimport { a } from "../../state/a";',
  );
  expect(fine.map(complaint)).toEqual([null, null]);
});
