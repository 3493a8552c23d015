import type { Timers } from "./virtual-clock.ts";

/** What a process meets at the point where it crashes. Nothing that it still tries afterwards has any effect. */
export class CrashError extends Error {
  constructor() {
    super("This process has crashed.");
    this.name = "CrashError";
  }
}

/** A point at which a process is to crash: after so many writes or sends, before, within or after the one that is reached. */
export type CrashPoint = { at: "write" | "send"; countdown: number; when: "before" | "within" | "after" };

/** One life of a process, from its start to its end or crash. */
export class Life {
  #isOver = false;
  #crashPoint: CrashPoint | undefined;
  readonly #onCrash: (when: string) => void;

  constructor(onCrash: (when: string) => void) {
    this.#onCrash = onCrash;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends in good order: timers that are left do nothing. */
  end(): void {
    this.#isOver = true;
  }

  crash(when = "any moment"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onCrash(when);
  }

  arm(point: CrashPoint): void {
    this.#crashPoint = point;
  }

  disarm(): void {
    this.#crashPoint = undefined;
  }

  /** @returns where around this write or send the process crashes, if it does. */
  passing(at: CrashPoint["at"]): CrashPoint["when"] | undefined {
    const point = this.#crashPoint;
    if (point?.at !== at || --point.countdown > 0) return undefined;
    this.#crashPoint = undefined;
    return point.when;
  }

  /** The timers of this life: none outlives it. */
  timers(clock: Timers): Timers {
    return {
      now: () => clock.now(),
      after: (delayMs, work) =>
        clock.after(delayMs, () => {
          if (!this.#isOver) work();
        }),
    };
  }
}
