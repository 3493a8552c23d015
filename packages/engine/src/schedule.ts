import { SottoError } from "@sotto/protocol";
import type { Ports } from "./ports.ts";

/** The work that an engine does by itself: named jobs after a delay, on the clock that it was given. */
export class Schedule {
  readonly #ports: Pick<Ports, "clock" | "random" | "log">;
  readonly #timers = new Map<string, () => void>();
  #closed = false;

  constructor(ports: Pick<Ports, "clock" | "random" | "log">) {
    this.#ports = ports;
  }

  /** Runs `work` once after a delay; a second call under the same name waits with the first. Failures are logged. */
  soon(name: string, delayMs: number, work: () => Promise<void>): void {
    if (this.#closed || this.#timers.has(name)) return;
    this.#timers.set(
      name,
      this.#ports.clock.after(delayMs, () => {
        this.#timers.delete(name);
        if (this.#closed) return;
        work().catch((error: unknown) => this.failed(name, error));
      }),
    );
  }

  /** A random wait in ms that grows with the group, so that automatic work is done once and not by everybody. */
  delay(members: number): number {
    const byte = this.#ports.random(1)[0] ?? 0;
    return 200 + Math.floor((byte / 255) * (1_000 + 200 * members));
  }

  /** Logs a job that failed: its code, and no text that could hold anything of a person. */
  failed(job: string, error: unknown): void {
    // Work that was under way when the engine was closed finds its store closed.
    if (this.#closed) return;
    const code = error instanceof SottoError ? error.code : "internal/unexpected";
    this.#ports.log(code === "connection/unreachable" ? "debug" : "warn", "engine/job-failed", {
      job,
      code,
      error: error instanceof Error ? error.name : "",
    });
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}
