import type { RefObject } from "react";
import { Popover } from "@base-ui/react/popover";
import { EmojiPicker } from "frimousse";
import type { EmojiPickerListCategoryHeaderProps, EmojiPickerListEmojiProps, EmojiPickerListRowProps } from "frimousse";
import { Search } from "lucide-react";
import { getLocale, m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";

type EmojiPopoverProps = {
  anchor: RefObject<HTMLElement | null>;
  onPick: (emoji: string) => void;
  onClose: () => void;
};

function CategoryHeader({ category, ...props }: EmojiPickerListCategoryHeaderProps) {
  return (
    <div className="ep-cat" {...props}>
      {category.label}
    </div>
  );
}

// Rows and columns are counted from 1 (WAI-ARIA 1.2 §6.6), the picker counts from 0.
function fromOne(index: number | undefined): number | undefined {
  return index === undefined ? undefined : Number(index) + 1;
}

function Row({ children, ...props }: EmojiPickerListRowProps) {
  return (
    <div className="ep-row" {...props} aria-rowindex={fromOne(props["aria-rowindex"])}>
      {children}
    </div>
  );
}

function Emoji({ emoji, ...props }: EmojiPickerListEmojiProps) {
  return (
    <button type="button" className="em-b" {...props} aria-colindex={fromOne(props["aria-colindex"])}>
      {emoji.emoji}
    </button>
  );
}

/** The emoji picker. Its data comes from our own server, when it is first opened. */
export default function EmojiPopover({ anchor, onPick, onClose }: EmojiPopoverProps) {
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Portal>
        <Popover.Positioner
          anchor={anchor}
          side="top"
          align="end"
          sideOffset={10}
          collisionPadding={8}
          className="menu-pos"
        >
          <Popover.Popup className="menu" aria-label={m.emoji_emoji()}>
            <EmojiPicker.Root
              className="ep-root"
              columns={8}
              emojibaseUrl="/emoji"
              locale={getLocale()}
              onEmojiSelect={({ emoji }) => onPick(emoji)}
            >
              <label className="find ep-find">
                <Icon of={Search} size={18} />
                <EmojiPicker.Search placeholder={m.emoji_search()} aria-label={m.emoji_search()} autoFocus />
              </label>
              <EmojiPicker.Viewport>
                <EmojiPicker.Loading className="ep-note">{m.emoji_loading()}</EmojiPicker.Loading>
                <EmojiPicker.Empty className="ep-note">{m.emoji_none()}</EmojiPicker.Empty>
                <EmojiPicker.List components={{ CategoryHeader, Row, Emoji }} />
              </EmojiPicker.Viewport>
            </EmojiPicker.Root>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
