import { Menu } from "@base-ui/react/menu";
import { Bell, BellOff, Pin, PinOff } from "lucide-react";
import type { ConversationId } from "@sotto/protocol";
import type { ConversationRow } from "@sotto/views";
import { useEngine } from "../state/live.ts";
import { toast } from "../state/toast.ts";
import { Icon } from "./icon.tsx";

/** Where the menu of a row was asked for, in the window. */
export type MenuPlace = { conversation: ConversationId; x: number; y: number };

/** What can be done about a row of the list: by right click or long press. The same is in the details, and on M and P. */
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
  const { conversation, muted, pinned } = row;
  const failed = () => toast("That didn't work. Try again.");
  return (
    <Menu.Root open onOpenChange={(open) => !open && onClose()} modal={false}>
      <Menu.Portal>
        <Menu.Positioner
          className="menu-pos"
          align="start"
          collisionPadding={8}
          anchor={{ getBoundingClientRect: () => DOMRect.fromRect({ x: place.x, y: place.y }) }}
        >
          <Menu.Popup className="menu" aria-label={`Actions for ${row.title}`}>
            <Menu.Item
              className="mi"
              onClick={() => void engine.setPinned({ conversation, pinned: !pinned }).catch(failed)}
            >
              <Icon of={pinned ? PinOff : Pin} size={18} />
              {pinned ? "Unpin" : "Pin to the top"}
            </Menu.Item>
            <Menu.Item
              className="mi"
              onClick={() => void engine.setMuted({ conversation, muted: !muted }).catch(failed)}
            >
              <Icon of={muted ? Bell : BellOff} size={18} />
              {muted ? "Unmute" : "Mute"}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
