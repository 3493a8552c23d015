import { useEffect, useRef } from "react";
import type { KeyboardEvent } from "react";
import { Popover } from "@base-ui/react/popover";
import { Plus } from "lucide-react";
import type { PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { recentEmoji } from "../state/recent-emoji.ts";
import { Icon } from "./icon.tsx";
import type { Place } from "./post-actions.ts";

type QuickEmojiProps = {
  row: PostRow;
  onReact: (emoji: string) => void;
  onMore: () => void;
  /** The first one takes the focus. */
  focused: boolean;
};

/** Six emoji at hand, and the way to all the others. One stop for Tab, arrows inside. */
export function QuickEmoji({ row, onReact, onMore, focused }: QuickEmojiProps) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (focused) bar.current?.querySelector("button")?.focus();
  }, [focused]);
  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const toEnd = getComputedStyle(event.currentTarget).direction === "rtl" ? -1 : 1;
    const by = event.key === "ArrowRight" ? toEnd : event.key === "ArrowLeft" ? -toEnd : 0;
    const next = event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : by === 0 ? null : at + by;
    if (next === null) return;
    event.preventDefault();
    buttons[(next + buttons.length) % buttons.length]?.focus();
  };
  const own = row.marks.reactions.filter((reaction) => reaction.own).map(({ emoji }) => emoji);
  return (
    <div className="quick" role="toolbar" aria-label={m.post_react()} ref={bar} onKeyDown={onKey}>
      {recentEmoji().map((emoji, at) => (
        <button
          key={emoji}
          type="button"
          className={`em-b ${own.includes(emoji) ? "on" : ""}`}
          aria-pressed={own.includes(emoji)}
          aria-label={m.post_react_with({ emoji })}
          tabIndex={at === 0 ? 0 : -1}
          onClick={() => onReact(emoji)}
        >
          {emoji}
        </button>
      ))}
      <button type="button" className="em-b t2" tabIndex={-1} aria-label={m.post_more_emoji()} onClick={onMore}>
        <Icon of={Plus} />
      </button>
    </div>
  );
}

type PostQuickProps = Omit<QuickEmojiProps, "focused"> & { place: Place; onClose: () => void };

export function PostQuick({ place, onClose, ...quick }: PostQuickProps) {
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Portal>
        <Popover.Positioner
          anchor={{ getBoundingClientRect: () => DOMRect.fromRect(place) }}
          side="top"
          sideOffset={6}
          collisionPadding={8}
          className="menu-pos"
        >
          <Popover.Popup className="menu quick-pop" aria-label={m.post_react()}>
            <QuickEmoji {...quick} focused />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
