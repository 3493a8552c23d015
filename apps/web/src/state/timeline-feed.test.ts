import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Engine, TimelineItem } from "@sotto/engine";
import { conversationIdOf, type PostId } from "@sotto/protocol";
import { TimelineFeed } from "./timeline-feed.ts";

const conversation = conversationIdOf(new Uint8Array(16));
const PENDING = 1_000_000;
const MOST = 600 + 200;

/** A log of so many posts, what was asked of it, and a feed that somebody watches. */
function logOf(count: number, options: { watched?: boolean } = {}) {
  const state = {
    count,
    pending: 0,
    asked: 0,
    down: false,
    unreadAfter: null as number | null,
    /** How often the post of that order was edited. */
    edits: new Map<number, number>(),
  };
  const itemAt = (order: number): TimelineItem =>
    ({
      kind: "post",
      key: `${order}`,
      post: `${order}` as PostId,
      order,
      seq: order < PENDING ? order : null,
      at: order,
      own: order >= PENDING,
      text: `${order} ${state.edits.get(order) ?? 0}`,
      state: { kind: order < PENDING ? "received" : "sending" },
    }) as TimelineItem;
  const all = (): number[] => [
    ...Array.from({ length: state.count }, (_, at) => at + 1),
    ...Array.from({ length: state.pending }, (_, at) => PENDING + at),
  ];
  const timeline: Engine["timeline"] = async ({ beforeOrder, afterOrder, around, limit }) => {
    state.asked += 1;
    if (state.down) throw new Error("no answer");
    expect(limit).toBeLessThanOrEqual(200);
    const orders = all();
    let [from, to] = [0, orders.length];
    if (afterOrder !== undefined) {
      const at = orders.findIndex((order) => order > afterOrder);
      from = at === -1 ? orders.length : at;
      to = Math.min(orders.length, from + limit);
    } else if (around !== undefined && orders.includes(Number(around))) {
      from = Math.max(0, orders.indexOf(Number(around)) - limit / 2);
      to = Math.min(orders.length, from + limit);
    } else {
      const before = beforeOrder ?? Infinity;
      to = orders.filter((order) => order < before).length;
      from = Math.max(0, to - limit);
    }
    const isForward = afterOrder !== undefined || around !== undefined;
    return {
      items: orders.slice(from, to).map(itemAt),
      more: from > 0,
      moreAfter: isForward && to < orders.length,
      unreachable: false,
      unreadAfter: state.unreadAfter,
    };
  };
  const waiting: (() => void)[] = [];
  const feed = new TimelineFeed({ timeline }, { conversation }, (work) => void waiting.push(work));
  const stop = options.watched === false ? () => undefined : feed.subscribe(() => undefined);
  /** Everything is done that was asked for, and what is read again a moment later has been. */
  const settled = async (): Promise<void> => {
    await feed.show("none" as PostId);
    for (const work of waiting.splice(0)) work();
    await feed.show("none" as PostId);
  };
  return { state, feed, all, itemAt, stop, settled };
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

test("an arriving post asks for a page at the end, whatever is loaded, and for the rest later", async () => {
  const { feed, state, settled } = logOf(900);
  await feed.refresh();
  for (let page = 0; page < 4; page++) await feed.older();
  state.asked = 0;
  state.count = 901;
  await feed.refresh();
  expect(orders(feed).at(-1)).toBe(901);
  expect(state.asked).toBe(1);
  await settled();
  expect(orders(feed)).toEqual(from(441, 901));
});

test("a burst of changes asks once more, not once each", async () => {
  const { feed, state } = logOf(10);
  await Promise.all(Array.from({ length: 50 }, () => feed.refresh()));
  expect(state.asked).toBeLessThanOrEqual(2);
});

test("after more has arrived than a page holds nothing is shown as if it followed, and what is read stays", async () => {
  const { feed, state } = logOf(100);
  await feed.refresh();
  state.count = 900;
  await feed.refresh();
  expect(orders(feed)).toEqual(from(41, 100));
  expect(feed.page()).toMatchObject({ more: true, moreAfter: true });
  await feed.newer();
  expect(orders(feed)).toEqual(from(41, 200));
  await feed.latest();
  expect(orders(feed)).toEqual(from(841, 900));
  expect(feed.page()?.moreAfter).toBe(false);
});

test("who wasn't looking meanwhile begins at the end again", async () => {
  const { feed, state, stop } = logOf(100);
  await feed.refresh();
  stop();
  state.count = 900;
  await feed.refresh();
  expect(feed.page()).toBeNull();
  await feed.refresh();
  expect(orders(feed)).toEqual(from(841, 900));
});

test("own posts that wait don't hide that something is missing before them", async () => {
  const { feed, state } = logOf(100);
  state.pending = 1;
  await feed.refresh();
  state.count = 900;
  await feed.refresh();
  expect(orders(feed)).toEqual(from(42, 100));
  expect(feed.page()?.moreAfter).toBe(true);
});

test("an older page that can't be had is said, loses nothing, and is asked for again", async () => {
  const { feed, state, settled } = logOf(150);
  await feed.refresh();
  state.down = true;
  await feed.older();
  expect(feed.page()).toMatchObject({ more: true, unreachable: true });
  expect(orders(feed)).toEqual(from(91, 150));
  state.down = false;
  await feed.refresh();
  await settled();
  expect(feed.page()).toMatchObject({ more: true, unreachable: true });
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
  const { feed, state, settled, itemAt } = logOf(700);
  await feed.refresh();
  for (let page = 0; page < 5; page++) await feed.older();
  const before = feed.page()?.items ?? [];
  state.edits.set(200, 1);
  await feed.refresh();
  await settled();
  expect(feed.page()?.items).toEqual(from(141, 700).map(itemAt));
  // Whatever else is shown stays what it was, so that only this is drawn again.
  expect(feed.page()?.items.filter((item, at) => item !== before[at])).toEqual([itemAt(200)]);
});

test("what nobody shows any differently isn't told", async () => {
  const { feed, settled } = logOf(300);
  await feed.refresh();
  await feed.older();
  const before = feed.page();
  await feed.refresh();
  await settled();
  expect(feed.page()).toBe(before);
});

test("writing brings one to the end, wherever one is", async () => {
  const { feed, state } = logOf(2_000);
  await feed.refresh();
  for (let page = 0; page < 8; page++) {
    await feed.older();
    await feed.settle(0);
  }
  expect(feed.page()?.moreAfter).toBe(true);
  state.pending = 1;
  const { window } = feed;
  const before = window();
  await feed.refresh();
  expect(orders(feed).at(-1)).toBe(PENDING);
  expect(feed.page()?.moreAfter).toBe(false);
  expect(window()).not.toBe(before);
});

test("along any path the window is a part of the timeline without gaps, of bounded size, and up to date", async () => {
  const order = fc.double({ min: 0, max: 1, noNaN: true });
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ do: "older" as const }) },
    { weight: 4, arbitrary: fc.constant({ do: "newer" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "latest" as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("show" as const), at: order }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("arrive" as const), count: fc.constantFrom(1, 3, 70, 500) }) },
    { weight: 1, arbitrary: fc.constant({ do: "write" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "sent" as const }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("edit" as const), at: order }) },
  );
  const steps = fc.array(fc.record({ step, lookAt: order }), { minLength: 1, maxLength: 40, size: "max" });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3_000 }), steps, async (count, path) => {
      const { feed, state, all, itemAt, settled } = logOf(count);
      await feed.refresh();
      for (const { step: one, lookAt } of path) {
        const before = feed.page()?.items ?? [];
        const view = feed.window();
        if (one.do === "older" || one.do === "newer" || one.do === "latest") await feed[one.do]();
        else if (one.do === "show") {
          const wanted = 1 + Math.floor(one.at * (state.count - 1));
          expect(await feed.show(`${wanted}` as PostId)).toBe(true);
          expect(orders(feed)).toContain(wanted);
        } else {
          if (one.do === "arrive") state.count += one.count;
          if (one.do === "write") state.pending++;
          if (one.do === "sent" && state.pending > 0) {
            state.pending--;
            state.count++;
          }
          if (one.do === "edit") {
            const at = 1 + Math.floor(one.at * (state.count - 1));
            state.edits.set(at, (state.edits.get(at) ?? 0) + 1);
          }
          await feed.refresh();
        }
        await settled();
        // Within one window nothing is lost of what lies in it, but by letting go.
        if (feed.window() === view)
          expect(orders(feed)).toEqual(
            expect.arrayContaining(before.filter((item) => item.order < PENDING).map((item) => item.order)),
          );
        const shown = orders(feed);
        const looked = shown[Math.floor(lookAt * (shown.length - 1))]!;
        await feed.settle(looked);
        expect(orders(feed)).toContain(looked);
        expect(orders(feed).length).toBeLessThanOrEqual(MOST);

        const whole = all();
        const first = whole.indexOf(orders(feed)[0]!);
        const part = whole.slice(first, first + orders(feed).length);
        expect(feed.page()?.items).toEqual(part.map(itemAt));
        expect(feed.page()?.more).toBe(first > 0);
        expect(feed.page()?.moreAfter).toBe(first + part.length < whole.length);
      }
    }),
    { numRuns: 25 },
  );
});

test("what was let go at the beginning is there to be asked for again", async () => {
  const { feed } = logOf(650);
  await feed.refresh();
  for (let page = 0; page < 6; page++) await feed.older();
  expect(feed.page()).toMatchObject({ more: false, moreAfter: false });
  await feed.settle(650);
  expect(orders(feed)).toEqual(from(251, 650));
  expect(feed.page()?.more).toBe(true);
  for (let page = 0; page < 3; page++) await feed.older();
  await feed.settle(1);
  expect(orders(feed)).toEqual(from(1, 400));
  expect(feed.page()).toMatchObject({ more: false, moreAfter: true });
});
