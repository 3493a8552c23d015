import { memoryStorage } from "@sotto/platform-node";
import { accountIdOf, postIdOf, type AccountId, type ConversationId, type PostId } from "@sotto/protocol";
import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { openGap } from "../history/gaps.ts";
import { forgettingOnRollback, NOTHING_TOLD, People } from "../people/people.ts";
import { encodeDecision } from "../people/trust.ts";
import { migrate } from "../schema.ts";
import { mentionCount, unreadCount, unreadThreads } from "../timeline/counting.ts";
import { forgetPost } from "../timeline/marks.ts";
import { insertPost, orderOf, timelinePage } from "../timeline/timeline.ts";
import { allReadUpTo, markRead, readOrderOf, readPlacesOf } from "./positions.ts";
import { SYNC, SyncState } from "./sync-state.ts";
import { readThreadPlaces } from "./thread-places.ts";

const conversation = "AAAAAAAAAAAAAAAAAAAAAA" as ConversationId;
const [me, ben, eve] = [1, 2, 3].map((n) => accountIdOf(new Uint8Array(32).fill(n))) as [
  AccountId,
  AccountId,
  AccountId,
];
const postAt = (seq: number): PostId => {
  const bytes = new Uint8Array(32).fill(9);
  new DataView(bytes.buffer).setUint32(0, seq);
  return postIdOf(bytes);
};

type Device = { context: Context; now: { ms: number } };

async function device(): Promise<Device> {
  const store = await memoryStorage().open();
  migrate(store);
  const now = { ms: 1 };
  const clock = { now: () => now.ms };
  const sync = new SyncState(store, clock, () => undefined);
  const people = new People(store, me, NOTHING_TOLD, sync);
  const context = { store: forgettingOnRollback(store, [people, sync]), sync, people, account: me, ports: { clock } };
  return { context: context as unknown as Context, now };
}

type Post = { thread?: number; own?: boolean; mentions?: boolean; sender?: AccountId };

function put({ context: { store } }: Device, seq: number, { thread, own = false, mentions, sender }: Post = {}): void {
  insertPost(store, {
    conversation,
    order: orderOf(seq),
    seq,
    at: seq,
    post: postAt(seq),
    sender: sender ?? (own ? me : ben),
    own,
    text: `t${seq}`,
    content: new Uint8Array(),
    state: own ? { kind: "sent" } : { kind: "received" },
    thread: thread === undefined ? null : postAt(thread),
    mentions: mentions === true,
  });
}

const seen = ({ context }: Device, seq: number, thread?: number): boolean =>
  markRead(context, {
    conversation,
    upToOrder: orderOf(seq),
    ...(thread === undefined ? {} : { thread: postAt(thread) }),
  });

const placesOf = ({ context }: Device) => readPlacesOf(context.sync, conversation);
/** What a summary says. */
const counts = (at: Device) => {
  const { store, people } = at.context;
  const read = placesOf(at);
  return [unreadCount(store, people, conversation, read), mentionCount(store, people, conversation, read)];
};
const threads = (at: Device) =>
  unreadThreads(at.context.store, at.context.people, conversation, placesOf(at)).map(
    ({ thread, unread, mentions, firstPost }) => [thread, unread, mentions, firstPost],
  );
const unreadAfter = (at: Device, thread?: number): number | null =>
  timelinePage(
    { ...at.context, now: 0, record: undefined },
    { conversation, limit: 50, read: placesOf(at), ...(thread === undefined ? {} : { thread: postAt(thread) }) },
  ).unreadAfter;
const noted = ({ context }: Device) => readThreadPlaces(context.sync.get(SYNC.threads(conversation)));

/** Each hears what the other hasn't told yet. */
function meet(one: Device, other: Device): void {
  const [ofOne, ofOther] = [one.context.sync.waiting(), other.context.sync.waiting()];
  one.context.sync.sent(ofOne);
  other.context.sync.sent(ofOther);
  one.context.sync.apply(ofOther);
  other.context.sync.apply(ofOne);
}

/** A post of one's own, and two answers in its thread; then the conversation goes on, or not. */
async function talked({ goesOn }: { goesOn: boolean }): Promise<Device> {
  const at = await device();
  put(at, 1, { own: true });
  put(at, 2);
  seen(at, 2);
  put(at, 3, { thread: 1 });
  put(at, 4, { thread: 1 });
  if (goesOn) put(at, 5);
  return at;
}

test("[CO24] what comes in a thread after all else is unread until its thread is read to the end", async () => {
  const at = await talked({ goesOn: false });
  expect(counts(at)).toEqual([2, 0]);
  expect(threads(at)).toEqual([[postAt(1), 2, 0, postAt(3)]]);
  // The end of the conversation itself is seen, and says nothing of the thread.
  seen(at, 2);
  expect(counts(at)).toEqual([2, 0]);
  expect(unreadAfter(at)).toBeNull();
  expect(unreadAfter(at, 1)).toBe(orderOf(2));
  expect(seen(at, 3, 1)).toBe(true);
  expect(counts(at)).toEqual([1, 0]);
  expect(seen(at, 4, 1)).toBe(true);
  expect(counts(at)).toEqual([0, 0]);
  expect(threads(at)).toEqual([]);
  expect(unreadAfter(at, 1)).toBeNull();
  expect(seen(at, 4, 1)).toBe(false);
});

test("[CO24] what comes in a thread before the conversation's end isn't taken for read when that end is seen", async () => {
  const at = await talked({ goesOn: true });
  put(at, 6, { thread: 77, mentions: true });
  put(at, 7);
  expect(counts(at)).toEqual([5, 1]);
  expect(seen(at, 7)).toBe(true);
  expect(counts(at)).toEqual([3, 1]);
  expect(unreadAfter(at)).toBeNull();
  expect(threads(at)).toEqual([
    [postAt(1), 2, 0, postAt(3)],
    [postAt(77), 1, 1, postAt(6)],
  ]);
  // What comes after is counted with what was there.
  put(at, 8, { thread: 1 });
  expect(threads(at)[0]).toEqual([postAt(1), 3, 0, postAt(3)]);
  seen(at, 6, 77);
  expect(counts(at)).toEqual([3, 0]);
  expect(unreadAfter(at, 1)).toBe(orderOf(2));
  seen(at, 8, 1);
  expect(counts(at)).toEqual([0, 0]);
});

test("only what says something is noted: no thread that one takes no part in, and none that was read as far as the rest", async () => {
  const at = await talked({ goesOn: true });
  put(at, 6, { thread: 88 });
  seen(at, 6);
  expect(noted(at)).toEqual({ others: orderOf(6), threads: new Map([[postAt(1), orderOf(2)]]) });
  seen(at, 4, 1);
  expect(noted(at)?.threads.size).toBe(0);
  // Read further than the rest, until that has come there as well.
  put(at, 7);
  put(at, 8, { thread: 1 });
  seen(at, 8, 1);
  expect(noted(at)?.threads).toEqual(new Map([[postAt(1), orderOf(8)]]));
  expect(counts(at)).toEqual([1, 0]);
  put(at, 9);
  seen(at, 9);
  expect(noted(at)).toEqual({ others: orderOf(9), threads: new Map() });
  // A conversation without threads has no such value.
  const plain = await device();
  put(plain, 1);
  seen(plain, 1);
  expect(plain.context.sync.get(SYNC.threads(conversation))).toBeUndefined();
});

test("[CO24] it counts on all own devices, whatever each of them read while it was alone", async () => {
  const [one, other] = [await talked({ goesOn: true }), await talked({ goesOn: true })];
  for (const at of [one, other]) {
    put(at, 6, { thread: 77, mentions: true });
    put(at, 7);
  }
  meet(one, other);
  // One sees the conversation's end and reads the first thread; the other, offline, the second.
  seen(one, 7);
  seen(one, 4, 1);
  other.now.ms = 50;
  seen(other, 6, 77);
  expect([counts(one), counts(other)]).toEqual([
    [1, 1],
    [4, 0],
  ]);
  meet(one, other);
  meet(one, other);
  for (const at of [one, other]) {
    expect(counts(at)).toEqual([0, 0]);
    expect(readOrderOf(at.context.sync, conversation)).toBe(orderOf(7));
  }
  expect(other.context.sync.all()).toEqual(one.context.sync.all());
});

test("a device that was away for long takes nothing back and reads nothing for the person, though it speaks last", async () => {
  const [one, other] = [await talked({ goesOn: true }), await talked({ goesOn: true })];
  meet(one, other);
  seen(one, 5);
  meet(one, other);
  expect(counts(other)).toEqual([2, 0]);
  seen(one, 4, 1);
  // It writes later than the first did, and knows less.
  other.now.ms = 1_000;
  put(other, 6, { thread: 77, mentions: true });
  put(one, 6, { thread: 77, mentions: true });
  seen(other, 6, 77);
  meet(one, other);
  meet(one, other);
  expect([counts(one), counts(other)]).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test("[CO23] by hand everything from a place on is unread, in threads too, until anything is read", async () => {
  const at = await talked({ goesOn: true });
  seen(at, 5);
  seen(at, 4, 1);
  at.context.sync.set(SYNC.unread(conversation), orderOf(4));
  expect(counts(at)).toEqual([2, 0]);
  expect(threads(at)).toEqual([[postAt(1), 1, 0, postAt(4)]]);
  expect(unreadAfter(at, 1)).toBe(orderOf(4) - 1);
  expect(seen(at, 4, 1)).toBe(true);
  expect(counts(at)).toEqual([0, 0]);
  at.context.sync.set(SYNC.unread(conversation), orderOf(1));
  expect(seen(at, 5)).toBe(true);
  expect(counts(at)).toEqual([0, 0]);
});

test("whoever marks a conversation as read means its threads, too; one line of it, those up to the next", async () => {
  const at = await talked({ goesOn: true });
  put(at, 6, { thread: 1 });
  put(at, 7);
  put(at, 8, { thread: 1 });
  const read = (seq: number) => markRead(at.context, { conversation, upToOrder: orderOf(seq), withThreads: true });
  expect(read(2)).toBe(true);
  expect(counts(at)).toEqual([4, 0]);
  expect(read(2)).toBe(false);
  read(5);
  expect(counts(at)).toEqual([2, 0]);
  seen(at, 7);
  expect(counts(at)).toEqual([1, 0]);
  read(10_000);
  expect(counts(at)).toEqual([0, 0]);
  put(at, 11, { thread: 1 });
  expect(counts(at)).toEqual([1, 0]);
});

test("at most 64 threads have a place of their own: beyond that the newest stay unread", async () => {
  const at = await device();
  put(at, 1);
  seen(at, 1);
  for (let n = 0; n < 80; n++) put(at, 2 + n, { thread: 1_000 + n, mentions: true });
  put(at, 100);
  seen(at, 100);
  expect(noted(at)?.threads.size).toBe(64);
  expect(counts(at)).toEqual([64, 64]);
  expect(threads(at)).toHaveLength(32);
  expect(threads(at)[0]).toEqual([postAt(1_016), 1, 1, postAt(18)]);
  // Read ahead of the conversation, one after the other.
  for (let n = 0; n < 80; n++) put(at, 101 + n, { thread: 2_000 + n, mentions: true });
  for (let n = 0; n < 80; n++) seen(at, 101 + n, 2_000 + n);
  expect(noted(at)?.threads.size).toBeLessThanOrEqual(64);
  expect(counts(at)).toEqual([0, 0]);
});

test("[OD17] nothing of whom one blocked is unread in a thread, nor noted", async () => {
  const at = await talked({ goesOn: false });
  put(at, 6, { thread: 77, mentions: true, sender: eve });
  put(at, 7, { sender: eve });
  at.context.sync.set(SYNC.trust(eve), encodeDecision({ ...at.context.people.decision(eve), blocked: true }));
  expect(threads(at)).toEqual([[postAt(1), 2, 0, postAt(3)]]);
  seen(at, 7);
  expect([...(noted(at)?.threads.keys() ?? [])]).toEqual([postAt(1)]);
});

test("what was deleted, or is over, leaves nothing unread behind", async () => {
  const at = await talked({ goesOn: true });
  const { store } = at.context;
  seen(at, 5);
  store.run("update items set deleted_by = sender, text = null where conversation = ? and post = ?", [
    conversation,
    postAt(3),
  ]);
  expect(counts(at)).toEqual([1, 0]);
  forgetPost(store, conversation, postAt(4));
  expect(counts(at)).toEqual([0, 0]);
  put(at, 6);
  seen(at, 6);
  expect(noted(at)?.threads.size).toBe(0);
});

test("a thread of which not all is here stays noted, though nothing of it seems unread", async () => {
  const [here, far] = [await talked({ goesOn: true }), await device()];
  seen(here, 5);
  far.context.sync.apply(here.context.sync.waiting());
  put(far, 5);
  openGap(far.context.store, conversation, 3, { floor: 0, checkedAt: 0 });
  put(far, 6);
  expect(allReadUpTo(placesOf(far))).toBe(orderOf(2));
  seen(far, 6);
  here.context.sync.apply(far.context.sync.waiting());
  expect(threads(here)).toEqual([[postAt(1), 2, 0, postAt(3)]]);
});
