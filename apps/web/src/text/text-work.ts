import type { Block } from "@sotto/views";
import type { CodeSpan } from "./code-languages.ts";
import type { TextAnswer, TextJob } from "./text-job.ts";

/** The part of a worker that is used here. */
export type TextWorker = {
  postMessage(job: TextJob): void;
  terminate(): void;
  onmessage: ((event: { data: TextAnswer }) => void) | null;
  onerror: ((event: unknown) => void) | null;
};

/** ms from the moment when a job's code is loaded. Whatever isn't read by then is shown as it was typed (T52). */
export const DEADLINE_MS = 250;
/** ms to load it. */
const LOAD_MS = 10_000;
const QUEUE_MAX = 64;

type Waiting = { job: TextJob; resolve: (result: Block[] | CodeSpan[] | null) => void };

/** One worker for texts, begun when it is first needed, and begun anew after a job that didn't come back. */
export class TextWork {
  readonly #start: () => TextWorker;
  #worker: TextWorker | null = null;
  #queue: Waiting[] = [];
  #busy = false;

  constructor(start: () => TextWorker) {
    this.#start = start;
  }

  /** Null: not in time, or not at all. */
  run(job: Extract<TextJob, { kind: "parse" }>): Promise<Block[] | null>;
  run(job: Extract<TextJob, { kind: "highlight" }>): Promise<CodeSpan[] | null>;
  run(job: TextJob): Promise<Block[] | CodeSpan[] | null> {
    return new Promise((resolve) => {
      this.#queue.push({ job, resolve });
      // Somebody scrolls faster than this works: what was asked for first is out of sight.
      if (this.#queue.length > QUEUE_MAX) this.#queue.shift()?.resolve(null);
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) return;
    this.#busy = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = (result: Block[] | CodeSpan[] | null, lost: boolean) => {
      clearTimeout(timer);
      if (lost) {
        this.#worker?.terminate();
        this.#worker = null;
      } else if (this.#worker !== null) this.#worker.onmessage = this.#worker.onerror = null;
      this.#busy = false;
      waiting.resolve(result);
      this.#next();
    };
    const within = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => end(null, true), ms);
    };
    try {
      this.#worker ??= this.#start();
    } catch {
      end(null, true);
      return;
    }
    this.#worker.onmessage = ({ data }) => {
      if (data.kind === "begun") within(DEADLINE_MS);
      else end(data.result, false);
    };
    this.#worker.onerror = () => end(null, true);
    within(LOAD_MS);
    this.#worker.postMessage(waiting.job);
  }
}
