import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { launchChromium } from "../chromium.ts";
import type { Figure } from "../figure.ts";
import { median, quantile } from "../statistics.ts";

const ROUNDS = 3;
const POSTS = 70;
const WARM = 10;
const PASSWORD = "lamp oil before the long gallery";
const webRoot = join(import.meta.dirname, "..", "..", "apps", "web");

/** Two browsers at the real server: from Enter in one to the other's screen. And what a browser has to load first. */
export async function measureWeb(): Promise<Figure[]> {
  const dist = join(webRoot, "dist");
  if (!existsSync(join(dist, "index.html"))) await build({ root: webRoot, logLevel: "warn" });
  return [...(await fromEnterToScreen(dist)), ...sizes(dist)];
}

async function fromEnterToScreen(dist: string): Promise<Figure[]> {
  const server = await startServer(dist);
  const browser = await launchChromium();
  try {
    const [ada, bob] = [await person(browser, server.url, "ada"), await person(browser, server.url, "bob")];
    await writeTo(ada, "bob");
    await type(ada, "The first one makes the conversation");
    await bob.getByTestId("conversation").first().click();
    await bob.getByTestId("post-text").filter({ hasText: "The first one" }).waitFor();
    for (let i = 0; i < WARM; i++) await once(ada, bob, `warm ${i}.`);
    const rounds: number[][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const latencies: number[] = [];
      // Each way in turns: neither browser is only ever a reader.
      const [author, reader] = round % 2 === 0 ? [ada, bob] : [bob, ada];
      for (let i = 0; i < POSTS; i++) latencies.push(await once(author, reader, `round ${round} post ${i}.`));
      rounds.push(latencies);
    }
    const all = rounds.flat();
    return [
      {
        part: "web",
        name: `from Enter to the other's screen, p50 of ${all.length}`,
        value: median(all),
        unit: "ms",
        bar: { kind: "at-most", value: 100 },
      },
      {
        part: "web",
        name: `from Enter to the other's screen, p95 of ${all.length}`,
        value: quantile(all, 0.95),
        unit: "ms",
        bar: { kind: "none" },
      },
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** From the key in one page to the frame after the other page's document shows the text. Both clocks are this machine's. */
async function once(author: Page, reader: Page, text: string): Promise<number> {
  const shown = reader.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const isThere = () =>
          [...document.querySelectorAll('[data-testid="post-text"]')]
            .slice(-3)
            .some((each) => each.textContent === wanted);
        const observer = new MutationObserver(() => {
          if (!isThere()) return;
          observer.disconnect();
          // The callback runs before this frame is painted; the one after it, once it has been.
          requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())));
        });
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
      }),
    text,
  );
  await author.locator("#composer").fill(text);
  const pressed = author.evaluate(
    () =>
      new Promise<number>((resolve) =>
        addEventListener("keydown", () => resolve(performance.timeOrigin + performance.now()), {
          capture: true,
          once: true,
        }),
      ),
  );
  await author.locator("#composer").press("Enter");
  const [from, to] = await Promise.all([pressed, shown]);
  return to - from;
}

async function person(browser: Browser, url: string, username: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByTestId("connection").getByText("Connected").waitFor({ timeout: 60_000 });
  return page;
}

async function writeTo(page: Page, username: string): Promise<void> {
  await page.getByRole("button", { name: "New message" }).click();
  await page.getByRole("combobox").fill(username);
  await page.getByRole("combobox").press("Enter");
  await page.getByRole("dialog").locator(".tok").first().waitFor();
  await page.getByRole("button", { name: "Start conversation" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator("#composer").fill(text);
  await page.locator("#composer").press("Enter");
}

/** The server in a process of its own, as for people. */
async function startServer(dist: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "sotto-bench-web-"));
  const script = join(import.meta.dirname, "..", "serve-app.ts");
  const child = spawn(process.execPath, [...process.execArgv, script, dataDir, dist], {
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      const found = /listening (\S+)/.exec(chunk.toString());
      if (found?.[1] !== undefined) resolve(found[1]);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Gzipped: the scripts that the page names and what they import at once; and the worker's. */
function sizes(dist: string): Figure[] {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const named = [...html.matchAll(/<script[^>]*type="module"[^>]*src="([^"]+)"/g)].map(([, path]) =>
    join(dist, path ?? ""),
  );
  const worker = readdirSync(join(dist, "assets")).filter((name) => /worker.*\.js$/.test(name));
  const kib = (files: Iterable<string>): number =>
    [...files].reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0) / 1024;
  return [
    {
      part: "web",
      name: "JavaScript of the page, at once, gzipped",
      value: kib(reachable(named)),
      unit: "KiB",
      bar: { kind: "none" },
    },
    {
      part: "web",
      name: "JavaScript of the engine's worker, at once, gzipped",
      value: kib(reachable(worker.map((name) => join(dist, "assets", name)))),
      unit: "KiB",
      bar: { kind: "none" },
    },
  ];
}

/** A bundle's files that are loaded before anything runs: static imports only. */
function reachable(entries: readonly string[], found = new Set<string>()): Set<string> {
  for (const file of entries) {
    if (found.has(file)) continue;
    found.add(file);
    const code = readFileSync(file, "utf8");
    const imports = [...code.matchAll(/(?:^|[;}\n])(?:import|export)\s*(?:[^"'();]*?from)?\s*["'](\.[^"']+)["']/g)];
    reachable(
      imports.map(([, path]) => join(file, "..", path ?? "")),
      found,
    );
  }
  return found;
}
