import { ArrowDown, ArrowUp, AtSign, MessagesSquare } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";

type PostJumpsProps = {
  /** The first unread post lies above what is seen. */
  unreadAbove: boolean;
  onUnread: () => void;
  /** Unread posts that mention the person and were not seen yet. */
  mentions: number;
  onMention: () => void;
  /** Unread posts in threads; the way leads into the first of these. */
  inThreads: number;
  onThread: () => void;
  /** Not at the end. `waiting`: what arrived since. */
  away: boolean;
  waiting: number;
  onLatest: () => void;
};

/** The ways to where one isn't: above the log's end, below its beginning. */
export function PostJumps(props: PostJumpsProps) {
  const { unreadAbove, onUnread, mentions, onMention, inThreads, onThread, away, waiting, onLatest } = props;
  return (
    <div className="jump-at">
      <div className="jumps">
        {unreadAbove && (
          <button type="button" className="jump" onClick={onUnread}>
            <Icon of={ArrowUp} size={16} />
            {m.post_jump_unread()}
          </button>
        )}
        {mentions > 0 && (
          <button type="button" className="jump" title={m.post_mention_next()} onClick={onMention}>
            <Icon of={AtSign} size={16} />
            <span aria-hidden="true">{mentions}</span>
            <span className="vh">{m.post_jump_mention({ count: mentions })}</span>
          </button>
        )}
        {inThreads > 0 && (
          <button type="button" className="jump" data-testid="jump-threads" onClick={onThread}>
            <Icon of={MessagesSquare} size={16} />
            {m.post_jump_threads({ count: inThreads })}
          </button>
        )}
        {away && (
          <button type="button" className="jump" onClick={onLatest}>
            <Icon of={ArrowDown} size={16} />
            {waiting > 0 ? m.post_jump_new({ count: waiting }) : m.post_jump_latest()}
          </button>
        )}
      </div>
    </div>
  );
}
