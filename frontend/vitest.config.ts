import { defineConfig } from "vitest/config";

// Without a document by default: a test can't lend one to code that has none, and making one takes longer than most tests.
// A file that needs one begins with `// @vitest-environment happy-dom`.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    pool: "threads",
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
