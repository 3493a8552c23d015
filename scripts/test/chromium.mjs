// The browser for the tests: one that is there, or the one that Debian has.
import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * @typedef {object} Machine  what the search looks at, so that a test can bring its own
 * @property {Record<string, string | undefined>} env
 * @property {boolean} isDebian
 * @property {boolean} isRoot
 * @property {(path: string) => boolean} isExecutable
 * @property {(command: string, args: readonly string[]) => boolean} run  true if it succeeded
 * @property {(line: string) => void} say
 */

/**
 * @param {Machine} machine
 * @returns {string} path of a Chromium
 * @throws {Error} with the one command to run
 */
export function provideChromium(machine) {
  const named = machine.env["SOTTO_CHROMIUM"];
  if (named !== undefined && named !== "") {
    if (machine.isExecutable(named)) return named;
    throw new Error(`SOTTO_CHROMIUM says ${named}, but there is no program at that path.`);
  }
  const found = onPath(machine);
  if (found !== undefined) return found;
  if (!machine.isDebian) {
    throw new Error(
      "The browser tests need Chromium or Chrome. Install one, then run: SOTTO_CHROMIUM=/path/to/it npm test",
    );
  }
  if (!machine.isRoot) {
    throw new Error("The browser tests need Chromium. Run: sudo apt-get update && sudo apt-get install -y chromium");
  }
  machine.say("No Chromium here: running apt-get update && apt-get install -y chromium");
  const done = machine.run("apt-get", ["update"]) && machine.run("apt-get", ["install", "-y", "chromium"]);
  const installed = done ? onPath(machine) : undefined;
  if (installed === undefined) {
    throw new Error("Chromium could not be installed. Run: apt-get update && apt-get install -y chromium");
  }
  return installed;
}

/** @param {Machine} machine */
function onPath(machine) {
  const folders = (machine.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(machine.isExecutable);
}

/** @returns {Machine} */
export function thisMachine() {
  return {
    env: process.env,
    isDebian: isDebian(),
    isRoot: process.getuid?.() === 0,
    isExecutable,
    run: (command, args) => {
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], env }).status === 0;
    },
    say: (line) => console.log(line),
  };
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
