// What has changed since it was last installed or built. By content, not by date: a fresh clone and a switch of
// branch touch dates of files that are the same.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "coverage", ".cache", ".data"]);

/**
 * Every file of ours below a folder, sorted, relative to `root`, with `/` between.
 * @param {string} root
 * @param {string} folder  relative to root; a missing folder holds no files
 * @returns {string[]}
 */
export function filesIn(root, folder) {
  /** @type {string[]} */
  const found = [];
  if (!existsSync(join(root, folder))) return found;
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isFile()) found.push(path);
    else if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) found.push(...filesIn(root, path));
  }
  return found.sort();
}

/**
 * Those files that can change what is built from them: all but tests.
 * @param {string} root
 * @param {string} folder  as in {@link filesIn}
 * @returns {string[]}
 */
export function sourcesIn(root, folder) {
  return filesIn(root, folder).filter((file) => !/\.test\.[a-z]+$|\/e2e\//.test(file));
}

/**
 * One hash over names and contents. A file that is missing counts as such, so that deleting one changes the hash.
 * @param {string} root
 * @param {readonly string[]} files  relative to root
 * @returns {string} 64 hex digits
 */
export function hashFiles(root, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const path = join(root, file);
    // Lengths go in before contents: no two lists of files can run into the same bytes.
    const content = existsSync(path) ? readFileSync(path) : undefined;
    hash.update(`${file.length}:${file}:${content === undefined ? "missing" : content.length}:`);
    if (content !== undefined) hash.update(content);
  }
  return hash.digest("hex");
}

/**
 * The folders of a workspace package and of every workspace package that it is made from.
 * @param {string} name  for example "@sotto/cli"
 * @param {ReadonlyMap<string, { folder: string, dependencies: readonly string[] }>} workspaces
 * @returns {string[]} sorted
 */
export function foldersBehind(name, workspaces) {
  const seen = new Set([name]);
  for (const next of seen) {
    // A Set that grows while it is walked is walked to its new end.
    for (const dependency of workspaces.get(next)?.dependencies ?? []) {
      if (workspaces.has(dependency)) seen.add(dependency);
    }
  }
  return [...seen].flatMap((each) => workspaces.get(each)?.folder ?? []).sort();
}

/**
 * Reads the workspace: which packages exist and which of them each one depends on.
 * @param {string} root
 * @returns {Map<string, { folder: string, dependencies: string[] }>}
 */
export function readWorkspaces(root) {
  const workspaces = new Map();
  for (const parent of ["packages", "apps"]) {
    for (const entry of readdirSync(join(root, parent)).sort()) {
      const file = join(root, parent, entry, "package.json");
      if (!existsSync(file)) continue;
      const manifest = JSON.parse(readFileSync(file, "utf8"));
      workspaces.set(manifest.name, {
        folder: `${parent}/${entry}`,
        dependencies: Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }),
      });
    }
  }
  return workspaces;
}

/**
 * Whether node_modules holds what the lockfile asks for on this machine. npm writes what it installed into
 * `node_modules/.package-lock.json`; comparing the two needs no network and no npm.
 * @param {{ packages?: Record<string, LockEntry> }} wanted     package-lock.json
 * @param {{ packages?: Record<string, LockEntry> }} installed  node_modules/.package-lock.json
 * @param {{ platform: string, arch: string, libc: string | undefined }} machine
 * @returns {boolean}
 *
 * @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, os?: string | string[],
 *   cpu?: string | string[], libc?: string | string[] }} LockEntry
 */
export function isInstalled(wanted, installed, machine) {
  const present = installed.packages ?? {};
  for (const [path, entry] of Object.entries(wanted.packages ?? {})) {
    if (!path.includes("node_modules/")) continue;
    const there = present[path];
    if (there === undefined) {
      if (entry.optional === true && !isMeantFor(entry, machine)) continue;
      return false;
    }
    if (there.version !== entry.version || there.integrity !== entry.integrity) return false;
    if ((there.link ?? false) !== (entry.link ?? false)) return false;
  }
  return true;
}

/**
 * Whether an optional package is one that this machine needs: a platform's binary for this platform. One that names no
 * platform is there for the sake of another optional package, and npm leaves it out together with that one.
 * @param {LockEntry} entry
 * @param {{ platform: string, arch: string, libc: string | undefined }} machine
 */
function isMeantFor(entry, machine) {
  if (entry.os === undefined && entry.cpu === undefined) return false;
  return (
    allows(entry.os, machine.platform) &&
    allows(entry.cpu, machine.arch) &&
    (entry.libc === undefined || (machine.libc !== undefined && allows(entry.libc, machine.libc)))
  );
}

/**
 * @param {string | string[] | undefined} names  as in package.json: names, or names after `!`
 * @param {string} value
 */
function allows(names, value) {
  const list = [names ?? []].flat();
  if (list.length === 0) return true;
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((each) => each.startsWith("!"));
}

/**
 * This machine as {@link isInstalled} asks for it.
 * @returns {{ platform: string, arch: string, libc: string | undefined }}
 */
export function thisMachine() {
  return { platform: process.platform, arch: process.arch, libc: libc() };
}

function libc() {
  if (process.platform !== "linux") return undefined;
  const { report } = process;
  // Without this the report looks up host names, which takes seconds on some machines.
  Object.assign(report, { excludeNetwork: true });
  return JSON.stringify(report.getReport()).includes('"glibcVersionRuntime"') ? "glibc" : "musl";
}
