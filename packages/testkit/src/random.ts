import { createHash } from "node:crypto";

/**
 * A seeded source of choices and bytes (xoshiro128**). Streams of different labels don't disturb each other: what one part
 * of a run draws changes nothing for the rest, so that a run can be replayed with parts of it left out.
 */
export class Random {
  readonly #seed: string;
  readonly #state: Uint32Array;

  constructor(seed: string) {
    this.#seed = seed;
    const digest = createHash("sha256").update(seed).digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], (offset) => digest.readUInt32LE(offset));
  }

  /** An independent stream, the same for the same label. */
  stream(label: string): Random {
    return new Random(`${this.#seed}/${label}`);
  }

  #next(): number {
    const s = this.#state;
    const times5 = Math.imul(s[1]!, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** At least 0, less than 1. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** Undefined for an empty list. */
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.between(0, list.length - 1)];
  }

  /** Some of them, at least one and at most `max`, in a random order. Empty for an empty list. */
  some<T>(list: readonly T[], max: number): T[] {
    const rest = [...list];
    const chosen: T[] = [];
    const count = Math.min(rest.length, this.between(1, max));
    while (chosen.length < count) chosen.push(...rest.splice(this.between(0, rest.length - 1), 1));
    return chosen;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = this.#next();
      for (let j = i; j < Math.min(i + 4, length); j++) bytes[j] = word >>> (8 * (j - i));
    }
    return bytes;
  }
}
