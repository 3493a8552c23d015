import { afterAll, beforeAll, expect, test } from "vitest";
import { runSeeds, type Outcome } from "./seed-runner.ts";
import { shrink } from "./shrink.ts";
import { EXPECTED, simulate } from "./simulate.ts";

const FROM = 1;
const COUNT = 300;
const seeds = Array.from({ length: COUNT }, (_, index) => FROM + index);

type Awaiting = { promise: Promise<Outcome>; resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };

function awaited(): Awaiting {
  let settle: Omit<Awaiting, "promise"> | undefined;
  const promise = new Promise<Outcome>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle! };
}

const outcomes = new Map(seeds.map((seed) => [seed, awaited()]));
const counts = new Map<string, number>();
let elapsedMs = 0;
let running: Promise<void> | undefined;

// All processors are at work on them from the beginning; each test waits for its own.
beforeAll(() => {
  running = runSeeds(FROM, COUNT, (outcome) => {
    for (const [name, fired] of outcome.counts) counts.set(name, (counts.get(name) ?? 0) + fired);
    elapsedMs += outcome.elapsedMs;
    outcomes.get(outcome.seed)?.resolve(outcome);
  });
  running.catch((error: unknown) => {
    for (const { reject, promise } of outcomes.values()) {
      promise.catch(() => undefined);
      reject(error);
    }
  });
});

test.each(seeds)("seed %i: everyone comes together, and nothing is lost, forged, doubled or leaked", async (seed) => {
  const outcome = await outcomes.get(seed)!.promise;
  if (outcome.findings.length > 0) throw new Error(await explain(outcome));
  expect(outcome.devices).toBeGreaterThanOrEqual(1);
  expect(outcome.conversations).toBeGreaterThanOrEqual(3);
});

test("every action and every fault has fired", async () => {
  await running;
  expect(EXPECTED.filter((name) => !counts.has(name))).toEqual([]);
});

afterAll(() => {
  const table = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, fired]) => `${String(fired).padStart(7)}  ${name}`);
  const each = Math.round(elapsedMs / COUNT);
  process.stdout.write(`seeds ${FROM} to ${FROM + COUNT - 1}, ${each} ms each:\n${table.join("\n")}\n`);
});

/** Failures that are shrunk: each takes as long as some dozens of seeds. */
let explained = 0;
const EXPLAINED_MAX = 2;

/** What failed, how to see it again, and the smallest history that still does. */
async function explain({ seed, findings }: Outcome): Promise<string> {
  const lines = [
    `seed ${seed} failed; replay it: npm run simulate -- --seed ${seed}`,
    ...findings.slice(0, 10).map((finding) => `  ${finding}`),
  ];
  if (++explained > EXPLAINED_MAX) return lines.join("\n");
  const small = await shrink(seed, await simulate({ seed }));
  return [
    ...lines,
    `${small.kept.length} of its actions are enough (${small.kept.join(", ")}):`,
    ...small.run.lines
      .filter((line) => !/ [<>] /.test(line))
      .slice(-60)
      .map((line) => `  ${line}`),
    ...small.run.findings.slice(0, 10).map((finding) => `  => ${finding}`),
  ].join("\n");
}
