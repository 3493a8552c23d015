import { spawnSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

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
  const executablePath = process.env["SOTTO_CHROMIUM"] ?? NAMES.find(isThere);
  if (executablePath === undefined) throw new Error("There is no Chromium: install it, or name it in SOTTO_CHROMIUM.");
  const args = process.getuid?.() === 0 ? [...QUIET, "--no-sandbox"] : QUIET;
  return chromium.launch({ executablePath: onPath(executablePath), args });
}

const onPath = (name: string): string => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim() || name;
const isThere = (name: string): boolean => spawnSync("which", [name]).status === 0;
