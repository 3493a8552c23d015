// `npm run check`: types, lint, formatting, layers, dead code. All of them run, whatever the first ones say.
// `npm run check -- lint layers` runs some.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkLayers } from "./check/layers.mjs";
import { end } from "./launch/run.mjs";
import { filesIn, readWorkspaces, sourcesIn } from "./launch/stale.mjs";

/** @typedef {{ problems: number, output: string }} Outcome  problems as the tool counts them, at least 1 if it failed */

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** @type {Record<string, () => Promise<Outcome>>} */
const CHECKS = { types, lint, format, layers, "dead-code": deadCode };

/** Each package by its own rules about what exists there; then the tests, then the tools. */
async function types() {
  const projects = [...readWorkspaces(root).values()].map(({ folder }) => `${folder}/tsconfig.json`);
  const outcomes = [];
  for (const project of [...projects, "tsconfig.tests.json", "scripts/tsconfig.json"]) {
    const folder = dirname(project);
    if (folder.includes("/") && !sourcesIn(root, `${folder}/src`).some((file) => /\.tsx?$/.test(file))) {
      outcomes.push({ problems: 1, output: `${folder}: there is nothing to check in it\n` });
      continue;
    }
    outcomes.push(await tool("typescript", "tsc", ["-p", project, "--pretty", "false"], /error TS\d+:/g));
  }
  return together(outcomes);
}

async function lint() {
  const linted = await tool("oxlint", "oxlint", ["--format=unix", "--deny-warnings"], /^\S+:\d+:\d+: /gm);
  return together([linted, silenced()]);
}

/** A rule is right everywhere or it is changed for everyone: nobody switches one off in passing. */
function silenced() {
  const files = ["packages", "apps", "scripts", "bench"]
    .flatMap((folder) => filesIn(root, folder))
    .filter((file) => /\.(ts|tsx|mjs)$/.test(file));
  const found = files.filter((file) =>
    /(?:eslint|oxlint)-(?:disable|enable)\b/.test(readFileSync(join(root, file), "utf8")),
  );
  return { problems: found.length, output: found.map((file) => `${file}: switches a lint rule off\n`).join("") };
}

async function format() {
  return tool("oxfmt", "oxfmt", ["--check", "."], /^\S+ \(\d+ms\)$/gm);
}

async function layers() {
  const { files, violations } = await checkLayers(root);
  const output = violations.map((line) => `${line}\n`).join("");
  return files === 0
    ? { problems: 1, output: "No file of ours was looked at.\n" }
    : { problems: violations.length, output };
}

async function deadCode() {
  return tool("knip", "knip", ["--no-progress", "--no-config-hints", "--reporter", "compact"], /^\S+: /gm);
}

/**
 * Runs a tool out of node_modules.
 * @param {string} name    of the package
 * @param {string} binary  in its package.json
 * @param {readonly string[]} args
 * @param {RegExp} problem  matches once in its output for each problem
 * @returns {Promise<Outcome>}
 */
async function tool(name, binary, args, problem) {
  const folder = join(root, "node_modules", name);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const script = join(folder, typeof bin === "string" ? bin : bin[binary]);
  if (!existsSync(script)) throw new Error(`${name} is not installed: ${script} is missing.`);
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  child.stderr.on("data", (chunk) => chunks.push(chunk));
  const { code } = await end(child);
  const output = Buffer.concat(chunks).toString("utf8");
  if (code === 0) return { problems: 0, output: "" };
  return { problems: Math.max(1, output.match(problem)?.length ?? 0), output };
}

/** @param {readonly Outcome[]} outcomes */
function together(outcomes) {
  return {
    problems: outcomes.reduce((sum, { problems }) => sum + problems, 0),
    output: outcomes.map(({ output }) => output).join(""),
  };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(`There is no check "${unknown[0]}": ${Object.keys(CHECKS).join(", ")}.`);
  process.exit(2);
}

const summary = [];
for (const [name, run] of Object.entries(CHECKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const start = performance.now();
  const { problems, output } = await run();
  if (problems > 0) console.log(`== ${name} ==\n${output.trimEnd()}\n`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  summary.push(
    `${name.padEnd(10)} ${problems === 0 ? "ok" : `${problems} problem${problems === 1 ? "" : "s"}`} (${seconds} s)`,
  );
  if (problems > 0) process.exitCode = 1;
}
console.log(summary.join("\n"));
