// Builds what is stale: the web app, and the one program `sotto`.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runStep } from "./run.mjs";
import { LaunchError, say } from "./say.mjs";
import { foldersBehind, hashFiles, readWorkspaces, sourcesIn } from "./stale.mjs";

/**
 * @typedef {object} Target
 * @property {string} workspace  its package, from which follows all that it is made from
 * @property {string} entry      the source that has to exist
 * @property {string} result     a file that exists once it is built
 * @property {string[]} config   more files that shape the result
 * @property {(into: string) => string[]} command  for the pinned Node, run at the root
 */

/** @type {Record<"web" | "cli", Target>} */
export const TARGETS = {
  web: {
    workspace: "@sotto/web",
    entry: "apps/web/index.html",
    result: "apps/web/dist/index.html",
    config: [],
    command: (into) => ["node_modules/vite/bin/vite.js", "build", "apps/web", "--outDir", into, "--emptyOutDir"],
  },
  cli: {
    workspace: "@sotto/cli",
    entry: "apps/cli/src/main.ts",
    result: "apps/cli/dist/main.js",
    config: ["scripts/rolldown.config.mjs"],
    command: (into) => ["node_modules/rolldown/bin/cli.mjs", "-c", "scripts/rolldown.config.mjs", "--dir", into],
  },
};

/** @typedef {keyof typeof TARGETS} TargetName */

/**
 * @param {string} root
 * @param {readonly TargetName[]} names
 * @returns {TargetName[]} those that are not built from the sources as they are now
 */
export function staleTargets(root, names) {
  const workspaces = readWorkspaces(root);
  return names.filter((name) => {
    const target = TARGETS[name];
    return !existsSync(join(root, target.result)) || readStamp(root, name) !== fingerprint(root, target, workspaces);
  });
}

/**
 * Builds the given targets that are stale.
 * @param {string} root
 * @param {readonly TargetName[]} names
 * @param {string} node  the Node that runs the builders
 */
export async function build(root, names, node) {
  for (const name of staleTargets(root, names)) {
    const target = TARGETS[name];
    if (!existsSync(join(root, target.entry))) {
      throw new LaunchError(`There is nothing to build ${name} from: ${target.entry} does not exist.`);
    }
    say(`building ${name}`);
    const made = fingerprint(root, target, readWorkspaces(root)); // before building: an edit meanwhile counts as stale
    const folder = join(root, dirname(target.result));
    // Built beside and then put in place, so that a server that is running never serves half a build.
    await runStep(`building ${name}`, node, target.command(`${folder}.next`), {
      cwd: root,
      env: { NODE_ENV: "production" },
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(`${folder}.next`, folder);
    mkdirSync(dirname(stampPath(root, name)), { recursive: true });
    writeFileSync(stampPath(root, name), made);
  }
}

/**
 * @param {string} root
 * @param {Target} target
 * @param {ReturnType<typeof readWorkspaces>} workspaces
 */
function fingerprint(root, target, workspaces) {
  const sources = foldersBehind(target.workspace, workspaces).flatMap((folder) => sourcesIn(root, folder));
  return hashFiles(root, [...sources, ...target.config, ...patchesAndLock(root)]);
}

/** @param {string} root */
function patchesAndLock(root) {
  return ["package-lock.json", "tsconfig.base.json", ...sourcesIn(root, "patches")];
}

/**
 * @param {string} root
 * @param {TargetName} name
 */
function readStamp(root, name) {
  return existsSync(stampPath(root, name)) ? readFileSync(stampPath(root, name), "utf8") : undefined;
}

/**
 * @param {string} root
 * @param {TargetName} name
 */
function stampPath(root, name) {
  return join(root, "node_modules", ".sotto", `${name}.hash`);
}
