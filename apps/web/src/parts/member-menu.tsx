import { Menu } from "@base-ui/react/menu";
import { Ellipsis, LogOut, MessageCircle, ShieldCheck, UserRound } from "lucide-react";
import type { MemberRow } from "@sotto/views";
import { Icon } from "./icon.tsx";

type MemberMenuProps = {
  row: MemberRow;
  mayRule: boolean;
  onMessage: () => void;
  onProfile: () => void;
  onRole: () => void;
  onRemove: () => void;
};

/** What can be done about a member. */
export function MemberMenu({ row, mayRule, onMessage, onProfile, onRole, onRemove }: MemberMenuProps) {
  return (
    <Menu.Root>
      <Menu.Trigger className="ib" aria-label={`Actions for ${row.name}`} title="Actions">
        <Icon of={Ellipsis} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-pos" align="end" sideOffset={4} collisionPadding={8}>
          <Menu.Popup className="menu">
            <Menu.Item className="mi" onClick={onMessage}>
              <Icon of={MessageCircle} size={18} />
              Message
            </Menu.Item>
            <Menu.Item className="mi" onClick={onProfile}>
              <Icon of={UserRound} size={18} />
              Identity and keys
            </Menu.Item>
            {mayRule && (
              <Menu.Item className="mi" onClick={onRole}>
                <Icon of={ShieldCheck} size={18} />
                {row.role === "Admin" ? "Make member" : "Make admin"}
              </Menu.Item>
            )}
            {row.mayRemove && (
              <>
                <Menu.Separator render={<hr />} />
                <Menu.Item className="mi dng" onClick={onRemove}>
                  <Icon of={LogOut} size={18} />
                  Remove
                </Menu.Item>
              </>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
