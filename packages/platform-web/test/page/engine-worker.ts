import { runWorker } from "../../src/run-worker.ts";
import { startFakeEngine } from "./fake-engine.ts";

void runWorker(startFakeEngine);
