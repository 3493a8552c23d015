import { configDefaults, defineConfig } from "vitest/config";

// The three suites of `npm test`, in the order in which they are run (scripts/test.mjs). All run in Node on the sources
// themselves: the packages' exports point at `.ts` files.
const globalSetup = "scripts/test/messages.mjs";
const exclude = [...configDefaults.exclude, "**/dist/**", ".cache/**", ".data/**"];

export default defineConfig({
  test: {
    environment: "node",
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
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
