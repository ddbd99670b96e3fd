import { defineConfig } from "vitest/config";

const oxc = { jsx: { runtime: "automatic", importSource: "preact" } } as const;
const pure = ["src/{protocol,geometry,state,decoder}/**/*.test.ts", "src/*.test.ts"];

// Pure code is tested without a document, so that a test cannot lend it one; the rest gets happy-dom.
export default defineConfig({
  test: {
    pool: "threads",
    maxWorkers: 2,
    projects: [
      { oxc, test: { name: "pure", environment: "node", include: pure } },
      {
        oxc,
        test: {
          name: "page",
          environment: "happy-dom",
          include: ["src/**/*.test.{ts,tsx}"],
          exclude: pure,
        },
      },
    ],
  },
});
