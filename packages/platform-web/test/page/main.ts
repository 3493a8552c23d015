// What the tests do inside a page: talk to the engine of all tabs, and start workers of their own.
import { connectEngine, inspectPlatform, type ConnectedEngine } from "../../src/index.ts";
import type { Change } from "@sotto/engine";

/** Where the bundles of the workers lie, by the names of their entries. */
const workers = import.meta.glob<string>(["./*-worker.ts", "../../src/worker.ts"], {
  query: "?worker&url",
  import: "default",
  eager: true,
});

type Policy = { createScriptURL(url: string): { toString(): string } };
type PolicyFactory = { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy };

const { trustedTypes } = window as unknown as { trustedTypes: PolicyFactory };
const policy = trustedTypes.createPolicy("sotto", { createScriptURL: (url) => url });

const urlOf = (path: string) => {
  const url = workers[path];
  if (url === undefined) throw new Error(`No worker: ${path}`);
  return policy.createScriptURL(url);
};

const violations: string[] = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  violations.push(`${violatedDirective} ${blockedURI}`),
);

let connected: ConnectedEngine | undefined;
let tasks: Worker | undefined;
let lines: unknown[] = [];

const page = {
  inspectPlatform,
  violations,
  changes: [] as Change[],
  engine(): ConnectedEngine {
    if (connected === undefined) throw new Error("Not connected.");
    return connected;
  },

  /** @param worker "./engine-worker.ts", with nothing but the shape of an engine, or "../../src/worker.ts", the product's. */
  async connect(worker = "./engine-worker.ts"): Promise<ConnectedEngine> {
    const engine = await connectEngine({ workerUrl: () => urlOf(worker) });
    engine.subscribe((change) => page.changes.push(change));
    connected = engine;
    return engine;
  },

  /** Runs one task in a fresh worker. Rejects with what it threw. */
  async task(name: string, argument: unknown): Promise<unknown> {
    const worker = new Worker(urlOf("./task-worker.ts") as string, { type: "module" });
    try {
      return await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => ("error" in data ? reject(new Error(data.error)) : resolve(data.value));
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage({ name, argument });
      });
    } finally {
      worker.terminate();
    }
  },

  /** Starts a task that goes on until `end`, and collects what it says. */
  begin(name: string, argument: unknown): void {
    lines = [];
    tasks = new Worker(urlOf("./task-worker.ts") as string, { type: "module" });
    tasks.onmessage = ({ data }) => lines.push(data);
    tasks.postMessage({ name, argument });
  },
  lines: () => lines,
  end: () => tasks?.terminate(),
};

export type TestPage = typeof page;
Object.assign(window, { page });
