import { useEffect, useRef, useState } from "react";
import type { ConversationSummary, Person, TimelinePage } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";
import { previewOf, shortNameOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { announce } from "../parts/announcer.tsx";
import { useEngine } from "../state/live.ts";

/** What is unread of what a log shows: of the conversation itself, or of one thread. Of more threads than are named, as far as is known. */
export function unreadHere(
  { unread, threads }: ConversationSummary,
  page: TimelinePage,
  thread: PostId | null,
): number {
  if (thread === null) return threads.reduce((rest, each) => rest - each.unread, unread);
  return threads.find((each) => each.thread === thread)?.unread ?? (page.unreadAfter === null ? 0 : 1);
}

/** Was it marked as unread by hand while this is open? Then it stays so until one comes back: whatever else is open beside it. */
export function useMarkedMeanwhile({ markedUnread }: ConversationSummary): boolean {
  const [state, setState] = useState({ marked: markedUnread, meanwhile: false });
  if (state.marked !== markedUnread) setState({ marked: markedUnread, meanwhile: markedUnread });
  return state.meanwhile && markedUnread;
}

/** Tells the engine that the person has seen the end: only while this page is in front and shows it. */
export function useMarkRead(
  summary: ConversationSummary,
  page: TimelinePage,
  thread: PostId | null,
  atEnd: boolean,
): void {
  const engine = useEngine();
  const newest = page.items.at(-1)?.order;
  const { conversation } = summary;
  const unread = unreadHere(summary, page, thread);
  /** What is being marked now: asking for the same again only costs another answer. */
  const marking = useRef("");
  useEffect(() => {
    if (!atEnd || newest === undefined || unread <= 0) return undefined;
    const mark = () => {
      const what = `${conversation} ${newest}`;
      if (document.visibilityState !== "visible" || marking.current === what) return;
      marking.current = what;
      const end = () => {
        if (marking.current === what) marking.current = "";
      };
      // If this fails the count stays, which is the truth.
      engine.markRead({ conversation, upToOrder: newest, ...(thread !== null && { thread }) }).then(end, end);
    };
    mark();
    document.addEventListener("visibilitychange", mark);
    return () => document.removeEventListener("visibilitychange", mark);
  }, [engine, conversation, thread, newest, atEnd, unread]);
}

/** Says what arrives in the open conversation, in few words. */
export function useAnnouncements(page: TimelinePage, people: readonly Person[]): void {
  const said = useRef(page.items.at(-1)?.order ?? 0);
  useEffect(() => {
    const arrived = page.items.filter((item) => item.order > said.current && item.kind === "post" && !item.own);
    said.current = Math.max(said.current, page.items.at(-1)?.order ?? 0);
    if (arrived.length > 3) announce(m.count_new_messages({ count: arrived.length }));
    else
      for (const item of arrived)
        if (item.kind === "post") announce(`${shortNameOf(item.sender)}: ${previewOf(item.text, people)}`);
  }, [page, people]);
}
