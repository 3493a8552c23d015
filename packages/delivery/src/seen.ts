import type { DeliveryPorts } from "./ports.ts";
import type { Session } from "./session.ts";
import type { Key } from "./store.ts";

const HOUR_MS = 3_600_000;
/** What devices' comings and goings are written together in one transaction. */
const GATHER_MS = 1_000;

/** When something was, as exactly as is kept: to the hour. */
export const hourOf = (at: number): number => at - (at % HOUR_MS);

/** When devices were last here: written at most once an hour each. A crash may lose a second's worth. */
export class Seen {
  readonly #ports: DeliveryPorts;
  #waiting = new Map<Key, number>();
  #cancel: (() => void) | undefined;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
  }

  note(session: Session): void {
    const { identity } = session;
    const hour = hourOf(this.#ports.clock.now());
    if (identity === undefined || (session.seenAt ?? 0) >= hour) return;
    session.seenAt = hour;
    this.#waiting.set(identity.deviceKey, hour);
    this.#cancel ??= this.#ports.clock.after(GATHER_MS, () => void this.flush());
  }

  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#waiting.size === 0) return;
    const seen = [...this.#waiting].map(([device, at]) => ({ device, at }));
    this.#waiting = new Map();
    try {
      await this.#ports.store.sawDevices(seen);
    } catch (error) {
      this.#ports.log("warn", "delivery/seen-failed", {
        count: seen.length,
        error: error instanceof Error ? error.name : typeof error,
      });
    }
  }
}
