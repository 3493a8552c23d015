import { useState } from "react";
import { Menu } from "@base-ui/react/menu";
import {
  Archive,
  ArchiveRestore,
  Bell,
  Check,
  ChevronRight,
  Folder as FolderIcon,
  FolderPlus,
  Heart,
  HeartOff,
  MailCheck,
  MailOpen,
  Pin,
  PinOff,
} from "lucide-react";
import type { Folder, Notify } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import type { ConversationRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useEngine } from "../state/live.ts";
import { useFolders } from "../state/own.ts";
import { NEWEST } from "../state/orders.ts";
import { valueOf } from "../state/query.ts";
import { toast } from "../state/toast.ts";
import { Icon } from "./icon.tsx";
import { later } from "./lazy.tsx";

const FolderName = later(() => import("../dialogs/folder-name.tsx"));

/** Where the menu of a row was asked for, in the window. */
export type MenuPlace = { conversation: ConversationId; x: number; y: number };

const NOTIFY: { notify: Notify; name: () => string }[] = [
  { notify: "all", name: m.list_notify_all },
  { notify: "mentions", name: m.list_notify_mentions },
  { notify: "none", name: m.list_notify_none },
];

/** What can be done about a row of the list: by right click or long press. The same is in the details, and on M, P and U. */
export default function ConversationMenu({
  row,
  place,
  onClose,
}: {
  row: ConversationRow;
  place: MenuPlace;
  onClose: () => void;
}) {
  const engine = useEngine();
  const folders = valueOf(useFolders(), []);
  const [naming, setNaming] = useState(false);
  const { conversation, pinned, favourite, archived, notify } = row;
  const unread = row.unread > 0 || row.markedUnread;
  const failed = () => toast(m.palette_failed());
  if (naming)
    return (
      <FolderName
        title={m.list_new_folder()}
        verb={m.list_folder_make()}
        name=""
        onSave={(name) => engine.saveFolder({ folder: null, name, conversations: [conversation] })}
        onClose={onClose}
      />
    );
  return (
    <Menu.Root open onOpenChange={(open) => !open && onClose()} modal={false}>
      <Menu.Portal>
        <Menu.Positioner
          className="menu-pos"
          align="start"
          collisionPadding={8}
          anchor={{ getBoundingClientRect: () => DOMRect.fromRect({ x: place.x, y: place.y }) }}
        >
          <Menu.Popup className="menu" aria-label={m.list_menu({ title: row.title })}>
            <Menu.Item
              className="mi"
              onClick={() => void engine.setPinned({ conversation, pinned: !pinned }).catch(failed)}
            >
              <Icon of={pinned ? PinOff : Pin} size={18} />
              {pinned ? m.list_unpin() : m.list_pin()}
            </Menu.Item>
            <Menu.Item
              className="mi"
              onClick={() =>
                void (
                  unread
                    ? engine.markRead({ conversation, upToOrder: NEWEST, withThreads: true })
                    : engine.markUnread({ conversation, fromOrder: NEWEST })
                ).catch(failed)
              }
            >
              <Icon of={unread ? MailOpen : MailCheck} size={18} />
              {unread ? m.list_mark_read() : m.list_mark_unread()}
            </Menu.Item>
            <Menu.SubmenuRoot>
              <Menu.SubmenuTrigger className="mi">
                <Icon of={Bell} size={18} />
                <span className="grow">{m.list_notify()}</span>
                <Icon of={ChevronRight} size={16} className="to-end" />
              </Menu.SubmenuTrigger>
              <Menu.Portal>
                <Menu.Positioner className="menu-pos" collisionPadding={8}>
                  <Menu.Popup className="menu">
                    <Menu.RadioGroup
                      value={notify}
                      onValueChange={(value: Notify) =>
                        void engine.setNotify({ conversation, notify: value }).catch(failed)
                      }
                    >
                      {NOTIFY.map((one) => (
                        <Menu.RadioItem key={one.notify} value={one.notify} className="mi" closeOnClick>
                          <span className="mi-tick">
                            <Menu.RadioItemIndicator>
                              <Icon of={Check} size={16} />
                            </Menu.RadioItemIndicator>
                          </span>
                          {one.name()}
                        </Menu.RadioItem>
                      ))}
                    </Menu.RadioGroup>
                  </Menu.Popup>
                </Menu.Positioner>
              </Menu.Portal>
            </Menu.SubmenuRoot>
            <Menu.Item
              className="mi"
              onClick={() => void engine.setFavourite({ conversation, favourite: !favourite }).catch(failed)}
            >
              <Icon of={favourite ? HeartOff : Heart} size={18} />
              {favourite ? m.list_unfavourite() : m.list_favourite()}
            </Menu.Item>
            <Menu.SubmenuRoot>
              <Menu.SubmenuTrigger className="mi">
                <Icon of={FolderIcon} size={18} />
                <span className="grow">{m.list_folders()}</span>
                <Icon of={ChevronRight} size={16} className="to-end" />
              </Menu.SubmenuTrigger>
              <Menu.Portal>
                <Menu.Positioner className="menu-pos" collisionPadding={8}>
                  <Menu.Popup className="menu">
                    {folders.map((folder) => (
                      <Menu.CheckboxItem
                        key={folder.folder}
                        className="mi"
                        checked={folder.conversations.includes(conversation)}
                        onCheckedChange={(on) =>
                          void engine.saveFolder(withConversation(folder, conversation, on)).catch(failed)
                        }
                      >
                        <span className="mi-tick">
                          <Menu.CheckboxItemIndicator>
                            <Icon of={Check} size={16} />
                          </Menu.CheckboxItemIndicator>
                        </span>
                        <bdi className="trunc">{folder.name}</bdi>
                      </Menu.CheckboxItem>
                    ))}
                    {folders.length > 0 && <hr />}
                    <Menu.Item className="mi" closeOnClick={false} onClick={() => setNaming(true)}>
                      <Icon of={FolderPlus} size={18} />
                      {m.list_new_folder()}
                    </Menu.Item>
                  </Menu.Popup>
                </Menu.Positioner>
              </Menu.Portal>
            </Menu.SubmenuRoot>
            <Menu.Item
              className="mi"
              onClick={() => void engine.setArchived({ conversation, archived: !archived }).catch(failed)}
            >
              <Icon of={archived ? ArchiveRestore : Archive} size={18} />
              {archived ? m.list_unarchive() : m.list_archive()}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function withConversation({ folder, name, conversations }: Folder, conversation: ConversationId, on: boolean): Folder {
  const others = conversations.filter((one) => one !== conversation);
  return { folder, name, conversations: on ? [...others, conversation] : others };
}
