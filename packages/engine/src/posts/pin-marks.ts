import { PINS_MAX, idBytes, postIdOf, type ConversationId, type PostId } from "@sotto/protocol";
import { PINS_TARGET } from "../conversation/content.ts";
import { RIGHT } from "../conversation/standing.ts";
import type { Store } from "../ports.ts";
import { numberOf, textOf } from "../rows.ts";
import { PENDING_ORDER } from "../schema.ts";
import { SYNC, type Sync } from "../sync/sync-state.ts";

type Pins = { order: number; posts: PostId[] };

/**
 * What is pinned here, newest pin first: by the log as far as this device has read it, or by what another own device read of it, whichever
 * is later.
 */
export function pinsOf(context: { store: Store; sync: Pick<Sync, "get"> }, conversation: ConversationId): PostId[] {
  const here = pinsInLog(context.store, conversation);
  const shared = sharedPins(context.sync.get(SYNC.pins(conversation)));
  return shared !== undefined && shared.order > (here?.order ?? -1) ? shared.posts : (here?.posts ?? []);
}

function pinsInLog(store: Store, conversation: ConversationId): Pins | undefined {
  const row = store.all(
    `select item_order, data from post_marks where conversation = ? and target = ? and kind = 'pins' and rights & ?
      order by item_order desc limit 1`,
    [conversation, PINS_TARGET, RIGHT.pin],
  )[0];
  return row === undefined
    ? undefined
    : { order: numberOf(row, "item_order"), posts: JSON.parse(textOf(row, "data")) as PostId[] };
}

/** As another own device wrote it: [order, ids]. */
function sharedPins(value: unknown): Pins | undefined {
  if (!Array.isArray(value)) return undefined;
  const [order, posts] = value as [unknown, unknown];
  if (typeof order !== "number" || !Array.isArray(posts)) return undefined;
  const ids = posts.filter((post): post is Uint8Array => post instanceof Uint8Array && post.length === 32);
  return { order, posts: ids.slice(0, PINS_MAX).map(postIdOf) };
}

/** Is one more pinned by the mark that just came than by those before it? For the line that says so. */
export function isPinnedMore(store: Store, conversation: ConversationId, order: number): boolean {
  const rows = store.all(
    `select data from post_marks where conversation = ? and target = ? and kind = 'pins' and rights & ? and item_order <= ?
      order by item_order desc limit 2`,
    [conversation, PINS_TARGET, RIGHT.pin, order],
  );
  const [now, before] = rows.map((row) => JSON.parse(textOf(row, "data")) as PostId[]);
  return (now ?? []).some((post) => !(before ?? []).includes(post));
}

/** Tells the own devices that begin here later what is pinned. Inside a transaction. */
export function sharePins(context: { store: Store; sync: Sync }, conversation: ConversationId): void {
  const pins = pinsInLog(context.store, conversation);
  if (pins === undefined || pins.order >= PENDING_ORDER) return;
  const shared = sharedPins(context.sync.get(SYNC.pins(conversation)));
  if (shared !== undefined && shared.order >= pins.order) return;
  context.sync.set(SYNC.pins(conversation), [pins.order, pins.posts.map((post) => idBytes(post))]);
}
