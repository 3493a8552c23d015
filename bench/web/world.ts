import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type Engine } from "@sotto/engine";
import { memoryStorage, nodePorts } from "@sotto/platform-node";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { launchProfile } from "../chromium.ts";

const benchRoot = join(import.meta.dirname, "..");
const webRoot = join(benchRoot, "..", "apps", "web");
const PASSWORD = "lamp oil before the long gallery";

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

/** A whole engine in this process, signed up and caught up. */
export async function createFriend(url: string, username: string): Promise<Engine> {
  const engine = await createEngine(
    await nodePorts({ state: { storage: memoryStorage() }, origin: url, deviceKind: "terminal" }),
  );
  await engine.signUp({ username, password: PASSWORD, displayName: null });
  await until(async () => {
    const session = await engine.session();
    return session.kind === "signed-in" && session.caughtUp;
  });
  return engine;
}

export async function until(look: () => Promise<boolean>, everyMs = 10): Promise<void> {
  while (!(await look())) await pause(everyMs);
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
