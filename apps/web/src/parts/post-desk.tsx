import { useCallback, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { cleanText } from "@sotto/protocol";
import type { ConversationId, PostId } from "@sotto/protocol";
import { postsAsText, senderOf } from "@sotto/views";
import type { ActContext, PostAct, PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useEngine } from "../state/live.ts";
import { noteEmoji } from "../state/recent-emoji.ts";
import { open as openRoute } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import type { Composing } from "./composing.ts";
import { later } from "./lazy.tsx";
import type { Place, PostActions } from "./post-actions.ts";
import type { Popup } from "./post-popups.tsx";

const PostPopups = later(() => import("./post-popups.tsx"));

export type Selection = ReadonlyMap<string, PostRow>;

export type PostDesk = {
  actions: PostActions;
  composing: Composing | null;
  setComposing: (composing: Composing | null) => void;
  /** Null: nothing is being selected. By key of the row. */
  selection: Selection | null;
  endSelection: () => void;
  /** What lies after this order was marked as unread here, by hand. */
  unreadAfter: number | null;
  copy: (rows: readonly PostRow[]) => void;
  ask: (kind: "delete" | "forward", rows: readonly PostRow[]) => void;
  popups: ReactNode;
};

type DeskProps = {
  conversation: ConversationId;
  context: ActContext;
  /** The same one always: no row is drawn again because it is another. */
  onJump: (post: PostId) => void;
};

/** Everything that can be asked for about the posts of one log, and what stands open because of it. */
export function usePostDesk({ conversation, context, onJump }: DeskProps): PostDesk {
  const engine = useEngine();
  const [composing, setComposing] = useState<Composing | null>(null);
  const [selection, setSelection] = useState<Selection | null>(null);
  const [unreadAfter, setUnreadAfter] = useState<number | null>(null);
  const [popup, setPopup] = useState<Popup | null>(null);

  const copy = useCallback((rows: readonly PostRow[]) => {
    navigator.clipboard.writeText(cleanText(postsAsText(rows))).then(
      () => toast(m.post_copied({ count: rows.length })),
      () => toast(m.post_copy_refused()),
    );
  }, []);
  const endSelection = useCallback(() => setSelection(null), []);

  const actions = useMemo((): PostActions => {
    const attempt = (work: Promise<unknown>, words?: string) =>
      void work.then(
        () => words !== undefined && toast(words),
        () => toast(m.post_all_selected_failed()),
      );
    const react = (row: PostRow, emoji: string, on: boolean) => {
      if (on) noteEmoji(emoji);
      attempt(engine.react({ conversation, post: row.post, emoji, on }));
    };
    const onAct = (row: PostRow, act: PostAct, place: Place) => {
      const { post } = row;
      switch (act) {
        case "react":
          return setPopup({ kind: "quick", row, place });
        case "reply":
          return setComposing({ kind: "reply", post, who: senderOf(row), text: row.text ?? "" });
        case "thread":
          return openRoute(conversation, { kind: "thread", post });
        case "edit":
          return setComposing({ kind: "edit", post, text: row.text ?? "" });
        case "copy":
          return copy([row]);
        case "forward":
          return setPopup({ kind: "forward", rows: [row] });
        case "pin":
        case "unpin":
          return attempt(engine.setPostPinned({ conversation, post, pinned: act === "pin" }));
        case "save":
        case "unsave":
          return attempt(engine.setStarred({ conversation, post, starred: act === "save" }));
        case "unread":
          setUnreadAfter(row.order - 1);
          return attempt(engine.markUnread({ conversation, fromOrder: row.order }), m.post_marked_unread());
        case "select":
          return setSelection(new Map([[row.key, row]]));
        case "versions":
        case "sees":
          return setPopup({ kind: act, row });
        case "delete":
          return setPopup({ kind: "delete", rows: [row] });
      }
    };
    return {
      onAct,
      onMenu: (row, place) => setPopup({ kind: "menu", row, place }),
      onReact: react,
      onWho: (row, emoji, place) => setPopup({ kind: "who", row, emoji, place }),
      onJump,
      onVote: (row, options) => attempt(engine.vote({ conversation, post: row.post, options })),
      onClosePoll: (row) => setPopup({ kind: "close-poll", row }),
      onSelect: (row) =>
        setSelection((now) => {
          const next = new Map(now);
          if (!next.delete(row.key)) next.set(row.key, row);
          return next.size === 0 ? null : next;
        }),
      onRetry: ({ post }) => attempt(engine.retry({ conversation, post })),
      onDiscard: ({ post }) => attempt(engine.discard({ conversation, post })),
      onPerson: ({ sender }) => openRoute(conversation, { kind: "person", account: sender.account }),
    };
  }, [engine, conversation, copy, onJump]);

  const popups =
    popup === null ? null : (
      <PostPopups
        popup={popup}
        conversation={conversation}
        context={context}
        onPopup={setPopup}
        onClose={(closed) => setPopup((now) => (now === closed ? null : now))}
        onAct={actions.onAct}
        onReact={(row, emoji) => {
          const on = !row.marks.reactions.some((reaction) => reaction.own && reaction.emoji === emoji);
          actions.onReact(row, emoji, on);
        }}
        onDone={endSelection}
      />
    );
  return {
    actions,
    composing,
    setComposing,
    selection,
    endSelection,
    unreadAfter,
    copy,
    ask: (kind, rows) => setPopup({ kind, rows }),
    popups,
  };
}
