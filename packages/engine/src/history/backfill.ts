import type { ConversationId, Seq } from "@sotto/protocol";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { newestGap } from "./gaps.ts";
import { readOlder, type Filled } from "./history.ts";
import { selfRecord } from "../sync/self-conversation.ts";
import { loadSelfState } from "../sync/sync-posts.ts";
import { allReadUpTo, readPlacesOf } from "../sync/positions.ts";
import { ORDERS_PER_SEQ } from "../schema.ts";

const ENTRIES = 64;
const SHOWN_MIN = 20;
/** An unread count stops at a thousand, and so does what is read for it. */
const PAGES_MAX = 5;

/**
 * Reads the newest older entries of a conversation that this device has just entered: so many that it has something to show, that what is
 * unread is counted, and that what it missed while it had lost its place is there. The rest waits until somebody scrolls to it.
 */
export async function backfill(
  context: Context,
  actor: ConversationActor,
  filled: (result: Filled) => void,
): Promise<void> {
  const { store, sync } = context;
  const before = Number.MAX_SAFE_INTEGER;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const gap = newestGap(store, actor.id, before);
    if (gap === undefined) break;
    const isShown = store.all(SHOWN, [actor.id, SHOWN_MIN]).length >= SHOWN_MIN;
    if (isShown && isCounted(context, gap.last, allReadUpTo(readPlacesOf(sync, actor.id)))) break;
    filled(await actor.history(() => readOlder(context, actor, before, pages === 0 ? ENTRIES : 4 * ENTRIES)));
  }
  context.emit({ kind: "timeline", conversation: actor.id });
  context.emit({ kind: "conversations" });
}

const SHOWN = "select 1 as one from items where conversation = ? and kind = 'post' and seq is not null limit ?";

/**
 * Is everything here that is unread? As long as this device doesn't know what its account has read, that is what others will tell it.
 * @param last the newest entry that isn't here
 */
function isCounted(context: Context, last: Seq, readOrder: number): boolean {
  if (readOrder > 0) return (last + 1) * ORDERS_PER_SEQ <= readOrder;
  const own = selfRecord(context);
  return own !== undefined && !loadSelfState(context, own.id).whole;
}

/** Conversations whose older entries wait to be looked at, one after the other, so that nothing else waits for them. */
export class BackfillQueue {
  readonly #waiting = new Set<ConversationId>();
  readonly #run: (conversation: ConversationId) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #isRunning = false;

  constructor(run: (conversation: ConversationId) => Promise<void>, failed: (error: unknown) => void) {
    this.#run = run;
    this.#failed = failed;
  }

  add(conversation: ConversationId): void {
    this.#waiting.add(conversation);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#drain();
  }

  clear(): void {
    this.#waiting.clear();
  }

  async #drain(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting.delete(next);
      await this.#run(next).catch(this.#failed);
    }
    this.#isRunning = false;
  }

  #next(): ConversationId | undefined {
    return [...this.#waiting][0];
  }
}
