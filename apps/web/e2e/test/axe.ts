import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page, Request } from "playwright-core";
import { profile } from "./browser.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const QUIET = { ms: 120, frames: 6 };

/** Requests of a page that aren't answered yet. */
const open = new WeakMap<Page, Set<Request>>();

function countRequests(page: Page): void {
  const requests = new Set<Request>();
  open.set(page, requests);
  page.on("request", (request) => requests.add(request));
  for (const event of ["requestfinished", "requestfailed"] as const)
    page.on(event as "requestfinished", (request) => requests.delete(request));
}

/**
 * Waits until one of {@link emptyPages} is what it is going to be: parts of the app aren't still on their way, nothing has changed for a
 * moment, and nothing moves any more. What is half faded in has no contrast yet. What turns for ever may go on.
 */
export async function settled(page: Page): Promise<void> {
  const isIdle = (): boolean => open.get(page)?.size === 0;
  await page.locator(":is(main, [role=main]):visible").first().waitFor();
  for (;;) {
    const wasIdle = isIdle();
    await beQuiet(page);
    if (wasIdle && isIdle()) return;
  }
}

async function beQuiet(page: Page): Promise<void> {
  await page.evaluate(async (quiet) => {
    let changedAt = performance.now();
    let frames = 0;
    const changed = (): void => {
      changedAt = performance.now();
      frames = 0;
    };
    const observer = new MutationObserver(changed);
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    const isMoving = (): boolean =>
      document
        .getAnimations()
        .some(
          (each) => each.playState === "running" && Number.isFinite(Number(each.effect?.getComputedTiming().endTime)),
        );
    await document.fonts.ready;
    while (isMoving() || frames < quiet.frames || performance.now() - changedAt < quiet.ms) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      frames++;
    }
    observer.disconnect();
  }, QUIET);
}

/** What axe finds on a page that may run it (`bypassCSP`): a line for each rule that is broken, with the first places. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (runOnly) => {
    const { axe: checker } = window as unknown as {
      axe: {
        run: (what: unknown, how: unknown) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await checker.run(document, { runOnly });
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ html }) => html.slice(0, 160))
          .slice(0, 3)
          .join(" | ")}`,
    );
  }, RULES);
}

export type EmptyPages = { next: () => Promise<Page>; drop: () => Promise<void> };

/**
 * One page for many screens, each of which finds nothing of the one before: a browser profile for each would take longer than the
 * screens do. After a failure `drop` it.
 */
export function emptyPages(browser: () => Browser, origin: () => string, options: BrowserContextOptions): EmptyPages {
  let kept: Page | undefined;
  return {
    next: async () => {
      if (kept === undefined) countRequests((kept = (await profile(browser(), origin(), options)).page));
      await kept.goto("about:blank");
      const session = await kept.context().newCDPSession(kept);
      await session.send("Storage.clearDataForOrigin", { origin: origin(), storageTypes: "all" });
      await session.detach();
      return kept;
    },
    drop: async () => {
      await kept?.context().close();
      kept = undefined;
    },
  };
}
