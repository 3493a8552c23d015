import type { ConversationKindName, Person, PostMarks, PostState, TimelineItem, TimelinePage } from "@sotto/engine";
import type { PostId, Seq } from "@sotto/protocol";
import { m } from "./messages.ts";
import { NO_MARKS } from "./no-marks.ts";
import { isSame } from "./same.ts";
import { systemWords } from "./system-line.ts";
import type { SystemWords } from "./system-line.ts";
import { clockTime, dayLabel, dayNumber } from "./when.ts";
import type { Place } from "./when.ts";

const CLUSTER_MS = 5 * 60_000;

export type PostRow = {
  kind: "post";
  key: string;
  order: number;
  seq: Seq | null;
  post: PostId;
  sender: Person;
  own: boolean;
  /** A text (that may carry a poll), what is left of a deleted post, or a kind of post that this version can't show. */
  what: "text" | "deleted" | "unsupported";
  /** Null unless `what` is "text". */
  text: string | null;
  marks: PostMarks;
  /** Who deleted it; null unless `what` is "deleted". */
  deletedBy: Person | null;
  /** ms, as its sender signed it. */
  at: number;
  /** Edges of its cluster: the same sender within five minutes. */
  first: boolean;
  last: boolean;
  /** Name and seal are shown at the head of a cluster where more than one other person may write. */
  named: boolean;
  time: string;
  state: PostState;
  /** The state in words is shown under the newest own cluster and wherever something is wrong. */
  stateShown: boolean;
};

export type BeforeState = "loading" | "unreachable" | "start" | "told" | "rootless";

export type TimelineRow =
  | PostRow
  | { kind: "day"; key: string; label: string }
  | { kind: "unread"; key: string; label: string }
  /**
   * What lies before the first row: it comes, it can't be fetched now, or this is where everything began (said, or told by the first line
   * itself); or it is a thread whose post isn't here.
   */
  | { kind: "before"; key: string; state: BeforeState }
  | { kind: "system"; key: string; order: number; words: SystemWords; time: string };

export type TimelineContext = {
  kind: ConversationKindName;
  /** ms */
  now: number;
  place: Place;
  /** Items after this order were unread when the conversation was opened; null for none. */
  unreadAfter: number | null;
  /** What stands in the thread on this post: it begins with that. */
  thread?: PostId | null;
};

type PostItem = Exclude<TimelineItem, { kind: "system" }>;

function isPost(item: TimelineItem | undefined): item is PostItem {
  return item !== undefined && item.kind !== "system";
}

function stateOf(item: PostItem): PostState {
  return item.kind === "post" ? item.state : { kind: "received" };
}

/** The rows of a page of a timeline, oldest first. Pure: the same page at the same time gives the same rows. */
export function timelineRows(page: TimelinePage, context: TimelineContext): TimelineRow[] {
  const { items } = page;
  const { place, now, unreadAfter } = context;
  const named = context.kind === "group" || context.kind === "room";
  // One key whatever it says: what stands above everything changes in place, and nothing below it moves.
  const rows: TimelineRow[] = [{ kind: "before", key: "before", state: beforeOf(page, context.thread ?? null) }];
  const unread = unreadAfter === null ? [] : items.filter((item) => isUnread(item, unreadAfter));
  const firstUnread = unread.find((item) => item.kind !== "system");
  const unreadPosts = unread.filter((item) => item.kind !== "system").length;
  const lastOwn = items.findLast((item) => isPost(item) && item.own);
  let day: number | null = null;
  // A sender may sign any time. Days follow the order of the log and never run ahead of our own clock.
  let shownAt = 0;
  let previous: PostRow | null = null;
  let previousAt = 0;
  for (const item of items) {
    if (Number.isFinite(item.at)) shownAt = Math.max(shownAt, Math.min(item.at, now));
    const itemDay = dayNumber(shownAt, place);
    if (day !== itemDay) {
      day = itemDay;
      rows.push({ kind: "day", key: `day ${itemDay}`, label: dayLabel(shownAt, now, place) });
      previous = null;
    }
    if (item === firstUnread) {
      rows.push({ kind: "unread", key: "unread", label: m.count_new_messages({ count: unreadPosts }) });
      previous = null;
    }
    if (!isPost(item)) {
      rows.push({
        kind: "system",
        key: item.key,
        order: item.order,
        words: systemWords(item.line, context.kind),
        time: clockTime(item.at, place),
      });
      previous = null;
      continue;
    }
    const joins =
      previous !== null &&
      previous.own === item.own &&
      previous.sender.account === item.sender.account &&
      Math.abs(item.at - previousAt) <= CLUSTER_MS;
    const state = stateOf(item);
    const row: PostRow = {
      kind: "post",
      key: item.key,
      order: item.order,
      seq: item.seq,
      post: item.post,
      sender: item.sender,
      own: item.own,
      what: item.kind === "post" ? "text" : item.kind,
      text: item.kind === "post" ? item.text : null,
      marks: item.kind === "post" ? item.marks : NO_MARKS,
      deletedBy: item.kind === "deleted" ? item.by : null,
      at: item.at,
      first: !joins,
      last: true,
      named: named && !item.own && !joins,
      time: clockTime(item.at, place),
      state,
      stateShown: state.kind === "failed" || (item.own && item === lastOwn),
    };
    if (joins && previous !== null) previous.last = false;
    rows.push(row);
    previous = row;
    previousAt = item.at;
  }
  return rows;
}

/**
 * The new rows, with every row of before in place of one that says the same: what is drawn from it isn't drawn again. Pure; costs one
 * comparison a row, and none where the item itself is the same.
 */
export function withRowsKept(before: readonly TimelineRow[], rows: readonly TimelineRow[]): TimelineRow[] {
  const known = new Map(before.map((row) => [row.key, row]));
  return rows.map((row) => {
    const old = known.get(row.key);
    return old !== undefined && isSame(old, row) ? old : row;
  });
}

function beforeOf(page: TimelinePage, thread: PostId | null): BeforeState {
  if (page.unreachable) return "unreachable";
  if (page.more) return "loading";
  const [head] = page.items;
  if (thread !== null) return head !== undefined && isPost(head) && head.post === thread ? "told" : "rootless";
  const told = head?.kind === "system" && (head.line.kind === "created" || head.line.kind === "joined-here");
  return told ? "told" : "start";
}

function isUnread(item: TimelineItem, unreadAfter: number): boolean {
  return item.order > unreadAfter && !(isPost(item) && item.own);
}

/** How many posts of others lie after this order. */
export function unreadSince(items: readonly TimelineItem[], order: number): number {
  return items.filter((item) => isPost(item) && isUnread(item, order)).length;
}
