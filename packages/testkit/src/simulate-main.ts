import { parseArgs } from "node:util";
import { runSeeds } from "./seed-runner.ts";
import { shrink } from "./shrink.ts";
import { EXPECTED, simulate } from "./simulate.ts";

// `npm run simulate -- --seeds 10000`: so many histories, on every processor.
// `npm run simulate -- --seed 17`: one of them; what fails is shrunk to what it takes.

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function replay(seed: number): Promise<void> {
  const start = performance.now();
  const run = await simulate({ seed });
  say(
    `seed ${seed}: trace ${run.trace}, ${run.devices} devices, ${run.conversations} conversations, ${run.posts} posts, ${Math.round(performance.now() - start)} ms`,
  );
  printCounts(run.counts);
  if (run.findings.length === 0) return;
  process.exitCode = 1;
  for (const finding of run.findings) say(`  ${finding}`);
  say("Shrinking...");
  const small = await shrink(seed, run);
  say(`${small.kept.length} actions are enough (${small.kept.join(", ")}):`);
  for (const line of small.run.lines.filter((each) => !/ [<>] /.test(each))) say(`  ${line}`);
  for (const finding of small.run.findings) say(`  => ${finding}`);
}

async function many(from: number, seeds: number): Promise<void> {
  const start = performance.now();
  const counts = new Map<string, number>();
  let failed = 0;
  let done = 0;
  await runSeeds(from, seeds, (outcome) => {
    done++;
    for (const [name, count] of outcome.counts) counts.set(name, (counts.get(name) ?? 0) + count);
    if (done % 100 === 0) say(`${done} of ${seeds}, ${failed} failed, ${seconds(start)} s`);
    if (outcome.findings.length === 0) return;
    failed++;
    say(`seed ${outcome.seed} failed; replay it: npm run simulate -- --seed ${outcome.seed}`);
    for (const finding of outcome.findings.slice(0, 5)) say(`  ${finding}`);
  });
  printCounts(counts);
  const never = EXPECTED.filter((name) => !counts.has(name));
  if (seeds >= SEEDS_FOR_ALL) for (const name of never) say(`never fired: ${name}`);
  say(`${seeds} seeds, ${failed} failed, ${seconds(start)} s`);
  if (failed > 0 || (seeds >= SEEDS_FOR_ALL && never.length > 0) || done < seeds) process.exitCode = 1;
}

/** In so many histories everything has to have happened somewhere. */
const SEEDS_FOR_ALL = 100;

const seconds = (start: number): number => Math.round((performance.now() - start) / 1000);

function printCounts(counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`${String(count).padStart(8)}  ${name}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "100" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
    },
  });
  const [seeds, from] = [Number(values.seeds), Number(values.from)];
  if (values.seed !== undefined) return replay(Number(values.seed));
  if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(from))
    throw new Error("--seeds and --from take whole numbers");
  return many(from, seeds);
}

await main();
