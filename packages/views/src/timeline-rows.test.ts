import { expect, test } from "vitest";
import type { TimelineItem, TimelinePage } from "@sotto/engine";
import { ADA, GRACE, postAt, YOU } from "./people.test-data.ts";
import { timelineRows, unreadSince, withRowsKept } from "./timeline-rows.ts";
import type { PostRow, TimelineContext } from "./timeline-rows.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 4, 12, 0);
const context = (change: Partial<TimelineContext> = {}): TimelineContext => ({
  kind: "group",
  now: NOW,
  place: { locale: "en-GB", timeZone: "UTC" },
  unreadAfter: null,
  ...change,
});
const page = (items: TimelineItem[], more = true, unreachable = false): TimelinePage => ({
  items,
  more,
  moreAfter: false,
  unreachable,
  unreadAfter: null,
});
const at = (minutes: number) => NOW - 120 * MINUTE + minutes * MINUTE;
const posts = (items: TimelineItem[], change: Partial<TimelineContext> = {}) =>
  timelineRows(page(items), context(change)).filter((row): row is PostRow => row.kind === "post");

test("the same sender within five minutes is one cluster", () => {
  const rows = posts([
    postAt(1, at(0), ADA),
    postAt(2, at(4), ADA),
    postAt(3, at(10), ADA),
    postAt(4, at(11), GRACE),
    postAt(5, at(12), YOU),
  ]);
  expect(rows.map(({ first, last, named }) => [first, last, named])).toEqual([
    [true, false, true],
    [false, true, false],
    [true, true, true],
    [true, true, true],
    [true, true, false],
  ]);
});

test("in a direct conversation nobody needs a name", () => {
  expect(posts([postAt(1, at(0), ADA)], { kind: "direct" })[0]?.named).toBe(false);
});

test("days are divided, and a cluster doesn't reach over midnight", () => {
  const midnight = Date.UTC(2026, 2, 4);
  const rows = timelineRows(page([postAt(1, midnight - MINUTE, ADA), postAt(2, midnight + MINUTE, ADA)]), context());
  expect(rows.map((row) => (row.kind === "day" ? row.label : row.kind))).toEqual([
    "before",
    "Yesterday",
    "post",
    "Today",
    "post",
  ]);
  expect(rows.flatMap((row) => (row.kind === "post" ? [row.last] : []))).toEqual([true, true]);
});

test("a sender who signs any time moves no day: neither into the past nor into the future", () => {
  const rows = timelineRows(
    page([
      postAt(1, at(0), ADA),
      postAt(2, 0, ADA),
      postAt(3, Number.MAX_VALUE, ADA),
      postAt(4, Number.NaN, ADA),
      postAt(5, at(2), ADA),
    ]),
    context(),
  );
  expect(rows.filter((row) => row.kind === "day").map((row) => row.key)).toHaveLength(1);
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});

test("the divider stands before the first unread post and counts those of others", () => {
  const items = [postAt(1, at(0), ADA), postAt(2, at(1), YOU), postAt(3, at(2), ADA), postAt(4, at(3), GRACE)];
  const rows = timelineRows(page(items), context({ unreadAfter: 1 }));
  expect(rows.map((row) => (row.kind === "unread" ? row.label : row.kind))).toEqual([
    "before",
    "day",
    "post",
    "post",
    "2 new messages",
    "post",
    "post",
  ]);
  expect(timelineRows(page(items), context({ unreadAfter: 4 })).some((row) => row.kind === "unread")).toBe(false);
  expect(unreadSince(items, 3)).toBe(1);
});

test("the state is said under the newest own post, and wherever something failed", () => {
  const failed = {
    ...postAt(2, at(1), YOU),
    state: { kind: "failed", failure: { code: "request/timeout", message: "", remedy: { kind: "none" } } },
  } as const;
  const rows = posts([postAt(1, at(0), YOU), failed, postAt(3, at(2), YOU), postAt(4, at(3), ADA)]);
  expect(rows.map((row) => row.stateShown)).toEqual([false, true, true, false]);
});

test("a kind of post that this version can't show keeps its place", () => {
  const item: TimelineItem = {
    kind: "unsupported",
    key: "x",
    order: 1,
    seq: 1,
    at: at(0),
    post: postAt(1, 0, ADA).post,
    sender: ADA,
    own: false,
  };
  expect(posts([item])[0]).toMatchObject({ text: null, first: true, last: true });
});

test("what stands before the first row is said: it comes, it can't be fetched now, or nothing is before it", () => {
  const created: TimelineItem = {
    kind: "system",
    key: "c",
    order: 0,
    seq: 1,
    at: at(0),
    line: { kind: "created", by: ADA },
  };
  const before = (given: TimelinePage) => timelineRows(given, context())[0];
  const one = postAt(1, at(0), ADA);
  expect(before(page([one]))).toEqual({ kind: "before", key: "before", state: "loading" });
  expect(before(page([one], true, true))).toMatchObject({ key: "before", state: "unreachable" });
  expect(before(page([one], false))).toMatchObject({ key: "before", state: "start" });
  expect(before(page([created, one], false))).toMatchObject({ key: "before", state: "told" });
});

test("what is left of a deleted post keeps its place, and says by whom", () => {
  const { key, order, seq, at: when, post, sender, own } = postAt(2, at(1), ADA);
  const item: TimelineItem = { kind: "deleted", key, order, seq, at: when, post, sender, own, by: GRACE };
  const [, row, next] = posts([postAt(1, at(0), ADA), item, postAt(3, at(2), ADA)]);
  expect(row).toMatchObject({ what: "deleted", text: null, deletedBy: GRACE, first: false, last: false });
  expect(row?.marks.may).toEqual({ edit: false, delete: false, pin: false, reply: false });
  expect(next?.first).toBe(false);
});

test("a thread begins with its post, and nothing is said before that; or that it isn't here", () => {
  const [root, reply] = [postAt(1, at(0), ADA), postAt(2, at(1), GRACE)];
  const before = (given: TimelinePage) => timelineRows(given, context({ thread: root.post }))[0];
  expect(before(page([root, reply], false))).toMatchObject({ state: "told" });
  expect(before(page([reply], true))).toMatchObject({ state: "loading" });
  // Nobody can see what isn't here; that it isn't is said.
  expect(before(page([reply], false))).toMatchObject({ state: "rootless" });
  expect(before(page([], false))).toMatchObject({ state: "rootless" });
});

test("rows that say the same are the same, also when every item is a new copy; only what changed is another", () => {
  const items = [postAt(1, at(0), ADA), postAt(2, at(9), GRACE), postAt(3, at(18), ADA)];
  const before = timelineRows(page(items), context());
  const copies = structuredClone(items);
  const [, second] = copies;
  if (second !== undefined) second.marks = { ...second.marks, pinned: true };
  const after = withRowsKept(before, timelineRows(page([...copies, postAt(4, at(27), GRACE)]), context()));
  expect(after.map((row) => before.includes(row))).toEqual([true, true, true, false, true, false]);
  // Bytes count too: a seal that changed is another seal.
  const [first] = structuredClone(items);
  if (first !== undefined) first.sender.seal.key[0] = 255;
  const resealed = withRowsKept(before, timelineRows(page(first === undefined ? [] : [first]), context()));
  expect(before.includes(resealed.at(-1)!)).toBe(false);
});

test("a post that arrives in a cluster changes the row before it, and no other", () => {
  const before = timelineRows(page([postAt(1, at(0), ADA), postAt(2, at(1), ADA)]), context());
  const next = [postAt(1, at(0), ADA), postAt(2, at(1), ADA), postAt(3, at(2), ADA)];
  const after = withRowsKept(before, timelineRows(page(next), context()));
  expect(after.map((row) => before.includes(row))).toEqual([true, true, true, false, false]);
});
