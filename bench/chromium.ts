import { spawnSync } from "node:child_process";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const QUIET = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
const NAMES = ["chromium", "google-chrome"];

/** The Chromium that SOTTO_CHROMIUM names, or the first on the PATH. Without a sandbox only as root, where there can be none. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: executable(), args: flags() });
}

/** The same with a profile in a folder, which stays, and a heap that is told to the byte. */
export function launchProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, {
    executablePath: executable(),
    args: [...flags(), "--enable-precise-memory-info"],
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
  });
}

function executable(): string {
  const path = process.env["SOTTO_CHROMIUM"] ?? NAMES.find(isThere);
  if (path === undefined) throw new Error("There is no Chromium: install it, or name it in SOTTO_CHROMIUM.");
  return onPath(path);
}

const flags = (): string[] => (process.getuid?.() === 0 ? [...QUIET, "--no-sandbox"] : QUIET);
const onPath = (name: string): string => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim() || name;
const isThere = (name: string): boolean => spawnSync("which", [name]).status === 0;
