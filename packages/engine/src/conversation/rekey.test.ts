import { conversationIdOf, deviceIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import type { ConversationRecord } from "./conversation-record.ts";
import { rekeyDueAt } from "./rekey.ts";

const HOUR_MS = 60 * 60 * 1000;
const CAME_AT = 1_000_000;
const recordOf = (needsRekey: boolean, conversation = 1): ConversationRecord =>
  ({
    id: conversationIdOf(new Uint8Array(16).fill(conversation)),
    needsRekey,
    rekeyedAt: CAME_AT,
  }) as unknown as ConversationRecord;

const devices = Array.from({ length: 100 }, (_, index) => deviceIdOf(new Uint8Array(16).fill(index)));

test("a newcomer's time comes within a day, and a hundred who came at once are spread over it", () => {
  const due = devices.map((device) => rekeyDueAt(device, recordOf(true)) - CAME_AT);
  expect(Math.min(...due)).toBeGreaterThanOrEqual(HOUR_MS);
  expect(Math.max(...due)).toBeLessThanOrEqual(24 * HOUR_MS);
  const hours = due.map((at) => Math.floor(at / HOUR_MS));
  expect(Math.max(...hours.map((hour) => hours.filter((each) => each === hour).length))).toBeLessThan(20);
});

test("everybody else's comes once a week, at another time in every conversation", () => {
  const device = devices[0]!;
  const due = [1, 2, 3].map((conversation) => rekeyDueAt(device, recordOf(false, conversation)) - CAME_AT);
  for (const at of due) {
    expect(at).toBeGreaterThanOrEqual(7 * 24 * HOUR_MS);
    expect(at).toBeLessThanOrEqual(8 * 24 * HOUR_MS);
  }
  expect(new Set(due).size).toBe(3);
});
