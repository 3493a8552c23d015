import { memoryStorage } from "@sotto/platform-node";
import {
  accountIdOf,
  postIdOf,
  type AccountId,
  type ConversationId,
  type PostId,
  type SyncEntry,
} from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { People } from "../people/people.ts";
import { migrate } from "../schema.ts";
import { unreadCount, unreadThreads } from "../timeline/counting.ts";
import { insertPost, orderOf } from "../timeline/timeline.ts";
import { markRead, readPlacesOf } from "./positions.ts";
import { SyncState } from "./sync-state.ts";

const conversation = "AAAAAAAAAAAAAAAAAAAAAA" as ConversationId;
const [me, ben] = [1, 2].map((n) => accountIdOf(new Uint8Array(32).fill(n))) as [AccountId, AccountId];
const THREADS = [1, 2, 3].map((n) => postIdOf(new Uint8Array(32).fill(n)));
const DEVICES = 3;

/** Of the log: an entry by somebody else, in a thread or in none. */
type Entry = { seq: number; thread: PostId | null };

type Device = { context: Context; here: Entry[]; heard: number; nowMs: number };

async function device(): Promise<Device> {
  const store = await memoryStorage().open();
  migrate(store);
  const made: Device = { context: {} as Context, here: [], heard: 0, nowMs: 0 };
  const clock = { now: () => made.nowMs };
  const sync = new SyncState(store, clock, () => undefined);
  const people = new People(store, me);
  made.context = { store, sync, people, account: me, ports: { clock } } as unknown as Context;
  return made;
}

/** Every post in a thread mentions the person, so that it counts whatever else there is. */
function receive({ context: { store }, here }: Device, entry: Entry): void {
  here.push(entry);
  insertPost(store, {
    conversation,
    order: orderOf(entry.seq),
    seq: entry.seq,
    at: entry.seq,
    post: postIdOf(new Uint8Array(32).fill(100 + entry.seq)),
    sender: ben,
    own: false,
    text: "text",
    content: new Uint8Array(),
    state: { kind: "received" },
    thread: entry.thread,
    mentions: entry.thread !== null,
  });
}

const onDevice = fc.integer({ min: 0, max: DEVICES - 1 });
const anyThread = fc.constantFrom(...THREADS);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), thread: fc.option(anyThread) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("receive" as const), on: onDevice }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("read" as const), on: onDevice, back: fc.nat({ max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("read thread" as const), on: onDevice, thread: anyThread }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("tell" as const), on: onDevice }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("hear" as const), on: onDevice }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clock" as const), on: onDevice, ms: fc.nat({ max: 9 }) }) },
);

test("[CO24] [OD23] whatever devices read apart from each other: in the end unread is what was seen on none of them, and all say so", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), async (steps) => {
      const devices = await Promise.all(Array.from({ length: DEVICES }, () => device()));
      const log: Entry[] = [];
      const told: SyncEntry[] = [];
      const seen = new Set<number>();
      const receiveOn = (at: Device): void => {
        const entry = log[at.here.length];
        if (entry !== undefined) receive(at, entry);
      };
      const tell = ({ context: { sync } }: Device): void => {
        const waiting = sync.waiting();
        told.push(...waiting);
        sync.sent(waiting);
      };
      const hear = (at: Device): void => {
        at.context.sync.apply(told.slice(at.heard));
        at.heard = told.length;
      };
      const read = (at: Device, among: Entry[], thread?: PostId): void => {
        const last = among.at(-1);
        if (last === undefined) return;
        const request = { conversation, upToOrder: orderOf(last.seq) };
        markRead(at.context, thread === undefined ? request : { ...request, thread });
        for (const { seq } of among) seen.add(seq);
      };
      const unreadOn = ({ context: { store, sync, people } }: Device) => {
        const places = readPlacesOf(sync, conversation);
        return {
          all: unreadCount(store, people, conversation, places),
          threads: unreadThreads(store, people, conversation, places).map(({ thread, unread }) => [thread, unread]),
        };
      };
      for (const each of steps) {
        if (each.kind === "write") {
          log.push({ seq: log.length + 1, thread: each.thread });
          continue;
        }
        const at = devices[each.on]!;
        const itself = at.here.filter(({ thread }) => thread === null);
        if (each.kind === "receive") receiveOn(at);
        else if (each.kind === "read") read(at, each.back === 0 ? itself : itself.slice(0, -each.back));
        else if (each.kind === "tell") tell(at);
        else if (each.kind === "hear") hear(at);
        else if (each.kind === "clock") at.nowMs += each.ms;
        else
          read(
            at,
            at.here.filter(({ thread }) => thread === each.thread),
            each.thread,
          );
      }
      for (const at of devices) {
        while (at.here.length < log.length) receiveOn(at);
        tell(at);
      }
      // What came of hearing others may be news to them.
      for (let round = 0; round < 2; round++)
        for (const at of devices) {
          hear(at);
          tell(at);
        }
      for (const at of devices) hear(at);
      const left = log.filter(({ seq }) => !seen.has(seq));
      const inThreads = [...new Set(left.flatMap(({ thread }) => thread ?? []))].map((thread) => [
        thread,
        left.filter((entry) => entry.thread === thread).length,
      ]);
      for (const at of devices) {
        expect(unreadOn(at)).toEqual({ all: left.length, threads: inThreads });
        expect(at.context.sync.all()).toEqual(devices[0]!.context.sync.all());
      }
      for (const at of devices) at.context.store.close();
    }),
    { numRuns: 150 },
  );
}, 60_000);
