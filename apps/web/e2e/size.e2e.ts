import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { build } from "vite";
import { pageKiB, workerKiB } from "./test/bundle-size.ts";

const PAGE_KIB_MAX = 250;

test("what the page loads at once is at most 250 KiB of JavaScript, gzipped", async () => {
  const dist = mkdtempSync(join(tmpdir(), "sotto-size-"));
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
