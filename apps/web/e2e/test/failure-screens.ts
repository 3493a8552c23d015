import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import type { Page } from "playwright-core";

const folder = fileURLToPath(new URL("../../../../.cache/e2e-failures", import.meta.url));

/** After a test that failed: what every page showed then, in .cache/e2e-failures. */
export function drawFailures(pages: () => Record<string, Page | undefined>): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    mkdirSync(folder, { recursive: true });
    for (const [name, page] of Object.entries(pages()))
      if (page?.isClosed() === false) await page.screenshot({ path: `${folder}/${name}.png` });
  });
}
