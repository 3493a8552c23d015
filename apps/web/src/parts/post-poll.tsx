import { useState } from "react";
import { ChartBarBig, Check } from "lucide-react";
import type { Poll } from "@sotto/engine";
import { cleanText } from "@sotto/protocol";
import { peopleInWords, shortNameOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";

type PostPollProps = {
  poll: Poll;
  stop: 0 | -1;
  onVote: (options: number[]) => void;
  onClose: () => void;
  /** Where nothing can be written, nothing can be voted. */
  open: boolean;
};

/** The options that are chosen after a click on one of them. */
function chosenAfter(poll: Poll, clicked: number): number[] {
  const own = poll.options.flatMap((option, at) => (option.own ? [at] : []));
  if (own.includes(clicked)) return own.filter((at) => at !== clicked);
  return poll.multiple ? [...own, clicked].toSorted((one, other) => one - other) : [clicked];
}

/** A question with answers to choose from: how many chose what is seen at once, and who did when asked. */
export function PostPoll({ poll, stop, onVote, onClose, open }: PostPollProps) {
  const [names, setNames] = useState(false);
  const most = Math.max(1, poll.voters);
  const locked = poll.closed || !open;
  return (
    <div className="poll" data-testid="poll" data-state={poll.closed ? "closed" : "open"}>
      <div className="poll-q" dir="auto">
        {cleanText(poll.question)}
      </div>
      <div className="poll-k">
        <Icon of={ChartBarBig} size={14} />
        {poll.closed ? m.post_poll_closed() : poll.multiple ? m.post_poll_many() : m.post_poll_one()}
      </div>
      <ul className="poll-o" aria-label={m.post_poll()}>
        {poll.options.map((option, at) => {
          const text = cleanText(option.text);
          return (
            <li key={at}>
              <button
                type="button"
                tabIndex={stop}
                className={option.own ? "own" : ""}
                aria-pressed={option.own}
                aria-disabled={locked}
                onClick={() => !locked && onVote(chosenAfter(poll, at))}
              >
                <span className="poll-b" style={{ inlineSize: `${(100 * option.votes) / most}%` }} />
                <span className={`poll-t ${poll.multiple ? "sq" : ""}`}>
                  {option.own && <Icon of={Check} size={12} />}
                </span>
                <span className="grow" dir="auto">
                  {text}
                </span>
                <span className="poll-n" aria-hidden="true">
                  {option.votes}
                </span>
                <span className="vh">{m.post_poll_votes({ count: option.votes })}</span>
              </button>
              {names && option.people.length > 0 && (
                <p className="poll-w">
                  {peopleInWords(
                    option.people.map((one) => (one.trust === "self" ? m.post_you() : shortNameOf(one))),
                    Math.max(option.votes, option.people.length),
                  )}
                </p>
              )}
            </li>
          );
        })}
      </ul>
      <div className="poll-f">
        <span>{poll.voters === 0 ? m.post_poll_nobody() : m.post_poll_voters({ count: poll.voters })}</span>
        {poll.voters > 0 && (
          <button type="button" tabIndex={stop} aria-expanded={names} onClick={() => setNames(!names)}>
            {names ? m.post_poll_hide_votes() : m.post_poll_show_votes()}
          </button>
        )}
        {poll.mayClose && !poll.closed && (
          <button type="button" tabIndex={stop} onClick={onClose}>
            {m.post_close_poll()}
          </button>
        )}
      </div>
    </div>
  );
}
