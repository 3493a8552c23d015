import type { Engine } from "@sotto/engine";
import { failureOf } from "./failure.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { serveEngine } from "./serve-engine.ts";

/** The life of the dedicated worker: starts an engine, serves it to all tabs, stops it when its tab says so. */
export async function runWorker(start: () => Promise<Engine>): Promise<void> {
  const tell = (message: FromWorker): void => postMessage(message);
  try {
    const engine = await start();
    const endService = serveEngine(engine);
    tell({ kind: "started" });
    addEventListener("online", () => engine.wake());
    addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
      if (data.kind !== "stop") return;
      endService();
      void engine.close().finally(() => tell({ kind: "stopped" }));
    });
  } catch (error) {
    tell({ kind: "failed", failure: failureOf(error) });
  }
}
