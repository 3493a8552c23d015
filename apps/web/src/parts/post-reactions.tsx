import { SmilePlus } from "lucide-react";
import type { Reaction } from "@sotto/engine";
import { whoReacted } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";

type PostReactionsProps = {
  reactions: readonly Reaction[];
  stop: 0 | -1;
  /** Null where nothing can be written: they are shown and can't be changed. */
  onReact: ((emoji: string, on: boolean) => void) | null;
  onMore: (at: HTMLElement) => void;
  onWho: (emoji: string, at: HTMLElement) => void;
};

/** The emoji under a post, most used first. Pointing at one names who chose it; a long press or right click lists them. */
export function PostReactions({ reactions, stop, onReact, onMore, onWho }: PostReactionsProps) {
  if (reactions.length === 0) return null;
  return (
    <div className="rx" role="group" aria-label={m.post_reactions()} data-testid="reactions">
      {reactions.map((reaction) => {
        const people = whoReacted(reaction);
        return (
          <button
            key={reaction.emoji}
            type="button"
            tabIndex={stop}
            className={reaction.own ? "mine" : ""}
            aria-pressed={reaction.own}
            aria-label={m.post_reaction({ emoji: reaction.emoji, people: `${reaction.count}: ${people}` })}
            title={people}
            onClick={() => onReact?.(reaction.emoji, !reaction.own)}
            onContextMenu={(event) => {
              event.preventDefault();
              event.stopPropagation();
              onWho(reaction.emoji, event.currentTarget);
            }}
          >
            <span className="em">{reaction.emoji}</span>
            {reaction.count}
          </button>
        );
      })}
      {onReact !== null && (
        <button
          type="button"
          className="add"
          tabIndex={stop}
          aria-label={m.post_add_reaction()}
          title={m.post_add_reaction()}
          onClick={(event) => onMore(event.currentTarget)}
        >
          <Icon of={SmilePlus} size={16} />
        </button>
      )}
    </div>
  );
}
