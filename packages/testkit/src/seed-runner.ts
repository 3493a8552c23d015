import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { simulate } from "./simulate.ts";

/** What became of one seed. */
export type Outcome = {
  seed: number;
  findings: string[];
  counts: [string, number][];
  devices: number;
  conversations: number;
  posts: number;
  elapsedMs: number;
};

const failed = (seed: number, finding: string, elapsedMs = 0): Outcome => ({
  seed,
  findings: [finding],
  counts: [],
  devices: 0,
  conversations: 0,
  posts: 0,
  elapsedMs,
});

type Share = { from: number; step: number; to: number };

/** Runs a seed; a history that breaks off is a finding as well. */
async function run(seed: number): Promise<Outcome> {
  const start = performance.now();
  try {
    const { findings, counts, devices, conversations, posts } = await simulate({ seed });
    return { seed, findings, counts: [...counts], devices, conversations, posts, elapsedMs: performance.now() - start };
  } catch (error) {
    const finding = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return failed(seed, finding, performance.now() - start);
  }
}

/** Runs `seeds` histories from `from` on, on every processor. @returns once all are through. */
export async function runSeeds(from: number, seeds: number, onOutcome: (outcome: Outcome) => void): Promise<void> {
  const step = Math.min(seeds, availableParallelism());
  const share = (first: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const workerData: Share = { from: first, step, to: from + seeds };
      const worker = new Worker(new URL("seed-worker.ts", import.meta.url), { workerData });
      let next = first;
      worker.on("message", (outcome: Outcome) => {
        next = outcome.seed + step;
        onOutcome(outcome);
      });
      worker.on("error", reject);
      worker.on("exit", () => {
        if (next >= from + seeds) return resolve();
        // A thread in which nothing is left that could happen ends in the middle of what it waits for.
        onOutcome(failed(next, "the history stands still: it waits for what nothing brings about"));
        share(next + step).then(resolve, reject);
      });
    });
  await Promise.all(Array.from({ length: step }, (_, index) => share(from + index)));
}

/** In a worker: its share of the seeds, one after the other. */
export async function workShare(): Promise<void> {
  if (isMainThread) throw new Error("a share is a worker's");
  const { from, step, to } = workerData as Share;
  for (let seed = from; seed < to; seed += step) parentPort?.postMessage(await run(seed));
}
