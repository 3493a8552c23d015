import { simulate, type Simulation, type SimulationOptions } from "./simulate.ts";

/** How many runs a search for a smaller history may take. */
const RUNS_MAX = 60;

/**
 * Finds a smaller history that still fails: leaves out actions, in large pieces first (delta debugging). Each action draws from
 * a stream of its own, so that the others stay what they were.
 */
export async function shrink(
  seed: number,
  failed: Simulation,
  options: Omit<SimulationOptions, "seed" | "without"> = {},
): Promise<{ kept: number[]; run: Simulation }> {
  const total = failed.actions;
  const all = Array.from({ length: total }, (_, index) => index);
  let kept = all;
  let best = failed;
  let pieces = 2;
  for (let runs = 0; runs < RUNS_MAX && kept.length > 1;) {
    const size = Math.ceil(kept.length / pieces);
    let isSmaller = false;
    // From the end: what comes after the fault is the easiest to spare.
    for (let start = Math.floor((kept.length - 1) / size) * size; start >= 0 && runs < RUNS_MAX; start -= size) {
      const rest = kept.filter((_, index) => index < start || index >= start + size);
      runs++;
      const run = await simulate({ ...options, seed, without: new Set(all.filter((index) => !rest.includes(index))) });
      if (run.findings.length === 0) continue;
      kept = rest;
      best = run;
      isSmaller = true;
    }
    if (!isSmaller && size === 1) break;
    pieces = Math.min(kept.length, isSmaller ? Math.max(2, pieces) : pieces * 2);
  }
  return { kept, run: best };
}
