import { memoryStorage } from "@sotto/platform-node";
import type { ConversationId } from "@sotto/protocol";
import { expect, test } from "vitest";
import {
  attemptOf,
  attemptedUpTo,
  beginRun,
  clearAttempt,
  conversationsUnderAttempt,
  endRun,
  markAttempt,
  markBatch,
} from "./attempts.ts";
import { migrate } from "../schema.ts";

const conversation = "AAAAAAAAAAAAAAAAAAAAAA" as ConversationId;
const entry = (byte: number) =>
  ({ kind: "stored", seq: 7, acceptedAt: 0, envelope: Uint8Array.of(1, 1, byte) }) as const;

async function database() {
  const store = await memoryStorage().open();
  migrate(store);
  return store;
}

test("a run that didn't end is unclean at the next start, one that ended isn't", async () => {
  const store = await database();
  expect(beginRun(store)).toEqual({ unclean: false });
  expect(beginRun(store)).toEqual({ unclean: true });
  endRun(store);
  expect(beginRun(store)).toEqual({ unclean: false });
});

test("[T29] attempts are counted for the very entry: by place and by hash", async () => {
  const store = await database();
  markAttempt(store, conversation, entry(1));
  markAttempt(store, conversation, entry(1));
  expect(attemptOf(store, conversation, entry(1))).toBe(2);
  expect(attemptOf(store, conversation, entry(2))).toBe(0);
  expect(conversationsUnderAttempt(store)).toEqual([conversation]);
  clearAttempt(store, conversation, entry(1));
  expect(attemptOf(store, conversation, entry(1))).toBe(0);
});

test("[T29] a batch that was marked is known by its end, and counts for no entry of it", async () => {
  const store = await database();
  expect(attemptedUpTo(store, conversation)).toBe(0);
  markBatch(store, conversation, entry(1));
  markBatch(store, conversation, entry(1));
  expect(attemptedUpTo(store, conversation)).toBe(7);
  expect(attemptOf(store, conversation, entry(1))).toBe(0);
  expect(conversationsUnderAttempt(store)).toEqual([conversation]);
  markAttempt(store, conversation, entry(1));
  markBatch(store, conversation, entry(1));
  expect(attemptOf(store, conversation, entry(1))).toBe(1);
  clearAttempt(store, conversation, entry(1));
  expect(attemptedUpTo(store, conversation)).toBe(0);
});

test("migrations leave a database of the newest version alone and refuse a newer one", async () => {
  const store = await database();
  migrate(store);
  store.run("pragma user_version = 9999");
  expect(() => migrate(store)).toThrow(expect.objectContaining({ code: "store/unreadable" }));
});
