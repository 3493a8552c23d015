import type { Clock } from "@sotto/engine";

/** Timers of the platform count in 32 bits and fire at once beyond them. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, work) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (remainingMs: number): void => {
      const stretchMs = Math.min(Math.max(remainingMs, 0), TIMER_MS_MAX);
      timer = setTimeout(() => (remainingMs > stretchMs ? wait(remainingMs - stretchMs) : work()), stretchMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
