import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";

const QUIET = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** The Chromium that SOTTO_CHROMIUM names. Without a sandbox only as root, where there can be none. */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env["SOTTO_CHROMIUM"] ?? "/usr/bin/chromium";
  const args = [...QUIET, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), ...more];
  return chromium.launch({ executablePath, args });
}

/** What a page did that it must never do. */
export type Watch = { foreign: string[]; violations: string[]; errors: string[] };

/** Watches a context: requests that leave its origin, violations of its policy, errors nobody caught. */
export function watch(context: BrowserContext, origin: string): Watch {
  const seen: Watch = { foreign: [], violations: [], errors: [] };
  const own = new URL(origin);
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol === "blob:" || url.protocol === "data:") return;
    if (url.host !== own.host) seen.foreign.push(request.url());
  });
  context.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|TrustedScript|Trusted Type/iu.test(text)) seen.violations.push(text);
  });
  context.on("weberror", (error) => seen.errors.push(error.error().message));
  return seen;
}

/** One person's browser: storage of its own. */
export async function profile(
  browser: Browser,
  origin: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ context: BrowserContext; page: Page; seen: Watch }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  const seen = watch(context, origin);
  const page = await context.newPage();
  return { context, page, seen };
}
