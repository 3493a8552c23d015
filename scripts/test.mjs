// `npm test`: every suite, and one sum at the end. The browser suite waits a lot: beside it, behind it, the simulator runs.
// `npm test -- unit packages/mls` runs one suite, or a part of it: its name, then what vitest takes.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { setPriority } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { end } from "./launch/run.mjs";
import { provideChromium, thisMachine } from "./test/chromium.mjs";
import { count, inWords, sum } from "./test/tally.mjs";

/** @typedef {import("./test/tally.mjs").Tally} Tally */

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const SUITES = ["unit", "browser", "simulator"];

/** What runs beside a suite that looks at the clock takes what that one leaves. */
const BEHIND = 10;

/**
 * @param {string} suite
 * @param {readonly string[]} filters
 * @param {{ env?: Record<string, string | undefined>, behind?: Promise<unknown> }} [options]  `behind`: another suite, beside
 *   which this one runs at low priority, and after which it says what it has to say
 * @returns {Promise<Tally>}
 */
async function run(suite, filters, { env = {}, behind } = {}) {
  const heading = `\n== ${suite} ==`;
  if (behind === undefined) console.log(heading);
  const reportFile = join(root, ".cache", `test-${suite}.json`);
  mkdirSync(dirname(reportFile), { recursive: true });
  rmSync(reportFile, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const args = [vitest, "run", `--project=${suite}`, ...reporters, ...filters];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: behind === undefined ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
  });
  if (behind !== undefined && child.pid !== undefined) setPriority(child.pid, BEHIND);
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(chunk));
  const { code } = await end(child);
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, "utf8")) : undefined;
  const tally = count(report, code ?? 1);
  await behind;
  if (behind !== undefined) console.log(`${heading}\n${Buffer.concat(output).toString("utf8")}`);
  console.log(`${suite}: ${inWords(tally)}`);
  if (tally.passed === 0 && (report?.testResults.length ?? 0) === 0)
    console.log(`${suite}: no test ran, which counts as a failure`);
  return tally;
}

/**
 * Builds what the tests start as a person would. What can't be built is a failure, and no reason not to run the rest.
 * @returns {Promise<Tally>}
 */
async function build() {
  const args = [join(root, "scripts", "launch.mjs"), "build"];
  const { code } = await end(spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }));
  return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/**
 * @param {readonly string[]} filters
 * @returns {Promise<Tally>}
 */
async function runInBrowser(filters) {
  try {
    const chromium = provideChromium(thisMachine());
    console.log(`\nBrowser: ${chromium}`);
    return await run("browser", filters, { env: { SOTTO_CHROMIUM: chromium } });
  } catch (error) {
    console.error(`\nbrowser: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** @param {readonly string[]} args */
async function main(args) {
  const [first] = args;
  const isNamed = first !== undefined && SUITES.includes(first);
  const suites = isNamed ? [first] : SUITES;
  const filters = isNamed ? args.slice(1) : args;

  const vectors = resolve(root, process.env["SOTTO_VECTORS"] ?? "../shared/vectors");
  if (!existsSync(vectors))
    console.log(`No test vectors at ${vectors}: the tests that need them are skipped (set SOTTO_VECTORS).`);
  /** @type {Tally[]} */
  const tallies = suites.every((suite) => suite === "simulator") ? [] : [await build()];
  if (suites.includes("unit")) tallies.push(await run("unit", filters));
  const browser = suites.includes("browser") ? runInBrowser(filters) : undefined;
  const simulator = suites.includes("simulator")
    ? run("simulator", filters, browser === undefined ? {} : { behind: browser })
    : undefined;
  for (const tally of await Promise.all([browser, simulator])) if (tally !== undefined) tallies.push(tally);
  const total = sum(tallies);
  console.log(`\n${inWords(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
