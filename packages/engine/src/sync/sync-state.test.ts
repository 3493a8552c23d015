import { memoryStorage } from "@sotto/platform-node";
import { SYNC_VALUE_BYTES_MAX, conversationIdOf, encodeCbor, postIdOf, type SyncEntry } from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Store } from "../ports.ts";
import { migrate, PENDING_ORDER } from "../schema.ts";
import { SnapshotSearch, postsOf } from "./sync-posts.ts";
import { SYNC, SyncState, replaces } from "./sync-state.ts";

const conversation = conversationIdOf(new Uint8Array(16).fill(7));
const READ = SYNC.read(conversation);
const THREADS = SYNC.threads(conversation);
const threadOf = (n: number) => postIdOf(new Uint8Array(32).fill(n));
const anyPlace = fc.integer({ min: 0, max: 3 });
const anyThreads = fc.tuple(
  anyPlace,
  fc.array(fc.tuple(fc.constantFrom(threadOf(1), threadOf(2)), anyPlace), { maxLength: 2 }),
);

async function device(clock: { now: number } = { now: 1_000 }): Promise<{
  store: Store;
  sync: SyncState;
  written: string[];
}> {
  const store = await memoryStorage().open();
  migrate(store);
  const written: string[] = [];
  return { store, sync: new SyncState(store, { now: () => clock.now }, (key) => written.push(key)), written };
}

const entry = (key: string, value: unknown, stamp: number): SyncEntry => ({ key, value: encodeCbor(value), stamp });

test("what is written can be read, listed and deleted, and waits for the other devices", async () => {
  const { sync, written } = await device();
  sync.set("pin/a", true);
  sync.set("pin/b", [1, "two", new Uint8Array([3])]);
  sync.set("name/c", "Cleo");
  expect(sync.get("pin/b")).toEqual([1, "two", new Uint8Array([3])]);
  expect(sync.list("pin/").map(([key]) => key)).toEqual(["pin/a", "pin/b"]);
  sync.delete("pin/a");
  expect(sync.get("pin/a")).toBeUndefined();
  expect(sync.list("pin/").map(([key]) => key)).toEqual(["pin/b"]);
  expect(sync.waiting().map(({ key }) => key)).toEqual(["pin/b", "name/c", "pin/a"]);
  expect(written).toEqual(["pin/a", "pin/b", "name/c", "pin/a"]);
});

test("writing what is there already, or deleting what isn't, is nothing to tell", async () => {
  const { sync, written } = await device();
  sync.set("mute/a", true);
  sync.sent(sync.waiting());
  sync.set("mute/a", true);
  sync.delete("mute/b");
  expect(sync.isWaiting).toBe(false);
  expect(written).toEqual(["mute/a"]);
});

test("what couldn't be told waits again, all of it but what is too large", async () => {
  const { sync } = await device();
  sync.set("pin/a", true);
  sync.set("pin/b", true);
  sync.delete("pin/b");
  sync.set("draft/a", "x".repeat(SYNC_VALUE_BYTES_MAX));
  sync.sent(sync.waiting());
  expect(sync.isWaiting).toBe(false);
  sync.tellAll();
  expect(sync.waiting().map(({ key }) => key)).toEqual(["pin/a", "pin/b"]);
});

test("[OD4] a clock that runs slow doesn't lose what its device writes: a stamp is above all that were seen", async () => {
  const { sync } = await device({ now: 50 });
  sync.apply([entry("draft/a", "from the future", 9_000)]);
  sync.set("draft/a", "here and now");
  expect(sync.get("draft/a")).toBe("here and now");
  expect(sync.waiting()[0]!.stamp).toBe(9_001);
});

test("a draft that comes in doesn't take away what was written here later, and takes what is older", async () => {
  const { sync } = await device({ now: 500 });
  sync.set("draft/a", "typing");
  expect(sync.apply([entry("draft/a", "older", 400)])).toEqual([]);
  expect(sync.get("draft/a")).toBe("typing");
  expect(sync.isWaiting).toBe(true);
  expect(sync.apply([entry("draft/a", "newer", 600)])).toEqual(["draft/a"]);
  expect(sync.get("draft/a")).toBe("newer");
  expect(sync.isWaiting).toBe(false);
});

test("[OD3] read positions never go back, whatever stamp says so", async () => {
  const { sync } = await device();
  sync.set(READ, 640);
  expect(sync.apply([entry(READ, 64, 99_000)])).toEqual([]);
  sync.set(READ, 128);
  expect(sync.get(READ)).toBe(640);
  expect(sync.apply([entry(READ, 1_280, 1)])).toEqual([READ]);
  expect(sync.get(READ)).toBe(1_280);
  expect(sync.apply([entry(READ, "everything", 99_000), entry(READ, null, 99_001)])).toEqual([]);
  expect(sync.get(READ)).toBe(1_280);
});

test("[OD23] what two devices say of threads is joined, and what one of them hasn't told yet of that it tells", async () => {
  const [one, other] = [await device(), await device()];
  const [a, b] = [threadOf(1), threadOf(2)];
  one.sync.set(THREADS, [100, [[a, 50]]]);
  expect(one.sync.apply([entry(THREADS, [80, [[b, 200]]], 99_000)])).toEqual([THREADS]);
  expect(one.sync.get(THREADS)).toEqual([
    100,
    [
      [a, 80],
      [b, 200],
    ],
  ]);
  const [told] = one.sync.waiting();
  expect(told?.stamp).toBe(99_000);
  expect(one.sync.apply([entry(THREADS, null, 99_001), entry(THREADS, "all", 99_002)])).toEqual([]);
  // Neither does a device itself take back what it knows.
  one.sync.set(THREADS, [0, []]);
  expect(one.sync.get(THREADS)).toEqual([
    100,
    [
      [a, 80],
      [b, 200],
    ],
  ]);
  other.sync.set(THREADS, [80, [[b, 200]]]);
  other.sync.sent(other.sync.waiting());
  other.sync.apply(one.sync.waiting());
  expect(other.sync.get(THREADS)).toEqual(one.sync.get(THREADS));
  expect(other.sync.isWaiting).toBe(false);
});

test("[T70] nor does it read for the person all that will ever be said: a position that no log reaches counts for nothing", async () => {
  const { sync } = await device();
  for (const position of [PENDING_ORDER, Number.MAX_SAFE_INTEGER]) {
    expect(sync.apply([entry(READ, position, 2_000)])).toEqual([]);
    expect(sync.get(READ)).toBeUndefined();
  }
  sync.set(READ, 640);
  expect(sync.apply([entry(READ, PENDING_ORDER, 3_000)])).toEqual([]);
  expect(sync.apply([entry(READ, PENDING_ORDER - 1, 1)])).toEqual([READ]);
});

test("[T70] a position that a former release took from such a device is replaced by the next one", async () => {
  const { sync, store } = await device();
  store.run("insert into sync (key, value, stamp, waiting) values (?, ?, 2000, 0)", [
    READ,
    encodeCbor(Number.MAX_SAFE_INTEGER),
  ]);
  sync.set(READ, 640);
  expect(sync.get(READ)).toBe(640);
});

test("[OD2] of any entries the same ones are left, in whatever order and however often they come", async () => {
  const anyEntry = fc.record({
    key: fc.constantFrom("draft/a", "pin/a", READ, THREADS),
    value: fc.option(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.string({ maxLength: 2 }), anyThreads).map(encodeCbor)),
    stamp: fc.integer({ min: 0, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyEntry, { maxLength: 12 }), fc.infiniteStream(fc.nat()), async (entries, order) => {
      const [ours, theirs] = [await device(), await device()];
      ours.sync.apply(entries);
      const shuffled = entries
        .map((each) => ({ each, at: order.next().value }))
        .sort((a, b) => a.at - b.at)
        .map(({ each }) => each);
      for (const each of [...shuffled, ...entries]) theirs.sync.apply([each]);
      expect(theirs.sync.all()).toEqual(ours.sync.all());
    }),
    { numRuns: 60 },
  );
});

test("[OD2] of two entries exactly one replaces the other, unless they are the same", () => {
  const [a, b] = [entry("pin/a", true, 5), entry("pin/a", false, 5)];
  expect(replaces(a, b)).not.toBe(replaces(b, a));
  expect(replaces(a, a)).toBe(false);
});

test("a whole state and what came after it make the state of whoever was there all the time", async () => {
  const [old, fresh] = [await device(), await device()];
  for (let i = 0; i < 300; i++) old.sync.set(`name/${i % 40}`, `name ${i}`);
  old.sync.delete("name/3");
  const snapshot = old.sync.all();
  old.sync.set("name/4", "after");
  fresh.sync.apply(old.sync.all());
  fresh.sync.apply(snapshot);
  expect(fresh.sync.all()).toEqual(old.sync.all());
  expect(snapshot.length).toBe(40);
});

test("listeners hear of their prefix alone, once they listen and until they stop", async () => {
  const { sync } = await device();
  const heard: string[] = [];
  const stop = sync.onChange("pin/", (key) => heard.push(key));
  sync.announce(sync.apply([entry("pin/a", true, 1), entry("mute/a", true, 1)]));
  sync.announce(sync.apply([entry("pin/a", true, 2)]));
  stop();
  sync.announce(["pin/a"]);
  expect(heard).toEqual(["pin/a"]);
});

test("what is too large for the others stays here", async () => {
  const { sync } = await device();
  sync.set("draft/a", "x".repeat(SYNC_VALUE_BYTES_MAX));
  expect(sync.get("draft/a")).toHaveLength(SYNC_VALUE_BYTES_MAX);
  expect(sync.isWaiting).toBe(false);
  expect(sync.all()).toEqual([]);
});

test("posts hold all entries, in order, none too large", () => {
  const entries = Array.from({ length: 2_000 }, (_, i) => entry(`draft/${i}`, "x".repeat(i % 7 === 0 ? 9_000 : 10), i));
  const posts = postsOf(entries);
  expect(posts.flat()).toEqual(entries);
  for (const post of posts) {
    expect(post.length).toBeLessThanOrEqual(512);
    expect(encodeCbor(post.map(({ key, value, stamp }) => [key, value, stamp])).length).toBeLessThan(60 * 1024);
  }
  expect(postsOf([])).toEqual([]);
});

test("[OD7] reading backwards ends at a snapshot that is whole, and below what its writer had read", () => {
  const [id, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
  const after = entry("snapshot/after", 412, 1);
  const search = new SnapshotSearch();
  search.add({ entries: [], snapshot: null });
  search.add({ entries: [], snapshot: { id: other, part: 1, parts: 2 } });
  search.add({ entries: [], snapshot: { id, part: 1, parts: 2 } });
  search.add({ entries: [], snapshot: { id, part: 1, parts: 2 } });
  expect(search.after).toBeUndefined();
  search.add({ entries: [after], snapshot: { id, part: 0, parts: 2 } });
  expect(search.after).toBe(412);
  search.add({ entries: [entry("snapshot/after", 3, 1)], snapshot: { id: other, part: 0, parts: 2 } });
  expect(search.after).toBe(412);
});

test("[T70] a stolen device doesn't have the last word for ever: what it stamps ahead of time counts for nothing", async () => {
  const { sync } = await device({ now: 1_000 });
  sync.set("mute/a", true);
  expect(
    sync.apply([entry("mute/a", false, Number.MAX_SAFE_INTEGER), entry("pin/b", true, 8 * 24 * 3600 * 1000)]),
  ).toEqual([]);
  expect(sync.get("mute/a")).toBe(true);
  sync.delete("mute/a");
  sync.set("mute/a", true);
  expect(sync.waiting().map(({ key }) => key)).toEqual(["mute/a"]);
  // Clocks differ by a little.
  expect(sync.apply([entry("pin/b", true, 3600 * 1000)])).toEqual(["pin/b"]);
});
