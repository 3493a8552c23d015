import { parentPort, workerData } from "node:worker_threads";
import { plant, type Mutation } from "./mutation.ts";

// Runs histories on a product with one bug in it, and tells what each of them found.
const { mutation, seeds } = workerData as { mutation: Mutation; seeds: readonly number[] };
plant(mutation);
const { simulate } = await import("./simulate.ts");
for (const seed of seeds) {
  const { findings } = await simulate({ seed }).catch((error: unknown) => ({ findings: [String(error)] }));
  parentPort?.postMessage({ seed, findings });
}
