import { Menu } from "@base-ui/react/menu";
import { BadgeCheck, Ban, Crown, Ellipsis, LogOut, MessageCircle, Shield, UserRound } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { ROLE } from "@sotto/protocol";
import type { Role } from "@sotto/protocol";
import type { MemberRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";

type MemberMenuProps = {
  row: MemberRow;
  onMessage: () => void;
  onProfile: () => void;
  onVerify: () => void;
  onRole: (role: Role) => void;
  onRemove: () => void;
  onBan: () => void;
};

const ROLES: { role: Role; icon: LucideIcon; name: () => string }[] = [
  { role: ROLE.owner, icon: Crown, name: m.details_make_owner },
  { role: ROLE.admin, icon: Shield, name: m.details_make_admin },
  { role: ROLE.member, icon: UserRound, name: m.details_make_member },
];

/** What can be done about a member: as much as the engine says that this person may. */
export function MemberMenu({ row, onMessage, onProfile, onVerify, onRole, onRemove, onBan }: MemberMenuProps) {
  const { may, role: current } = row.member;
  const roles = ROLES.filter(({ role }) => role !== current && may.roles.includes(role));
  return (
    <Menu.Root>
      <Menu.Trigger
        className="ib"
        aria-label={m.details_member_menu({ name: row.name })}
        title={m.details_member_actions()}
      >
        <Icon of={Ellipsis} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-pos" align="end" sideOffset={4} collisionPadding={8}>
          <Menu.Popup className="menu">
            {!row.own && (
              <>
                <Menu.Item className="mi" onClick={onMessage}>
                  <Icon of={MessageCircle} size={18} />
                  {m.details_message()}
                </Menu.Item>
                <Menu.Item className="mi" onClick={onVerify}>
                  <Icon of={BadgeCheck} size={18} />
                  {m.details_safety_number()}
                </Menu.Item>
                <Menu.Item className="mi" onClick={onProfile}>
                  <Icon of={UserRound} size={18} />
                  {m.details_identity()}
                </Menu.Item>
              </>
            )}
            {roles.length > 0 && !row.own && <Menu.Separator render={<hr />} />}
            {roles.map(({ role, icon, name }) => (
              <Menu.Item key={role} className="mi" onClick={() => onRole(role)}>
                <Icon of={icon} size={18} />
                {name()}
              </Menu.Item>
            ))}
            {(row.mayRemove || may.ban) && <Menu.Separator render={<hr />} />}
            {row.mayRemove && (
              <Menu.Item className="mi dng" onClick={onRemove}>
                <Icon of={LogOut} size={18} />
                {m.details_remove()}
              </Menu.Item>
            )}
            {may.ban && (
              <Menu.Item className="mi dng" onClick={onBan}>
                <Icon of={Ban} size={18} />
                {m.details_ban()}
              </Menu.Item>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
