import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { PASSWORD } from "../../apps/web/e2e/test/people.ts";
import { launchProfile } from "../chromium.ts";

const benchRoot = join(import.meta.dirname, "..");
const webRoot = join(benchRoot, "..", "apps", "web");

/** What everything about the app is measured in: a server in a process of its own, as for people, and the app as it is built now. */
export type World = {
  url: string;
  dist: string;
  /** A browser with a profile that stays when it is closed. */
  browser(): Promise<BrowserContext>;
  end(): Promise<void>;
};

export async function createWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-bench-web-"));
  const dist = join(folder, "app");
  await build({ root: webRoot, logLevel: "error", build: { outDir: dist } });
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(benchRoot, "serve-app.ts"), join(folder, "server"), dist, "open"],
    { env: { ...process.env, NODE_ENV: "production" }, stdio: ["ignore", "pipe", "inherit"] },
  );
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
    dist,
    browser: () => launchProfile(join(folder, "profile")),
    end: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes an account in the app, as people do. */
export async function signUpInPage(page: Page, url: string, username: string): Promise<void> {
  await page.goto(url);
  await page.locator('input[autocomplete="username"]').fill(username);
  await page.locator('input[autocomplete="new-password"]').first().fill(PASSWORD);
  await page.locator('button[type="submit"]').click();
  await page.getByTestId("connection").waitFor({ timeout: 60_000 });
}
