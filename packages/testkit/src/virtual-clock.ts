/** A clock as the engine and the delivery service take it. */
export interface Timers {
  now(): number;
  after(delayMs: number, work: () => void): () => void;
}

type Event = { at: number; order: number; work: (() => void) | undefined };

/**
 * Time that stands still until everything that runs has come to rest, then jumps to the next event. Events of one moment run
 * in the order in which they were made.
 */
export class VirtualClock implements Timers {
  #now: number;
  #made = 0;
  /** A binary heap, earliest event first. */
  readonly #heap: Event[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, work: () => void): () => void {
    const event: Event = { at: this.#now + Math.max(0, Math.ceil(delayMs)), order: this.#made++, work };
    this.#push(event);
    return () => {
      event.work = undefined;
    };
  }

  /** Runs every event up to a moment, and stands there. */
  async runUntil(moment: number): Promise<void> {
    await settled();
    for (let next = this.#heap[0]; next !== undefined && next.at <= moment; next = this.#heap[0]) {
      this.#pop();
      const { work } = next;
      if (work === undefined) continue;
      this.#now = next.at;
      next.work = undefined;
      work();
      await settled();
    }
    this.#now = Math.max(this.#now, moment);
  }

  run(ms: number): Promise<void> {
    return this.runUntil(this.#now + ms);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isEarlier(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child++;
      if (!isEarlier(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

const isEarlier = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * Resolves once nothing is left to do at this moment. All cryptography and storage of a simulated process is synchronous
 * underneath, so its promises are microtasks, and these are all done before the next macrotask begins.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
