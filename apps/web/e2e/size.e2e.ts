import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { build } from "vite";
import { pageKiB, workerKiB } from "./test/bundle-size.ts";

const PAGE_KIB_MAX = 250;

afterEach(() => vi.unstubAllEnvs());

test("what the page loads at once is at most 250 KiB of JavaScript, gzipped", async () => {
  const dist = mkdtempSync(join(tmpdir(), "sotto-size-"));
  // As it ships: a test's own environment would bring the larger libraries that are for developing.
  vi.stubEnv("NODE_ENV", "production");
  try {
    await build({ root: join(import.meta.dirname, ".."), logLevel: "error", build: { outDir: dist } });
    // What isn't found would weigh nothing.
    expect(pageKiB(dist)).toBeGreaterThan(50);
    expect(workerKiB(dist)).toBeGreaterThan(50);
    expect(pageKiB(dist)).toBeLessThanOrEqual(PAGE_KIB_MAX);
  } finally {
    rmSync(dist, { recursive: true, force: true });
  }
});
