import { expect, test } from "vitest";
import type { Engine, TimelineItem } from "@sotto/engine";
import { conversationIdOf } from "@sotto/protocol";
import { TimelineFeed } from "./timeline-feed.ts";

const conversation = conversationIdOf(new Uint8Array(16));

/** A log of so many lines, and what was asked of it. */
function logOf(count: number) {
  const items = (): TimelineItem[] =>
    Array.from({ length: state.count }, (_, at) => ({
      kind: "system",
      key: `${at + 1}`,
      order: at + 1,
      seq: at + 1,
      at: at + 1 === state.changedAt ? 1 : 0,
      line: { kind: "joined-here", because: "added" },
    }));
  const state = { count, asked: 0, down: false, unreadAfter: null as number | null, changedAt: 0 };
  const timeline: Engine["timeline"] = async ({ beforeOrder = Infinity, limit }) => {
    state.asked += 1;
    if (state.down) throw new Error("no answer");
    expect(limit).toBeLessThanOrEqual(200);
    const before = items().filter((item) => item.order < beforeOrder);
    const page = before.slice(-limit);
    return {
      items: page,
      more: before.length > page.length,
      moreAfter: false,
      unreachable: false,
      unreadAfter: state.unreadAfter,
    };
  };
  return { state, feed: new TimelineFeed({ timeline } as Engine, conversation) };
}

const orders = (feed: TimelineFeed) => feed.page()?.items.map(({ order }) => order) ?? [];
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

test("the end first, then page by page to the beginning, and never past it", async () => {
  const { feed } = logOf(350);
  await feed.refresh();
  expect(orders(feed)).toEqual(from(291, 350));
  await feed.older();
  expect(orders(feed)).toEqual(from(191, 350));
  await Promise.all([feed.older(), feed.older(), feed.older()]);
  expect(orders(feed)).toEqual(from(91, 350));
  await feed.older();
  expect(orders(feed)).toEqual(from(1, 350));
  expect(feed.page()?.more).toBe(false);
});

test("what arrives is put at the end of whatever is loaded", async () => {
  const { feed, state } = logOf(350);
  await feed.refresh();
  await feed.older();
  await feed.older();
  state.count = 353;
  await feed.refresh();
  expect(orders(feed)).toEqual(from(91, 353));
});

test("a burst of changes asks once more, not once each", async () => {
  const { feed, state } = logOf(10);
  await Promise.all(Array.from({ length: 50 }, () => feed.refresh()));
  expect(state.asked).toBeLessThanOrEqual(2);
});

test("after more has arrived than a page holds nothing is shown as if it followed", async () => {
  const { feed, state } = logOf(100);
  await feed.refresh();
  state.count = 900;
  await feed.refresh();
  expect(orders(feed)).toEqual(from(741, 900));
  expect(feed.page()?.more).toBe(true);
});

test("an older page that can't be had is said, loses nothing, and is asked for again", async () => {
  const { feed, state } = logOf(150);
  await feed.refresh();
  state.down = true;
  await feed.older();
  expect(feed.page()).toMatchObject({ more: true, unreachable: true });
  expect(orders(feed)).toEqual(from(91, 150));
  state.down = false;
  await feed.older();
  expect(feed.page()).toMatchObject({ more: false, unreachable: false });
  expect(orders(feed)).toEqual(from(1, 150));
});

test("what is unread is loaded from its first line on, before anything is shown", async () => {
  const { feed, state } = logOf(350);
  state.unreadAfter = 120;
  await feed.refresh();
  expect(orders(feed)).toEqual(from(91, 350));
});

test("what changed far above the end is read again, as far as it is loaded", async () => {
  const { feed, state } = logOf(700);
  await feed.refresh();
  for (let page = 0; page < 6; page++) await feed.older();
  expect(orders(feed)).toEqual(from(41, 700));
  state.changedAt = 100;
  await feed.refresh();
  expect(feed.page()?.items.find(({ order }) => order === 100)?.at).toBe(1);
  expect(orders(feed).at(-1)).toBe(700);
  expect(new Set(orders(feed)).size).toBe(orders(feed).length);
});
