import { parentPort, workerData } from "node:worker_threads";
import { plant, type Mutation } from "./mutation.ts";

// Runs histories on a product with one bug until one of them shows it.
const { mutation, seeds } = workerData as { mutation: Mutation; seeds: number[] };
plant(mutation);
const { simulate } = await import("./simulate.ts");
for (const seed of seeds) {
  const { findings } = await simulate({ seed }).catch((error: unknown) => ({ findings: [String(error)] }));
  if (findings.length === 0) continue;
  parentPort?.postMessage({ seed, findings });
  break;
}
