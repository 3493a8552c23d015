// One installer and one builder at a time, however many programs are started at once.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { say } from "./say.mjs";

const POLL_MS = 100;
/** A lock whose writer died between creating and filling it is taken over after this long. */
const EMPTY_LOCK_MS = 2_000;

/**
 * Runs `work` while no other process on this machine holds the lock. A lock left by a process that died is taken over.
 * @template T
 * @param {string} path  the lock file; its folder is made if need be
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  let said = false;
  while (!take(path)) {
    if (isAbandoned(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!said) say(`waiting for another start that is installing or building (it holds ${path})`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    release();
    process.removeListener("exit", release);
  }
}

/** @param {string} path */
function take(path) {
  try {
    const file = openSync(path, "wx");
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** @param {string} path */
function isAbandoned(path) {
  try {
    const holder = readFileSync(path, "utf8");
    if (holder === "") return Date.now() - statSync(path).mtimeMs > EMPTY_LOCK_MS;
    process.kill(Number(holder), 0);
    return false;
  } catch (error) {
    // No such process; a file that went away in between is simply tried again. EPERM is a living process of someone else.
    return hasCode(error, "ESRCH");
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}
