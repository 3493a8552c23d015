// `npm run bench`: every figure of docs/benchmarks.md, each beside its rival or floor of the same run, in one table.
// `npm run bench -- mls` runs a part: mls, server or web. What was measured goes to bench/results.json too.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Figure, verdictOf } from "./figure.ts";
import { inWords, machine } from "./machine.ts";
import { table } from "./table.ts";

/** Loaded one by one: what a part needs may be missing where another runs. */
const PARTS: Record<Figure["part"], () => Promise<(notes: string[]) => Promise<Figure[]>>> = {
  server: async () => (await import("./parts/server.ts")).measureServer,
  mls: async () => (await import("./parts/mls.ts")).measureMls,
  devices: async () => (await import("./parts/devices.ts")).measureDevices,
  web: async () => (await import("./parts/web.ts")).measureWeb,
};

const isPart = (name: string): name is Figure["part"] => name in PARTS;
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !isPart(name));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}": ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}

const before = machine();
const notes: string[] = [];
const figures: Figure[] = [];
for (const part of Object.keys(PARTS).filter(isPart)) {
  if (asked.length > 0 && !asked.includes(part)) continue;
  console.error(`== ${part} ==`);
  const measure = await PARTS[part]();
  figures.push(...(await measure(notes)));
}
const after = machine();
const date = new Date().toISOString().slice(0, 10);
const results = {
  date,
  before,
  after,
  notes,
  figures: figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) })),
};
writeFileSync(join(import.meta.dirname, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
console.log(`\n${date}, ${inWords(before)} before, ${after.load.toFixed(1)} after\n\n${table(figures)}`);
for (const note of notes) console.log(`\n${note}`);
process.exit(0);
