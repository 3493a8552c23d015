import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { ArrowDown } from "lucide-react";
import { Virtualizer } from "virtua";
import type { VirtualizerHandle } from "virtua";
import type { ConversationSummary, TimelinePage } from "@sotto/engine";
import { countOf, previewOf, shortNameOf, timelineRows, titleOf, unreadSince } from "@sotto/views";
import type { TimelineRow } from "@sotto/views";
import { announce } from "../parts/announcer.tsx";
import { Icon } from "../parts/icon.tsx";
import { Post } from "../parts/post.tsx";
import type { PostActions } from "../parts/post.tsx";
import { SystemRow } from "../parts/system-row.tsx";
import { herePlace, useNow } from "../state/clock.ts";
import { useEngine } from "../state/live.ts";

/** Within this of the end one is reading the newest: what arrives scrolls into view. */
const END_PX = 80;
const OLDER_PX = 600;
/** By then rows have their heights. */
const SETTLED_MS = 200;

type LogProps = {
  summary: ConversationSummary;
  page: TimelinePage;
  older: () => Promise<void>;
  offline: boolean;
  actions: PostActions;
};

/** Tells the engine that the person has seen the end: only while this page is in front and shows it. */
function useMarkRead(summary: ConversationSummary, page: TimelinePage, atEnd: boolean): void {
  const engine = useEngine();
  const newest = page.items.at(-1)?.order;
  const { conversation, unread } = summary;
  useEffect(() => {
    if (!atEnd || newest === undefined || unread === 0) return undefined;
    const mark = () => {
      if (document.visibilityState === "visible")
        // If this fails the count stays, which is the truth.
        engine.markRead({ conversation, upToOrder: newest }).catch(() => undefined);
    };
    mark();
    document.addEventListener("visibilitychange", mark);
    return () => document.removeEventListener("visibilitychange", mark);
  }, [engine, conversation, newest, atEnd, unread]);
}

/** Says what arrives in the open conversation, in few words. */
function useAnnouncements(page: TimelinePage): void {
  const said = useRef(page.items.at(-1)?.order ?? 0);
  useEffect(() => {
    const arrived = page.items.filter((item) => item.order > said.current && item.kind === "post" && !item.own);
    said.current = Math.max(said.current, page.items.at(-1)?.order ?? 0);
    if (arrived.length > 3) announce(countOf(arrived.length, "new message", "new messages"));
    else
      for (const item of arrived)
        if (item.kind === "post") announce(`${shortNameOf(item.sender)}: ${previewOf(item.text)}`);
  }, [page]);
}

export function Log({ summary, page, older, offline, actions }: LogProps) {
  const now = useNow();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [divider] = useState(() => (summary.unread > 0 ? page.unreadAfter : null));
  // Who has something unread begins where that begins, and has not seen its end.
  const [atEnd, setAtEnd] = useState(divider === null);
  const [far, setFar] = useState(false);
  const stuck = useRef(true);
  const look = useRef<() => void>(() => undefined);
  const [leftAt, setLeftAt] = useState(page.items.at(-1)?.order ?? 0);
  const [active, setActive] = useState<string | null>(null);
  const rows = useMemo(
    () => timelineRows(page, { kind: summary.kind, now, place: herePlace(), unreadAfter: divider }),
    [page, summary.kind, now, divider],
  );
  const solo = summary.kind === "direct" || summary.kind === "self";
  const newest = page.items.at(-1);
  useMarkRead(summary, page, atEnd);
  useAnnouncements(page);

  // Items were put before the first one: the place being read stays where it is.
  const head = page.items[0]?.order;
  const [drawn, setDrawn] = useState({ page, head, shift: false });
  if (drawn.page !== page)
    setDrawn({ page, head, shift: head !== undefined && drawn.head !== undefined && head < drawn.head });

  const toEnd = useCallback(() => list.current?.scrollToIndex(rows.length - 1, { align: "end" }), [rows.length]);
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
    } else if (first || stuck.current || (isNew && newest?.kind === "post" && newest.own)) toEnd();
  }, [rows, newest, toEnd]);

  const onScroll = useCallback(() => {
    const handle = list.current;
    if (handle === null) return;
    const rest = handle.scrollSize - handle.scrollOffset - handle.viewportSize;
    const end = rest < END_PX;
    if (stuck.current && !end && newest !== undefined) setLeftAt(newest.order);
    stuck.current = end;
    setAtEnd(end);
    setFar(rest > handle.viewportSize);
    if (handle.scrollOffset < OLDER_PX && page.more && !page.unreachable) void older();
  }, [newest, older, page.more, page.unreachable]);

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

  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown"))
      return;
    const keys = rows.filter((row) => row.kind === "post").map((row) => row.key);
    const at = active === null ? keys.length : keys.indexOf(active);
    const to = keys[Math.max(0, Math.min(keys.length - 1, at + (event.key === "ArrowUp" ? -1 : 1)))];
    if (to === undefined) return;
    event.preventDefault();
    setActive(to);
    list.current?.scrollToIndex(
      rows.findIndex((row) => row.key === to),
      { align: "nearest" },
    );
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(to)}"]`)?.focus(),
    );
  };

  const waiting = atEnd ? 0 : unreadSince(page.items, leftAt);
  return (
    <>
      <div
        id="log"
        className="scroll logwrap"
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`Messages in ${titleOf(summary)}`}
        onKeyDown={onKey}
        data-testid="log"
      >
        <div className="push" />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          shift={drawn.shift}
          onScroll={onScroll}
          onResize={onResize}
          itemSize={56}
        >
          {rows.map((row, at) => (
            <div className={`line ${at === 0 ? "start" : ""} ${at === rows.length - 1 ? "end" : ""}`} key={row.key}>
              <Row
                row={row}
                solo={solo}
                offline={offline}
                active={row.key === active}
                fresh={at === rows.length - 1}
                actions={actions}
                onOlder={older}
              />
            </div>
          ))}
        </Virtualizer>
      </div>
      {!atEnd && (far || waiting > 0) && (
        <div className="jump-at">
          <button
            type="button"
            className="jump"
            onClick={() => {
              stuck.current = true;
              toEnd();
            }}
          >
            <Icon of={ArrowDown} size={16} />
            {waiting > 0 ? `${waiting} new` : "Jump to latest"}
          </button>
        </div>
      )}
    </>
  );
}

type RowProps = {
  row: TimelineRow;
  solo: boolean;
  offline: boolean;
  active: boolean;
  fresh: boolean;
  actions: PostActions;
  onOlder: () => Promise<void>;
};

function Before({
  state,
  onOlder,
}: {
  state: "loading" | "unreachable" | "start" | "told";
  onOlder: () => Promise<void>;
}) {
  return (
    <div className="before" data-testid="before" data-state={state}>
      {state === "loading" && (
        <>
          <span className="spin" aria-hidden="true" />
          <span>Fetching earlier messages…</span>
        </>
      )}
      {state === "unreachable" && (
        <>
          <span>Earlier messages can’t be reached now.</span>
          <button type="button" className="linkish" onClick={() => void onOlder()}>
            Try again
          </button>
        </>
      )}
      {state === "start" && <span>This is where the conversation begins.</span>}
    </div>
  );
}

function Row({ row, solo, offline, active, fresh, actions, onOlder }: RowProps) {
  switch (row.kind) {
    case "before":
      return <Before state={row.state} onOlder={onOlder} />;
    case "day":
      return (
        <div className="day" role="separator">
          {row.label}
        </div>
      );
    case "unread":
      return (
        <div className="unread-d" role="separator" data-testid="unread-divider">
          {row.label}
        </div>
      );
    case "system":
      return <SystemRow words={row.words} time={row.time} />;
    case "post":
      return (
        <Post
          {...actions}
          row={row}
          solo={solo}
          offline={offline}
          active={active}
          fresh={fresh && row.own && row.state.kind === "sending"}
        />
      );
  }
}
