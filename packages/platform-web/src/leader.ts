import { Tab } from "tab-election";
import { failureOf } from "./failure.ts";
import { CHANNELS, type FromWorker, type ToTab, type ToWorker } from "./messages.ts";

const RETRY_MS = 2_000;
/** How long an engine may take to stop in good order. It is safe to end it without. */
const STOP_MS = 2_000;

/** What a page may hand to `new Worker`: under Trusted Types only a TrustedScriptURL, which the types of TypeScript don't know. */
export type WorkerUrl = string | URL | { toString(): string };

/** Stands for election among the tabs of this origin; the one that leads runs the worker. [Note: One engine, many tabs] */
export class Leader {
  readonly #election = new Tab("sotto");
  readonly #workerUrl: () => WorkerUrl;
  #worker: Worker | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(workerUrl: () => WorkerUrl) {
    this.#workerUrl = workerUrl;
    void this.#election.waitForLeadership(() => this.#start());
  }

  get isLeading(): boolean {
    return this.#worker !== undefined;
  }

  async resign(): Promise<void> {
    clearTimeout(this.#retry);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker !== undefined) {
      await stopped(worker);
      worker.terminate();
    }
    this.#election.close();
  }

  #start(): void {
    try {
      const worker = new Worker(this.#workerUrl() as string | URL, { type: "module", name: "sotto-engine" });
      this.#worker = worker;
      // The script can't be loaded, or throws while it starts. Later the engine goes on after what it didn't catch.
      worker.onerror = () => this.#failed(worker, { kind: "failed", failure: failureOf(undefined) });
      worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
        if (data.kind === "started") worker.onerror = null;
        if (data.kind === "failed") this.#failed(worker, data);
      });
    } catch (error) {
      this.#failed(undefined, { kind: "failed", failure: failureOf(error) });
    }
  }

  #failed(worker: Worker | undefined, message: ToTab): void {
    if (worker !== this.#worker) return;
    worker?.terminate();
    this.#worker = undefined;
    announce(message);
    this.#retry = setTimeout(() => this.#start(), RETRY_MS);
  }
}

/** A channel delivers to every one of its name but itself, so this tab hears it too. */
function announce(message: ToTab): void {
  const channel = new BroadcastChannel(CHANNELS.tabs);
  channel.postMessage(message);
  channel.close();
}

function stopped(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, STOP_MS);
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind !== "stopped") return;
      clearTimeout(timer);
      resolve();
    });
    worker.postMessage({ kind: "stop" } satisfies ToWorker);
  });
}
