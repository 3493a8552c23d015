import type { ConversationId, PostId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { numberOrNull, textOf } from "../rows.ts";
import type { Schedule } from "../schedule.ts";
import { forgetPost } from "../timeline/marks.ts";

/** So many go in one transaction: after a long sleep there may be very many. */
const BATCH = 200;
/** A timer of the platform holds some 24 days, and a laptop that slept is asked again soon. */
const LOOK_AGAIN_MS = 60_000;

/** Erases posts whose time is over from this device's database: what they said, what they were before, and what was quoted of them (CO9). */
export class Expiry {
  readonly #context: Context;
  readonly #schedule: Schedule;

  constructor(context: Context, schedule: Schedule) {
    this.#context = context;
    this.#schedule = schedule;
    this.arm();
  }

  /** Looks when the next post is over. Called when one may have come that is over sooner. */
  arm(): void {
    const { store, ports } = this.#context;
    const row = store.all(
      "select min(expires_at) as next from items where expires_at is not null and seq is not null",
    )[0];
    const next = row === undefined ? null : numberOrNull(row, "next");
    if (next === null) return;
    const wait = Math.max(0, Math.min(next - ports.clock.now(), LOOK_AGAIN_MS));
    // Named by its time: one that comes later and is over sooner has a timer of its own.
    this.#schedule.soon(`posts over at ${next}`, wait, async () => this.#sweep());
  }

  #sweep(): void {
    const { store, ports } = this.#context;
    const over = store.all(
      "select conversation, post from items where expires_at is not null and seq is not null and expires_at <= ? order by expires_at limit ?",
      [ports.clock.now(), BATCH],
    );
    store.transaction(() => {
      for (const row of over)
        forgetPost(store, textOf(row, "conversation") as ConversationId, textOf(row, "post") as PostId);
    });
    const conversations = new Set(over.map((row) => textOf(row, "conversation") as ConversationId));
    for (const conversation of conversations) this.#context.emit({ kind: "timeline", conversation });
    if (conversations.size > 0) this.#context.emit({ kind: "conversations" });
    this.arm();
  }
}
