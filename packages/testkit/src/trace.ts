import { createHash } from "node:crypto";

const KEPT_LINES = 4_000;

/** What happened, in order: hashed whole, the newest lines kept for people. The same seed gives the same hash. */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #lines: string[] = [];
  readonly #now: () => number;
  readonly #start: number;
  readonly counts = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  /** @param bytes are hashed and shown as their length. */
  add(line: string, bytes?: Uint8Array): void {
    const text = `${this.#now() - this.#start} ${line}${bytes === undefined ? "" : ` (${bytes.length} bytes)`}`;
    this.#hash.update(text).update("\n");
    if (bytes !== undefined) this.#hash.update(bytes);
    this.#lines.push(text);
    if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES);
  }

  /** Counts how often something fired. */
  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  lines(matching?: RegExp): string[] {
    return matching === undefined ? [...this.#lines] : this.#lines.filter((line) => matching.test(line));
  }

  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}
