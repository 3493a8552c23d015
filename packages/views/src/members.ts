import type { ConversationDetails, Member, PersonDetails } from "@sotto/engine";
import { actsAsOwner, ROLE } from "@sotto/protocol";
import { deviceKindWords } from "./device-words.ts";
import { getLocale, m } from "./messages.ts";
import { nameOf, shortNameOf, trustInWords } from "./person.ts";
import type { TrustWords } from "./person.ts";

export type MemberRow = {
  member: Member;
  name: string;
  role: "Owner" | "Admin" | "Member" | "Banned";
  /** The role in the language of the reader. */
  roleWords: string;
  own: boolean;
  trust: TrustWords;
  note: string;
  mayRemove: boolean;
};

const ROLE_WORDS: Record<MemberRow["role"], () => string> = {
  Owner: m.member_owner,
  Admin: m.member_admin,
  Member: m.member_member,
  Banned: m.member_banned,
};

function roleOf(member: Member): MemberRow["role"] {
  if (member.role === ROLE.owner) return "Owner";
  if (member.role === ROLE.admin) return "Admin";
  return member.role === ROLE.banned ? "Banned" : "Member";
}

/** The people of a conversation: oneself first, then owners, admins and members, by name. */
export function memberRows(details: ConversationDetails): MemberRow[] {
  const rank = ({ own, member }: MemberRow) => (own ? -ROLE.owner - 1 : -member.role);
  return details.members
    .map((member): MemberRow => {
      const own = member.trust === "self";
      return {
        member,
        name: nameOf(member),
        role: roleOf(member),
        roleWords: ROLE_WORDS[roleOf(member)](),
        own,
        trust: trustInWords(member.trust, member),
        note: member.devices === 0 ? m.device_none_yet() : m.count_devices({ count: member.devices }),
        mayRemove: details.mayRemove && member.may.remove && !own,
      };
    })
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, getLocale()));
}

/** The last owner hands over before leaving; where there are admins alone, the last of them does. */
export function isLastAdmin({ members, ownRole }: ConversationDetails): boolean {
  const owned = members.some(({ role }) => role === ROLE.owner);
  const others = members.filter(({ trust }) => trust !== "self");
  return (
    others.length > 0 &&
    actsAsOwner(ownRole ?? undefined, owned) &&
    !others.some(({ role }) => actsAsOwner(role, owned))
  );
}

/** The line under the name at the head of a conversation. */
export function subtitleOf(details: ConversationDetails): { words: string; tone: TrustWords["tone"] | "plain" } {
  const [other] = details.people;
  switch (details.kind) {
    case "self":
      return { words: m.member_self_reads(), tone: "plain" };
    case "direct": {
      if (other === undefined) return { words: "", tone: "plain" };
      const trust = trustInWords(other.trust, other);
      return { words: trust.words, tone: trust.tone };
    }
    case "room":
      return { words: m.member_room({ people: m.count_people({ count: details.peopleCount }) }), tone: "plain" };
    case "group": {
      const others = details.members.filter((member) => member.trust !== "self");
      const verified = others.filter((member) => member.trust === "verified").length;
      const people = m.count_people({ count: details.peopleCount });
      return {
        words: others.length === 0 ? people : m.member_group({ people, verified, others: others.length }),
        tone: "plain",
      };
    }
  }
}

/** Who will be able to read what is typed into the composer: said before it is sent. */
export function readersOf(details: ConversationDetails): string {
  const [other] = details.people;
  if (details.kind === "self") return m.member_reads_self();
  if (details.kind === "room") return m.member_reads_room();
  if (details.kind === "direct" && other !== undefined) return m.member_reads_direct({ name: shortNameOf(other) });
  return m.member_reads_group({ count: details.peopleCount });
}

/** A person's devices, those in use first. */
export function deviceRows(
  person: PersonDetails,
): { device: string; name: string; active: boolean; addedAt: number; fingerprint: string }[] {
  return person.devices
    .map(({ device, kind, active, addedAt, fingerprint }) => ({
      device,
      name: deviceKindWords(kind),
      active,
      addedAt,
      fingerprint,
    }))
    .sort((a, b) => Number(b.active) - Number(a.active) || b.addedAt - a.addedAt);
}
