import { memoryStorage } from "@sotto/platform-node";
import type { AccountId, ConversationId, PostId } from "@sotto/protocol";
import { expect, test } from "vitest";
import { People } from "../people/people.ts";
import type { Store } from "../ports.ts";
import { migrate, PENDING_ORDER } from "../schema.ts";
import { SyncState } from "../sync/sync-state.ts";
import { unreadCount } from "./counting.ts";
import type { Look } from "./look.ts";
import {
  insertLines,
  insertPost,
  nextPendingOrder,
  orderOf,
  rememberPost,
  settlePost,
  timelinePage,
} from "./timeline.ts";

const conversation = "AAAAAAAAAAAAAAAAAAAAAA" as ConversationId;
const readTo = (order: number) => ({ itself: order, others: order, threads: new Map() });
const me = "A".repeat(43) as AccountId;
const other = `${"A".repeat(42)}E` as AccountId;
const post = (n: number) => `post-${n}` as PostId;

async function database(): Promise<Store> {
  const store = await memoryStorage().open();
  migrate(store);
  return store;
}

const received = (store: Store, seq: number) =>
  insertPost(store, {
    conversation,
    order: orderOf(seq),
    seq,
    at: seq,
    post: post(seq),
    sender: other,
    own: false,
    text: `t${seq}`,
    content: new Uint8Array(),
    state: { kind: "received" },
  });

const pending = (store: Store, n: number) =>
  insertPost(store, {
    conversation,
    order: nextPendingOrder(store, conversation),
    seq: null,
    at: n,
    post: post(n),
    sender: me,
    own: true,
    text: `own ${n}`,
    content: new Uint8Array(),
    state: { kind: "sending" },
  });

const look = (store: Store): Look => ({
  store,
  people: new People(store, me),
  sync: new SyncState(store, { now: () => 0 }, () => undefined),
  account: me,
  now: 0,
  record: undefined,
});

const texts = (store: Store, limit = 50, beforeOrder?: number) =>
  timelinePage(look(store), {
    conversation,
    limit,
    read: readTo(0),
    ...(beforeOrder === undefined ? {} : { beforeOrder }),
  });

test("own posts wait after everything else, in the order of typing, and move to their place when the log has them", async () => {
  const store = await database();
  pending(store, 100);
  pending(store, 101);
  received(store, 1);
  expect(texts(store).items.map((item) => (item.kind === "post" ? item.text : ""))).toEqual([
    "t1",
    "own 100",
    "own 101",
  ]);
  settlePost(store, conversation, post(100), 2);
  received(store, 3);
  const items = texts(store).items;
  expect(items.map((item) => (item.kind === "post" ? item.text : ""))).toEqual(["t1", "own 100", "t3", "own 101"]);
  expect(items[1]).toMatchObject({ seq: 2, order: orderOf(2), state: { kind: "sent" } });
  expect(items[3]!.order).toBeGreaterThanOrEqual(PENDING_ORDER);
});

test("settling twice, or settling what is settled, changes nothing", async () => {
  const store = await database();
  pending(store, 100);
  settlePost(store, conversation, post(100), 5);
  settlePost(store, conversation, post(100), 5);
  expect(texts(store).items).toHaveLength(1);
});

test("pages follow each other without a gap or a repeat", async () => {
  const store = await database();
  for (let seq = 1; seq <= 25; seq++) received(store, seq);
  const last = texts(store, 10);
  const middle = texts(store, 10, last.items[0]!.order);
  const first = texts(store, 10, middle.items[0]!.order);
  expect([...first.items, ...middle.items, ...last.items].map(({ seq }) => seq)).toEqual(
    Array.from({ length: 25 }, (_, i) => i + 1),
  );
  expect([last.more, middle.more, first.more]).toEqual([true, true, false]);
});

test("unread counts posts by others after the read mark, never own ones nor lines", async () => {
  const store = await database();
  received(store, 1);
  received(store, 2);
  pending(store, 100);
  insertLines(store, conversation, 3, 3, [{ kind: "joined", by: other }]);
  expect(unreadCount(store, new People(store, me), conversation, readTo(0))).toBe(2);
  expect(unreadCount(store, new People(store, me), conversation, readTo(orderOf(1)))).toBe(1);
  expect(unreadCount(store, new People(store, me), conversation, readTo(orderOf(3)))).toBe(0);
});

test("[T27] a post id is taken once for ever", async () => {
  const store = await database();
  expect(rememberPost(store, conversation, post(1))).toBe(true);
  expect(rememberPost(store, conversation, post(1))).toBe(false);
});

test("an alarm stays when more lines come from the same entry, and the same line comes once", async () => {
  const store = await database();
  const alarm = { kind: "alarm", alarm: "fork", claimedBy: other } as const;
  const unreadable = { kind: "unreadable", because: "revoked-device" } as const;
  insertLines(store, conversation, 3, 1, [alarm]);
  insertLines(store, conversation, 3, 1, [unreadable]);
  insertLines(store, conversation, 3, 1, [alarm, unreadable]);
  const { items } = timelinePage(look(store), { conversation, limit: 50, read: readTo(0) });
  expect(items.map((item) => (item.kind === "system" ? item.line.kind : item.kind))).toEqual(["alarm", "unreadable"]);
});
