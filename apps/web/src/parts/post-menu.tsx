import { Dialog } from "@base-ui/react/dialog";
import { Menu } from "@base-ui/react/menu";
import {
  Bookmark,
  BookmarkX,
  Copy,
  Forward,
  History,
  MailOpen,
  MessagesSquare,
  Pencil,
  Pin,
  PinOff,
  Reply,
  ScanEye,
  SmilePlus,
  SquareCheck,
  Trash2,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { senderOf } from "@sotto/views";
import type { PostAct, PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useNarrow } from "../state/narrow.ts";
import { Icon } from "./icon.tsx";
import type { Place } from "./post-actions.ts";
import { isLifting } from "./post-press.ts";
import { QuickEmoji } from "./post-quick.tsx";

const ITEMS: Record<PostAct, { of: LucideIcon; words: () => string; key?: string }> = {
  react: { of: SmilePlus, words: m.post_react, key: "E" },
  reply: { of: Reply, words: m.post_reply, key: "R" },
  thread: { of: MessagesSquare, words: m.post_reply_in_thread },
  edit: { of: Pencil, words: m.post_edit },
  copy: { of: Copy, words: m.post_copy, key: "C" },
  forward: { of: Forward, words: m.post_forward },
  pin: { of: Pin, words: m.post_pin },
  unpin: { of: PinOff, words: m.post_unpin },
  save: { of: Bookmark, words: m.post_save },
  unsave: { of: BookmarkX, words: m.post_unsave },
  unread: { of: MailOpen, words: m.post_mark_unread, key: "U" },
  select: { of: SquareCheck, words: m.post_select },
  versions: { of: History, words: m.post_versions },
  sees: { of: ScanEye, words: m.post_sees },
  delete: { of: Trash2, words: m.post_delete, key: "Del" },
};

type PostMenuProps = {
  row: PostRow;
  place: Place;
  acts: readonly PostAct[];
  onAct: (act: PostAct) => void;
  onReact: (emoji: string) => void;
  /** All the other emoji. */
  onMore: () => void;
  onClose: () => void;
};

/** What can be done about a post: a menu beside it, or on a phone a sheet with the six emoji on top. */
export function PostMenu(props: PostMenuProps) {
  return useNarrow() ? <AsSheet {...props} /> : <AsMenu {...props} />;
}

function AsMenu({ row, place, acts, onAct, onClose }: PostMenuProps) {
  return (
    <Menu.Root open onOpenChange={(open) => !open && onClose()}>
      <Menu.Portal>
        <Menu.Positioner
          className="menu-pos"
          // It hangs outside of every landmark otherwise.
          role="region"
          aria-label={m.post_actions()}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          anchor={{ getBoundingClientRect: () => DOMRect.fromRect(place) }}
        >
          <Menu.Popup className="menu post-menu" aria-label={m.post_actions_of({ name: senderOf(row) })}>
            {acts.map((act) => {
              const { of, words, key } = ITEMS[act];
              return [
                act === "delete" && acts.length > 1 ? <Menu.Separator key="line" render={<hr />} /> : null,
                <Menu.Item
                  key={act}
                  className={`mi ${act === "delete" ? "dng" : ""}`}
                  label={words()}
                  onClick={() => onAct(act)}
                >
                  <Icon of={of} size={18} />
                  <span className="grow">{words()}</span>
                  {key !== undefined && (
                    <span className="kbd" aria-hidden="true">
                      {key}
                    </span>
                  )}
                </Menu.Item>,
              ];
            })}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function AsSheet({ row, acts, onAct, onReact, onMore, onClose }: PostMenuProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && !isLifting() && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className="dlg-view">
          <Dialog.Popup className="dlg post-sheet" aria-label={m.post_actions_of({ name: senderOf(row) })}>
            {acts.includes("react") && <QuickEmoji row={row} onReact={onReact} onMore={onMore} focused={false} />}
            <div className="post-sheet-i">
              {acts
                .filter((act) => act !== "react")
                .map((act) => (
                  <button
                    key={act}
                    type="button"
                    className={`mi ${act === "delete" ? "dng" : ""}`}
                    onClick={() => onAct(act)}
                  >
                    <Icon of={ITEMS[act].of} size={18} />
                    {ITEMS[act].words()}
                  </button>
                ))}
            </div>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
