// The way in: `npm start`, `npm test`, `npx sotto` and the other commands of the root package.json.
// Runs on Node >= 18 with nothing installed; installs, patches and builds what is missing or stale, then goes on under
// a Node that is new enough. A start that finds all in place does none of that and costs a fraction of a second.
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, staleTargets } from "./launch/build.mjs";
import { chooseNode, install, isInstallFresh } from "./launch/install.mjs";
import { withLock } from "./launch/lock.mjs";
import { areMessagesStale, compileMessages } from "./launch/messages.mjs";
import { become, endWithParent } from "./launch/run.mjs";
import { LaunchError, say } from "./launch/say.mjs";
import { compareVersions, TYPE_STRIPPING_MIN } from "./launch/versions.mjs";

/** @typedef {import("./launch/build.mjs").TargetName} TargetName */
/** @typedef {{ script: string, targets: readonly TargetName[] }} Command  a script and what must be built for it */

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** @type {Record<string, Command>} */
const COMMANDS = {
  test: { script: "scripts/test.mjs", targets: [] },
  check: { script: "scripts/check.mjs", targets: [] },
  build: { script: "scripts/build.mjs", targets: ["web", "cli"] },
  format: { script: "scripts/format.mjs", targets: [] },
  bench: { script: "bench/main.ts", targets: ["web", "cli"] },
  simulate: { script: "packages/testkit/src/simulate-main.ts", targets: [] },
};

/**
 * @param {readonly string[]} args  of `sotto`
 * @returns {Command}
 */
function sotto(args) {
  const verb = args.find((each) => !each.startsWith("-"));
  // Only the server hands out the web app.
  return { script: "apps/cli/dist/main.js", targets: verb === "serve" ? ["cli", "web"] : ["cli"] };
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 */
async function launch(name, args) {
  const command = name === "sotto" ? sotto(args) : COMMANDS[name];
  if (command === undefined) throw new LaunchError(`There is no command "${name}"; see the scripts in package.json.`);
  if (process.env["npm_lifecycle_event"] !== undefined) endWithParent();
  await prepare(command.targets);
  const script = join(root, command.script);
  const node = chooseNode(root);
  const flags = flagsFor(node, script);
  if (node !== process.execPath || flags.length > 0) await become(node, [...flags, script, ...args], {});
  withoutExperimentalWarnings();
  process.argv.splice(1, process.argv.length, script, ...args);
  await import(pathToFileURL(script).href);
}

/** @param {readonly TargetName[]} targets */
async function prepare(targets) {
  if (isInstallFresh(root) && !areMessagesStale(root) && staleTargets(root, targets).length === 0) return;
  await withLock(join(root, ".cache", "launch.lock"), async () => {
    await install(root);
    await compileMessages(root, chooseNode(root));
    await build(root, targets, chooseNode(root));
  });
}

/**
 * @param {string} node
 * @param {string} script
 * @returns {string[]}
 */
function flagsFor(node, script) {
  if (node !== process.execPath) return [QUIET]; // the pinned Node needs no more
  if (!script.endsWith(".ts") || compareVersions(process.version, TYPE_STRIPPING_MIN) >= 0) return [];
  return [QUIET, "--experimental-strip-types"];
}

const QUIET = "--disable-warning=ExperimentalWarning";

/** As {@link QUIET}, in this process: that we rely on what Node calls experimental is our concern, not the person's. */
function withoutExperimentalWarnings() {
  process.emitWarning = new Proxy(process.emitWarning.bind(process), {
    apply: (emit, self, warning) => {
      if (warning[1] !== "ExperimentalWarning") Reflect.apply(emit, self, warning);
    },
  });
}

const [name = "", ...args] = process.argv.slice(2);
launch(name, args).catch((error) => {
  if (error instanceof LaunchError) {
    process.stderr.write(error.output);
    say(error.message);
  } else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
