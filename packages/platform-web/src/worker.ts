// Entry of the dedicated worker in which a browser's engine lives.
import { createEngine } from "@sotto/engine";
import { webPorts } from "./ports.ts";
import { runWorker } from "./run-worker.ts";

void runWorker(async () => createEngine(await webPorts({ origin: location.origin })));
