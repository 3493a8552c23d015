import { expect, test, afterAll } from "vitest";
import { shrink } from "./shrink.ts";
import { EXPECTED, simulate, type Simulation } from "./simulate.ts";

/** Registers a test a seed, and one that every action and fault has fired somewhere among them. */
export function testSeeds(from: number, count: number): void {
  const counts = new Map<string, number>();
  const seeds = Array.from({ length: count }, (_, index) => from + index);

  test.each(seeds)("seed %i: everyone comes together, and nothing is lost, forged, doubled or leaked", async (seed) => {
    const run = await simulate({ seed });
    for (const [name, fired] of run.counts) counts.set(name, (counts.get(name) ?? 0) + fired);
    if (run.findings.length > 0) throw new Error(await explain(seed, run));
    expect(run.devices).toBeGreaterThanOrEqual(5);
    expect(run.conversations).toBeGreaterThanOrEqual(3);
  });

  test("every action and every fault has fired", () => {
    const never = EXPECTED.filter((name) => !counts.has(name));
    expect(never).toEqual([]);
  });

  afterAll(() => {
    const table = [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, fired]) => `${String(fired).padStart(7)}  ${name}`);
    process.stdout.write(`seeds ${from} to ${from + count - 1}:\n${table.join("\n")}\n`);
  });
}

/** What failed, how to see it again, and the smallest history that still does. */
export async function explain(seed: number, run: Simulation): Promise<string> {
  const small = await shrink(seed, run);
  return [
    `seed ${seed} failed; replay it: npm run simulate -- --seed ${seed}`,
    ...run.findings.slice(0, 10).map((finding) => `  ${finding}`),
    `${small.kept.length} of its actions are enough (${small.kept.join(", ")}):`,
    ...small.run.lines
      .filter((line) => !/ [<>] /.test(line))
      .slice(-60)
      .map((line) => `  ${line}`),
    ...small.run.findings.slice(0, 10).map((finding) => `  => ${finding}`),
  ].join("\n");
}
