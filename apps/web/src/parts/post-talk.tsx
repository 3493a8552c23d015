import { memo, useCallback, useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { ConversationDetails, ConversationSummary } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";
import { closedBecause, readersOf, titleOf } from "@sotto/views";
import { Log } from "../screens/log.tsx";
import type { LogHandle } from "../screens/log.tsx";
import { useTimeline } from "../state/live.ts";
import { onPostPlace, takePostPlace } from "../state/post-place.ts";
import { isSameData } from "../state/same-items.ts";
import { Composer as AnyComposer } from "./composer.tsx";
import type { ComposerProps } from "./composing.ts";
import { PeopleHere } from "./people-here.ts";
import { usePostDesk } from "./post-desk.tsx";
import { later } from "./lazy.tsx";
import type { Pinned } from "./post-pins.ts";
import { PostSelectBar } from "./post-select-bar.tsx";

// Most conversations have none, and the list that it opens is heavy.
const PostPins = later(() => import("./post-pins-bar.tsx"));

// Every post changes something of its conversation, and hardly ever what one writes with.
const Composer = memo(AnyComposer);
/** Looking whether so many people are the same costs as much as drawing anew. */
const COMPARED_MAX = 200;

function isSameForWriting(one: ConversationDetails, other: ConversationDetails): boolean {
  return (
    one.conversation === other.conversation &&
    one.kind === other.kind &&
    one.members.length <= COMPARED_MAX &&
    isSameData(
      [one.members, one.rules, one.may, one.ownRole, one.state],
      [other.members, other.rules, other.may, other.ownRole, other.state],
    )
  );
}

/** The details as whoever writes needs them: the same object while nothing of that is another. Unread counts and such may be of before. */
function useForWriting(details: ConversationDetails | null): ConversationDetails | null {
  const [kept, setKept] = useState(details);
  if (kept === details || (kept !== null && details !== null && isSameForWriting(kept, details))) return kept;
  setKept(details);
  return details;
}

type PostTalkProps = {
  summary: ConversationSummary;
  details: ConversationDetails | null;
  offline: boolean;
  thread: PostId | null;
  pins: readonly Pinned[];
  /** Above the composer. */
  notes?: ReactNode;
  /** In the composer's place, where nothing can be written. */
  shut: ReactNode;
};

/** A log, what can be done about its posts, and where one writes: a conversation, or the thread on one of its posts. */
export function PostTalk({ summary, details, offline, thread, pins, notes, shut }: PostTalkProps) {
  const { conversation } = summary;
  const timeline = useTimeline(conversation, thread ?? undefined);
  const { page } = timeline;
  const log = useRef<LogHandle>(null);
  const foot = useRef<HTMLDivElement>(null);
  const open = closedBecause(summary.state) === null && !summary.request && details?.may.post !== false;
  const jump = useCallback((post: PostId) => log.current?.jump(post), []);
  const desk = usePostDesk({ conversation, context: { open, inThread: thread !== null }, onJump: jump });
  const { composing, setComposing, selection } = desk;
  const ready = page !== null;
  const steady = useForWriting(details);

  useEffect(() => {
    if (thread !== null || !ready) return undefined;
    const go = () => {
      const post = takePostPlace(conversation);
      if (post !== null) log.current?.jump(post);
    };
    go();
    return onPostPlace(go);
  }, [conversation, thread, ready]);

  const toComposer = () => foot.current?.querySelector<HTMLElement>("textarea, [contenteditable='true']")?.focus();
  const onEscape = () => {
    if (selection !== null) return desk.endSelection();
    setComposing(null);
    toComposer();
  };
  const onComposed = useCallback(() => setComposing(null), [setComposing]);
  const editLast = useCallback(() => {
    const row = log.current?.lastEditable() ?? null;
    if (row !== null) setComposing({ kind: "edit", post: row.post, text: row.text ?? "" });
  }, [setComposing]);
  const composer: ComposerProps = {
    conversation,
    name: titleOf(summary),
    draft: thread === null ? summary.draft : "",
    readers: details === null ? "" : readersOf(details),
    details: steady,
    composing,
    onComposed,
    onEditLast: editLast,
    ...(thread === null ? {} : { thread }),
  };
  return (
    <PeopleHere value={steady?.members ?? summary.people}>
      {pins.length > 0 && (
        <PostPins conversation={conversation} pins={pins} mayPin={open && details?.may.pin === true} onJump={jump} />
      )}
      {page === null ? (
        <div className="scroll" aria-busy="true" />
      ) : (
        <Log
          ref={log}
          summary={summary}
          page={page}
          timeline={timeline}
          offline={offline}
          open={open}
          thread={thread}
          actions={desk.actions}
          selection={selection}
          unreadAfter={desk.unreadAfter}
          onEscape={onEscape}
        />
      )}
      <div className="foot" ref={foot}>
        {notes}
        {selection !== null ? (
          <PostSelectBar desk={desk} inThread={thread !== null} />
        ) : open ? (
          <Composer {...composer} />
        ) : (
          shut
        )}
      </div>
      {desk.popups}
    </PeopleHere>
  );
}
