// Dependencies as the lockfile has them, with our patches, and the Node that runs Sotto.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { runStep } from "./run.mjs";
import { LaunchError, say } from "./say.mjs";
import { hashFiles, isInstalled, thisMachine } from "./stale.mjs";
import { compareVersions, NODE_MIN, nodePackage } from "./versions.mjs";

/** @typedef {{ installed: string, patched: string }} Stamp  hashes of what node_modules was made from */

/**
 * Whether node_modules is as the lockfile and the patches want it, so far as the last start has noted.
 * @param {string} root
 */
export function isInstallFresh(root) {
  const wanted = wantedStamp(root);
  const found = readStamp(root);
  return found.installed === wanted.installed && found.patched === wanted.patched;
}

/**
 * Makes node_modules what the lockfile and `patches/` say. Does nothing that is done already.
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {LaunchError} npm failed, or a patch doesn't apply
 */
export async function install(root) {
  const wanted = wantedStamp(root);
  const found = readStamp(root);
  const isSameInstall = found.installed === wanted.installed;
  if (!isSameInstall && !matchesLockfile(root)) await installAll(root);
  // Whatever put packages in place since may have put back unpatched ones; applying a patch twice changes nothing.
  if (!isSameInstall || found.patched !== wanted.patched) await applyPatches(root);
  mkdirSync(dirname(stampPath(root)), { recursive: true });
  writeFileSync(stampPath(root), JSON.stringify(wanted));
}

/** @param {string} root */
async function installAll(root) {
  say("installing dependencies (npm ci)");
  await npm(root, process.execPath);
  if (matchesLockfile(root)) return;
  // npm leaves out optional packages, binaries among them, that don't name the Node that runs it. The pinned Node has
  // arrived by now: it does it again.
  const pinned = pinnedNode(root);
  if (pinned !== undefined) {
    say("installing once more under the pinned Node, for packages that don't support this one");
    await npm(root, pinned);
  }
  if (!matchesLockfile(root)) {
    throw new LaunchError(
      `npm ci has left out packages that Sotto needs on ${process.platform} ${process.arch} under Node ${process.version}. ` +
        `Install Node >= ${NODE_MIN} and start again.`,
    );
  }
}

/**
 * @param {string} root
 * @param {string} node
 */
async function npm(root, node) {
  // npm ci empties node_modules: a Node that lives there must not be the one that runs it.
  const runner = relative(root, node).startsWith("node_modules") ? keepCopy(root, node) : node;
  // No package of ours needs its install script (see allowScripts); npm before 11 doesn't know how to be told which.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const cli = npmCli();
  if (cli !== undefined) return runStep("npm ci", runner, [cli, ...args], { cwd: root });
  const path = `${dirname(runner)}${delimiter}${process.env["PATH"] ?? ""}`; // npm asks PATH for its Node
  return runStep("npm ci", "npm", args, { cwd: root, env: { PATH: path }, shell: process.platform === "win32" });
}

/**
 * @param {string} root
 * @param {string} node
 */
function keepCopy(root, node) {
  const copy = join(root, ".cache", basename(node));
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(node, copy);
  return copy;
}

/** npm's own script, so that no shell is needed; undefined where it isn't beside Node and didn't start us. */
function npmCli() {
  const beside = dirname(process.execPath);
  return [
    process.env["npm_execpath"],
    join(beside, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(beside, "node_modules", "npm", "bin", "npm-cli.js"),
  ].find((path) => path !== undefined && path.endsWith("npm-cli.js") && existsSync(path));
}

/** @param {string} root */
async function applyPatches(root) {
  if (patchFiles(root).length === 0) return;
  say("applying patches");
  try {
    await patchPackage(root);
  } catch {
    // A package may carry an older state of a patch that has changed since. From a clean state each one has to apply.
    await installAll(root);
    await patchPackage(root);
  }
}

/** @param {string} root */
function patchPackage(root) {
  const script = join(root, "node_modules", "patch-package", "index.js");
  return runStep("applying patches/", process.execPath, [script, "--error-on-fail", "--error-on-warn"], { cwd: root });
}

/** @param {string} root */
function patchFiles(root) {
  const folder = join(root, "patches");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".patch"))
    .sort()
    .map((name) => `patches/${name}`);
}

/**
 * The Node that came with the packages, for a machine whose own is too old.
 * @param {string} root
 * @returns {string | undefined} its path, or undefined if npm has none for this platform
 */
export function pinnedNode(root) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const name = nodePackage(thisMachine(), manifest.optionalDependencies ?? {});
  if (name === undefined) return undefined;
  const path = join(root, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  return existsSync(path) ? path : undefined;
}

/**
 * The Node that runs Sotto: this one if it is new enough, else the pinned one.
 * @param {string} root
 * @returns {string}
 * @throws {LaunchError} there is neither
 */
export function chooseNode(root) {
  if (compareVersions(process.version, NODE_MIN) >= 0) return process.execPath;
  const pinned = pinnedNode(root);
  if (pinned !== undefined) return pinned;
  throw new LaunchError(
    `This is Node ${process.version}, and there is no newer one to fetch for ${process.platform} ${process.arch}: ` +
      `install Node >= ${NODE_MIN} and start again.`,
  );
}

/** @param {string} root */
function matchesLockfile(root) {
  const installed = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return false;
  return isInstalled(
    JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")),
    JSON.parse(readFileSync(installed, "utf8")),
    thisMachine(),
  );
}

/**
 * @param {string} root
 * @returns {Stamp}
 */
function wantedStamp(root) {
  return {
    installed: hashFiles(root, ["package-lock.json"]),
    patched: hashFiles(root, patchFiles(root)),
  };
}

/**
 * @param {string} root
 * @returns {Stamp}
 */
function readStamp(root) {
  try {
    return JSON.parse(readFileSync(stampPath(root), "utf8"));
  } catch {
    return { installed: "", patched: "" }; // none yet, or cut short: start over
  }
}

// Inside node_modules, so that whoever empties that folder empties the stamp as well.
/** @param {string} root */
function stampPath(root) {
  return join(root, "node_modules", ".sotto", "install.json");
}
