import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import type { Page } from "playwright-core";
import { build } from "vite";
import type { SeedOrder, SeedTold } from "../page/seed-order.ts";

const AT_ONCE = 4;

/** Real groups of the account that the browser holds, made by another device: each is entered there by its own Welcome. */
export async function createGroups(
  engine: Engine,
  names: readonly string[],
  usernames: readonly string[],
): Promise<ConversationId[]> {
  const made: ConversationId[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < names.length; at = next++)
      made[at] = await engine.createGroup({ name: names[at]!, usernames: [...usernames] });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return made;
}

/** Fills the database of the browser's profile with posts. No page of the app may be open: the database is one engine's at a time. */
export async function fillDatabase(page: Page, url: string, order: SeedOrder): Promise<void> {
  const code = await bundle();
  const place = `${url}/bench-seed`;
  // Of the app's own origin, so that its database is at hand, and without its policy, which would have no such worker.
  await page.route(place, (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>seed</title>" }),
  );
  await page.goto(place);
  const told = await page.evaluate(
    ([source, sent]) =>
      new Promise<SeedTold>((resolve) => {
        const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), {
          type: "module",
        });
        worker.addEventListener("error", ({ message }) => resolve({ kind: "failed", message }));
        worker.addEventListener("message", ({ data }: MessageEvent<SeedTold>) => {
          worker.terminate();
          resolve(data);
        });
        worker.postMessage(sent);
      }),
    [code, order] as const,
  );
  await page.unroute(place);
  if (told.kind === "failed") throw new Error(`the database wasn't filled: ${told.message}`);
}

async function bundle(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), "sotto-bench-seed-"));
  const root = join(import.meta.dirname, "..", "page");
  try {
    await build({
      root,
      configFile: false,
      logLevel: "error",
      build: {
        outDir,
        target: "es2023",
        lib: {
          entry: fileURLToPath(import.meta.resolve("../page/seed.ts")),
          formats: ["es"],
          fileName: () => "seed.js",
        },
      },
    });
    return readFileSync(join(outDir, "seed.js"), "utf8");
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}
