import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

// The three suites of `npm test` (scripts/test.mjs says when each is run). All run in Node on the sources themselves: the
// packages' exports point at `.ts` files.
const globalSetup = "scripts/test/messages.mjs";
const exclude = [...configDefaults.exclude, "**/dist/**", ".cache/**", ".data/**"];

export default defineConfig({
  test: {
    environment: "node",
    // By itself vitest leaves one processor out: on a small machine that is half of it.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: "unit",
          globalSetup,
          include: ["packages/**/*.test.{ts,tsx}", "apps/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
          exclude: [...exclude, "packages/testkit/**"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "browser",
          globalSetup,
          include: ["packages/*/test/**/*.e2e.ts", "apps/*/e2e/**/*.e2e.ts"],
          exclude,
          // Each file starts servers and browsers of its own: two at once on a small machine only wait for each other.
          fileParallelism: false,
          // Node's line editor asks the environment what the terminal can do; a build machine often has none.
          env: { TERM: "xterm" },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "simulator",
          globalSetup,
          include: ["packages/testkit/**/*.test.ts"],
          exclude,
          // It gives way to the browser suite, beside which it runs.
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
