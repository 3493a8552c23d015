import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { EXPECTED, simulate, type Simulation } from "./simulate.ts";
import { shrink } from "./shrink.ts";

// `npm run simulate -- --seeds 10000`: so many histories, on every processor.
// `npm run simulate -- --seed 17`: one of them; what fails is shrunk to what it takes.

const say = (text: string): void => void process.stdout.write(`${text}\n`);

type Outcome = {
  seed: number;
  findings: string[];
  counts: [string, number][];
  devices: number;
  conversations: number;
  posts: number;
};

const outcomeOf = ({ seed, findings, counts, devices, conversations, posts }: Simulation): Outcome => ({
  seed,
  findings,
  counts: [...counts],
  devices,
  conversations,
  posts,
});

async function one(seed: number): Promise<Outcome> {
  try {
    return outcomeOf(await simulate({ seed }));
  } catch (error) {
    return {
      seed,
      findings: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
      counts: [],
      devices: 0,
      conversations: 0,
      posts: 0,
    };
  }
}

async function work(): Promise<void> {
  const { from, step, to } = workerData as { from: number; step: number; to: number };
  for (let seed = from; seed < to; seed += step) parentPort?.postMessage(await one(seed));
}

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
  const step = Math.min(seeds, availableParallelism());
  const counts = new Map<string, number>();
  let failed = 0;
  let done = 0;
  const run = (first: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { from: first, step, to: from + seeds } });
      worker.on("message", (outcome: Outcome) => {
        done++;
        for (const [name, count] of outcome.counts) counts.set(name, (counts.get(name) ?? 0) + count);
        if (done % 100 === 0) say(`${done} of ${seeds}, ${failed} failed`);
        if (outcome.findings.length === 0) return;
        failed++;
        say(`seed ${outcome.seed} failed; replay it: npm run simulate -- --seed ${outcome.seed}`);
        for (const finding of outcome.findings.slice(0, 5)) say(`  ${finding}`);
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve());
    });
  await Promise.all(Array.from({ length: step }, (_, index) => run(from + index)));
  printCounts(counts);
  const never = EXPECTED.filter((name) => !counts.has(name));
  if (seeds >= 20) for (const name of never) say(`never fired: ${name}`);
  say(`${seeds} seeds, ${failed} failed`);
  if (failed > 0 || (seeds >= 20 && never.length > 0) || done < seeds) process.exitCode = 1;
}

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

await (isMainThread ? main() : work());
