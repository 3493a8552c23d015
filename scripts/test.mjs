// `npm test`: every suite, one after the other, and one sum at the end.
// `npm test -- unit packages/mls` runs one suite, or a part of it: its name, then what vitest takes.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { end } from "./launch/run.mjs";
import { provideChromium, thisMachine } from "./test/chromium.mjs";
import { count, inWords, sum } from "./test/tally.mjs";

/** @typedef {import("./test/tally.mjs").Tally} Tally */

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const SUITES = ["unit", "browser", "simulator"];

/**
 * @param {string} suite
 * @param {readonly string[]} filters
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<Tally>}
 */
async function run(suite, filters, env) {
  console.log(`\n== ${suite} ==`);
  const reportFile = join(root, ".cache", `test-${suite}.json`);
  mkdirSync(dirname(reportFile), { recursive: true });
  rmSync(reportFile, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const args = [vitest, "run", `--project=${suite}`, ...reporters, ...filters];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const { code } = await end(child);
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, "utf8")) : undefined;
  const tally = count(report, code ?? 1);
  console.log(`${suite}: ${inWords(tally)}`);
  if (tally.passed === 0 && (report?.testResults.length ?? 0) === 0)
    console.log(`${suite}: no test ran, which counts as a failure`);
  return tally;
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
  /** @type {Record<string, string>} */
  const env = {};
  if (suites.includes("browser")) {
    env["SOTTO_CHROMIUM"] = provideChromium(thisMachine());
    console.log(`Browser: ${env["SOTTO_CHROMIUM"]}`);
  }

  /** @type {Tally[]} */
  const tallies = [];
  for (const suite of suites) tallies.push(await run(suite, filters, env));
  const total = sum(tallies);
  console.log(`\n${inWords(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
