/**
 * How far the server may correct this device's clock. A zone or a date that was set wrong is within it. What is further off the server refuses,
 * and the person hears that the clock is wrong: a server that lies must not date the end of a device years ahead.
 */
const CORRECTION_MAX_MS = 24 * 60 * 60 * 1000;

/** The time that this device says in its chain's statements: its own, set right by what the server said when it signed in. */
export class StatementTime {
  readonly #now: () => number;
  #offsetMs = 0;

  /** @param now ms, of this device's clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param serverNow ms, as the server said just now */
  learn(serverNow: number): void {
    const offset = serverNow - this.#now();
    this.#offsetMs = Number.isFinite(offset) && Math.abs(offset) <= CORRECTION_MAX_MS ? offset : 0;
  }

  /** Ms. */
  now(): number {
    return this.#now() + this.#offsetMs;
  }

  /** Whole seconds. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }
}
