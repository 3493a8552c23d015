import type { Rate } from "./limits.ts";

/** How many keys one limiter remembers. Beyond it the longest untouched is forgotten, which only ever gives tokens back. */
const KEYS_MAX = 100_000;

type Bucket = { tokens: number; at: number };

/** Token buckets by key over a clock that is asked, never listened to: no timers, and the same answers in a replay. */
export class RateLimiter<K> {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<K, Bucket>();

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Spends `cost` tokens of `key`. @returns 0 when it may go on, else the milliseconds after which it may. */
  take(key: K, cost = 1): number {
    const bucket = this.#bucket(key);
    if (bucket.tokens >= cost) {
      bucket.tokens -= cost;
      return 0;
    }
    // What costs more than a whole bucket may pass when the bucket is full, and leaves a debt.
    if (cost > this.#rate.burst && bucket.tokens >= this.#rate.burst) {
      bucket.tokens -= cost;
      return 0;
    }
    return Math.ceil((Math.min(cost, this.#rate.burst) - bucket.tokens) * this.#rate.refillMs);
  }

  /** Gives `cost` tokens back, or all of them. */
  giveBack(key: K, cost = Number.POSITIVE_INFINITY): void {
    const bucket = this.#bucket(key);
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + cost);
  }

  /** The key won't come again. */
  forget(key: K): void {
    this.#buckets.delete(key);
  }

  #bucket(key: K): Bucket {
    const now = this.#now();
    const known = this.#buckets.get(key);
    if (known === undefined) {
      const fresh = { tokens: this.#rate.burst, at: now };
      if (this.#buckets.size >= KEYS_MAX) this.#forgetOldest();
      this.#buckets.set(key, fresh);
      return fresh;
    }
    // A clock that was set back must not take tokens away.
    known.tokens = Math.min(this.#rate.burst, known.tokens + Math.max(0, now - known.at) / this.#rate.refillMs);
    known.at = now;
    return known;
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
