import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { FocusEvent, KeyboardEvent, Ref } from "react";
import { Virtualizer } from "virtua";
import type { VirtualizerHandle } from "virtua";
import type { ConversationSummary, TimelinePage } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";
import { timelineRows, titleOf, unreadSince, withRowsKept } from "@sotto/views";
import type { PostRow, TimelineRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import type { PostActions } from "../parts/post-actions.ts";
import type { Selection } from "../parts/post-desk.tsx";
import { PostJumps } from "../parts/post-jumps.tsx";
import { onPostKey } from "../parts/post-keys.ts";
import { LogRow } from "../parts/post-row.tsx";
import { TypingLine, useTyping } from "../parts/post-typing.tsx";
import { herePlace, useNow } from "../state/clock.ts";
import type { Timeline } from "../state/live.ts";
import { unreadHere, useAnnouncements, useMarkedMeanwhile, useMarkRead } from "./log-read.ts";
import { open as openRoute } from "../state/route.ts";
import { toast } from "../state/toast.ts";

/** Within this of the end one is reading the newest: what arrives scrolls into view. */
const END_PX = 80;
const OLDER_PX = 600;
/** By then rows have their heights. */
const SETTLED_MS = 200;
const TINTED_MS = 1_200;
const AGAIN_MS = 80;

/** What the screen around a log can ask of it. */
export type LogHandle = {
  /** Goes to a post, fetching it where it isn't loaded. */
  jump: (post: PostId) => void;
  toEnd: () => void;
  /** The newest own post that may be edited. */
  lastEditable: () => PostRow | null;
};

type LogProps = {
  summary: ConversationSummary;
  page: TimelinePage;
  timeline: Timeline;
  offline: boolean;
  open: boolean;
  /** The post on which the thread stands that this is the log of. */
  thread: PostId | null;
  actions: PostActions;
  selection: Selection | null;
  /** Marked as unread by hand from after this order: it stays so until the conversation is left. */
  unreadAfter: number | null;
  onEscape: () => void;
  ref: Ref<LogHandle>;
};

/** The rows of a page; those that say the same as before are the same. */
function useRows(summary: ConversationSummary, page: TimelinePage, unreadAfter: number | null, thread: PostId | null) {
  const now = useNow();
  const made = useMemo(
    () => timelineRows(page, { kind: summary.kind, now, place: herePlace(), unreadAfter, thread }),
    [page, summary.kind, now, unreadAfter, thread],
  );
  const [kept, setKept] = useState({ made, rows: made });
  if (kept.made !== made) setKept({ made, rows: withRowsKept(kept.rows, made) });
  return kept.rows;
}

export function Log(props: LogProps) {
  const { summary, page, timeline, offline, open, thread, actions, selection, unreadAfter, onEscape, ref } = props;
  const inThread = thread !== null;
  const { window: view, older, newer, latest, show: bring, settle } = timeline;
  // The same one always: no row is drawn again because it is another.
  const fetchOlder = useRef(older);
  useEffect(() => {
    fetchOlder.current = older;
  }, [older]);
  const onOlder = useCallback(() => fetchOlder.current(), []);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [openedAfter] = useState(() => {
    // The page may be of before; the list isn't.
    const isNews = inThread
      ? summary.threads.some((each) => each.thread === thread)
      : unreadHere(summary, page, null) > 0;
    return isNews ? page.unreadAfter : null;
  });
  const divider = unreadAfter ?? openedAfter;
  // Who has something unread begins where that begins, and has not seen its end.
  const [atEnd, setAtEnd] = useState(openedAfter === null);
  const [far, setFar] = useState(false);
  const stuck = useRef(true);
  const look = useRef<() => void>(() => undefined);
  const [leftAt, setLeftAt] = useState(page.items.at(-1)?.order ?? 0);
  const [active, setActive] = useState<string | null>(null);
  const [tinted, setTinted] = useState<string | null>(null);
  const [unreadAbove, setUnreadAbove] = useState(false);
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const rows = useRows(summary, page, divider, thread);
  const typing = useTyping(summary.conversation);
  const typed = inThread || page.moreAfter ? [] : typing;
  const solo = summary.kind === "direct" || summary.kind === "self";
  const newest = page.items.at(-1);
  const markedMeanwhile = useMarkedMeanwhile(summary);
  useMarkRead(summary, page, thread, atEnd && !page.moreAfter && unreadAfter === null && !markedMeanwhile);
  useAnnouncements(page, summary.people);

  // Items were put before the first one, or let go there: the place being read stays where it is.
  const head = page.items[0]?.order;
  const [drawn, setDrawn] = useState({ page, head, view, shift: false });
  if (drawn.page !== page)
    setDrawn({ page, head, view, shift: drawn.head !== undefined && head !== drawn.head && view === drawn.view });

  const last = rows.length - 1 + (typed.length > 0 ? 1 : 0);
  const toEnd = useCallback(() => list.current?.scrollToIndex(last, { align: "end" }), [last]);
  const shown = useRef({ key: newest?.key, first: true });
  useLayoutEffect(() => {
    const { first, key } = shown.current;
    const isNew = key !== newest?.key;
    shown.current = { key: newest?.key, first: false };
    const unreadAt = rows.findIndex((row) => row.kind === "unread");
    if (first && unreadAt > 0) {
      stuck.current = false;
      list.current?.scrollToIndex(unreadAt, { align: "start", offset: -80 });
      // If all of it fits, nothing scrolls, and the end has been seen all the same.
      setTimeout(() => look.current(), SETTLED_MS);
    } else if (first || stuck.current || (isNew && newest?.kind === "post" && newest.own && newest.seq === null))
      toEnd();
  }, [rows, newest, toEnd]);

  const onScroll = useCallback(() => {
    const handle = list.current;
    if (handle === null) return;
    const rest = handle.scrollSize - handle.scrollOffset - handle.viewportSize;
    const end = rest < END_PX && !page.moreAfter;
    if (stuck.current && !end && newest !== undefined) setLeftAt(newest.order);
    stuck.current = end;
    setAtEnd(end);
    setFar(page.moreAfter || rest > handle.viewportSize);
    const from = handle.findItemIndex(handle.scrollOffset);
    const to = handle.findItemIndex(handle.scrollOffset + handle.viewportSize);
    const unreadAt = rows.findIndex((row) => row.kind === "unread");
    setUnreadAbove(unreadAt >= 0 && unreadAt < from);
    const passed = rows.slice(from, to + 1).filter((row) => isMention(row));
    setSeen((now) =>
      passed.every(({ key }) => now.has(key)) ? now : new Set([...now, ...passed.map(({ key }) => key)]),
    );
    if (handle.scrollOffset < OLDER_PX && page.more && !page.unreachable) void older();
    if (rest < OLDER_PX && page.moreAfter) void newer();
    const middle = rows[from];
    if (middle !== undefined && "order" in middle) void settle(middle.order);
  }, [rows, newest, older, newer, settle, page.more, page.moreAfter, page.unreachable]);

  useEffect(() => {
    look.current = onScroll;
  }, [onScroll]);

  const onResize = useCallback(() => {
    if (stuck.current) toEnd();
    else onScroll();
  }, [toEnd, onScroll]);
  // The composer grows and the keyboard comes up: who was at the end stays there.
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => onResize());
    observer.observe(element);
    return () => observer.disconnect();
  }, [onResize]);
  useEffect(() => {
    const element = scroller.current;
    if (page.more && !page.unreachable && element !== null && element.scrollHeight <= element.clientHeight)
      void older();
  }, [page, older]);
  const missed = useRef(false);
  useEffect(() => {
    // The connection is back: what could not be fetched is asked for without a word.
    if (missed.current && !offline) void older();
    missed.current = offline && page.unreachable;
  }, [offline, page.unreachable, older]);

  /** The row that is on its way: loaded, and not drawn yet. */
  const wanted = useRef<PostId | null>(null);
  const show = useCallback(
    (post: PostId): boolean => {
      const at = rows.findIndex((row) => row.kind === "post" && row.post === post);
      const row = rows[at];
      if (row === undefined) return false;
      wanted.current = null;
      stuck.current = false;
      list.current?.scrollToIndex(at, { align: "center" });
      setTinted(row.key);
      setActive(row.key);
      return true;
    },
    [rows],
  );
  useEffect(() => {
    if (tinted === null) return undefined;
    const timer = setTimeout(() => setTinted(null), TINTED_MS);
    return () => clearTimeout(timer);
  }, [tinted]);
  useEffect(() => {
    if (tinted === null) return undefined;
    // Rows whose heights aren't known yet, and a page that comes at the other end, move it away: gone to until it is there. Whoever came
    // by keyboard goes on from it.
    const again = setInterval(() => {
      const element = scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(tinted)}"]`);
      if (element !== null && element !== undefined && isSeen(element)) {
        element.focus({ preventScroll: true });
        if (element.contains(document.activeElement)) return clearInterval(again);
      } else {
        const at = rows.findIndex(({ key }) => key === tinted);
        if (at !== -1) list.current?.scrollToIndex(at, { align: "center" });
      }
    }, AGAIN_MS);
    return () => clearInterval(again);
  }, [tinted, rows]);
  useEffect(() => {
    if (wanted.current !== null) show(wanted.current);
  }, [show]);
  const jump = useCallback(
    (post: PostId) => {
      if (show(post)) return;
      wanted.current = post;
      // Another part of the timeline comes, and not to be read from its end.
      const wasStuck = stuck.current;
      stuck.current = false;
      void bring(post).then((found) => {
        if (found || wanted.current !== post) return;
        wanted.current = null;
        stuck.current = wasStuck;
        toast(m.post_original_away());
      });
    },
    [show, bring],
  );
  /** One wants to be elsewhere now than where one was being brought. */
  const stopBringing = useCallback(() => {
    wanted.current = null;
    setTinted(null);
  }, []);
  const toLatest = useCallback(() => {
    stopBringing();
    stuck.current = true;
    if (page.moreAfter) void latest();
    else toEnd();
  }, [page.moreAfter, latest, toEnd, stopBringing]);
  const toUnread = () => {
    stopBringing();
    const at = rows.findIndex((row) => row.kind === "unread");
    list.current?.scrollToIndex(at, { align: "start", offset: -80 });
  };
  useImperativeHandle(
    ref,
    () => ({
      jump,
      toEnd: toLatest,
      lastEditable: () =>
        rows.findLast((row): row is PostRow => row.kind === "post" && row.marks.may.edit && row.seq !== null) ?? null,
    }),
    [jump, toLatest, rows],
  );

  const focusRow = useCallback(
    (key: string) => {
      setActive(key);
      list.current?.scrollToIndex(
        rows.findIndex((row) => row.key === key),
        { align: "nearest" },
      );
      requestAnimationFrame(() =>
        scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`)?.focus(),
      );
    },
    [rows],
  );
  const posts = rows.filter((row): row is PostRow => row.kind === "post");
  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = posts.find(({ key }) => key === active) ?? null;
    onPostKey(event, {
      row,
      posts,
      context: { open, inThread },
      actions,
      selecting: selection !== null,
      focusRow,
      toLatest,
      onEscape,
    });
  };
  const onFocus = (event: FocusEvent<HTMLDivElement>) => {
    const key = event.target.closest("[data-row]")?.getAttribute("data-row");
    if (key !== undefined && key !== null && key !== active) setActive(key);
  };
  // The post that had the focus is gone: the next one has it.
  const activeOrder = useRef(0);
  useEffect(() => {
    const at = active === null ? undefined : rows.find((row) => row.key === active);
    if (at !== undefined && "order" in at) activeOrder.current = at.order;
    if (at !== undefined || active === null) return;
    const left = rows.filter((row): row is PostRow => row.kind === "post");
    const next = left.find(({ order }) => order > activeOrder.current) ?? left.at(-1);
    if (next !== undefined && document.activeElement === document.body) focusRow(next.key);
    else setActive(next?.key ?? null);
  }, [rows, active, focusRow]);

  const waiting = atEnd ? 0 : unreadSince(page.items, leftAt);
  const mentions = rows.filter(
    (row): row is PostRow => isMention(row) && row.order > (divider ?? leftAt) && !seen.has(row.key),
  );
  const [mention] = mentions;
  const threads = inThread ? [] : summary.threads;
  const [firstThread] = threads;
  const inThreads = threads.reduce((sum, { unread }) => sum + unread, 0);
  const newIn = new Map(threads.map((each) => [each.thread, each.unread]));
  return (
    <>
      <div
        id={inThread ? "thread-log" : "log"}
        className={`scroll logwrap ${inThreads > 0 ? "led" : ""}`}
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={inThread ? m.post_thread() : m.post_log_label({ title: titleOf(summary) })}
        onKeyDown={onKey}
        onFocus={onFocus}
        data-testid={inThread ? "thread-log" : "log"}
      >
        <div className="push" />
        <Virtualizer
          key={view}
          ref={list}
          scrollRef={scroller}
          shift={drawn.shift}
          onScroll={onScroll}
          onResize={onResize}
          itemSize={56}
        >
          {rows.map((row, at) => (
            <div className={`line ${at === 0 ? "start" : ""} ${at === last ? "end" : ""}`} key={row.key}>
              <LogRow
                row={row}
                solo={solo}
                offline={offline}
                open={open}
                inThread={inThread}
                active={row.key === active}
                fresh={at === rows.length - 1 && row.kind === "post" && row.own && row.state.kind === "sending"}
                tinted={row.key === tinted}
                newInThread={row.kind === "post" ? (newIn.get(row.post) ?? 0) : 0}
                selected={selection === null || !isSelectable(row) ? null : selection.has(row.key)}
                actions={actions}
                onOlder={onOlder}
              />
            </div>
          ))}
          {typed.length > 0 && (
            <div className="line end" key="typing">
              <TypingLine people={typed} />
            </div>
          )}
        </Virtualizer>
      </div>
      <PostJumps
        unreadAbove={unreadAbove}
        onUnread={toUnread}
        mentions={mentions.length}
        onMention={() => mention !== undefined && jump(mention.post)}
        inThreads={inThreads}
        onThread={() =>
          firstThread !== undefined && openRoute(summary.conversation, { kind: "thread", post: firstThread.thread })
        }
        away={!atEnd && (far || waiting > 0)}
        waiting={waiting}
        onLatest={toLatest}
      />
    </>
  );
}

/** Is some of it where one can see it? */
function isSeen(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const place = element.closest(".logwrap")?.getBoundingClientRect();
  return place !== undefined && bottom > place.top && top < place.bottom;
}

function isMention(row: TimelineRow): row is PostRow {
  return row.kind === "post" && row.marks.mentionsSelf && !row.own;
}

function isSelectable(row: TimelineRow): boolean {
  return row.kind === "post" && row.what === "text" && row.seq !== null;
}
