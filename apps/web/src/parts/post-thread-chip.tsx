import { MessagesSquare } from "lucide-react";
import type { PostMarks } from "@sotto/engine";
import { clockTime, listTime } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { herePlace, useNow } from "../state/clock.ts";
import { Icon } from "./icon.tsx";
import { Seal } from "./seal.tsx";

type PostThreadChipProps = {
  replies: NonNullable<PostMarks["replies"]>;
  /** How many of them are unread. */
  news: number;
  stop: 0 | -1;
  onOpen: () => void;
};

const DAY_MS = 86_400_000;

/** "3 replies · 10:41", and how many of them are new: opens the thread on a post. */
export function PostThreadChip({ replies, news, stop, onOpen }: PostThreadChipProps) {
  const now = useNow();
  const time =
    now - replies.newestAt < DAY_MS
      ? clockTime(replies.newestAt, herePlace())
      : listTime(replies.newestAt, now, herePlace());
  return (
    <button type="button" className="thread-chip" tabIndex={stop} data-testid="thread-chip" onClick={onOpen}>
      {replies.people.length === 0 ? (
        <Icon of={MessagesSquare} size={16} />
      ) : (
        replies.people
          .slice(0, 3)
          .map((person) => <Seal key={person.account} material={person.seal} detail="mini" size={18} />)
      )}
      <b>{m.post_replies({ count: replies.count })}</b>
      <span>· {time}</span>
      {news > 0 && <span className="news">{m.post_jump_new({ count: news })}</span>}
    </button>
  );
}
