import type { ConversationDetails, Member, PersonDetails } from "@sotto/engine";
import { ROLE } from "@sotto/protocol";
import { countOf, nameOf, shortNameOf, trustInWords } from "./person.ts";
import type { TrustWords } from "./person.ts";

export type MemberRow = {
  member: Member;
  name: string;
  role: "Admin" | "Member" | "Banned";
  own: boolean;
  trust: TrustWords;
  note: string;
  mayRemove: boolean;
};

function roleOf(member: Member): MemberRow["role"] {
  if (member.role === ROLE.admin) return "Admin";
  return member.role === ROLE.banned ? "Banned" : "Member";
}

/** The people of a conversation: oneself first, then admins, then by name. */
export function memberRows(details: ConversationDetails): MemberRow[] {
  const rank = (row: MemberRow) => (row.own ? 0 : row.role === "Admin" ? 1 : row.role === "Member" ? 2 : 3);
  return details.members
    .map((member): MemberRow => {
      const own = member.trust === "self";
      return {
        member,
        name: nameOf(member),
        role: roleOf(member),
        own,
        trust: trustInWords(member.trust, member),
        note: member.devices === 0 ? "Not here with any device yet" : countOf(member.devices, "device", "devices"),
        mayRemove: details.mayRemove && !own,
      };
    })
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en"));
}

/** One must not leave a conversation without anybody who may change it. */
export function isLastAdmin(details: ConversationDetails): boolean {
  const admins = details.members.filter((member) => member.role === ROLE.admin);
  return details.ownRole === ROLE.admin && admins.length === 1 && details.members.length > 1;
}

/** The line under the name at the head of a conversation. */
export function subtitleOf(details: ConversationDetails): { words: string; tone: TrustWords["tone"] | "plain" } {
  const [other] = details.people;
  switch (details.kind) {
    case "self":
      return { words: "Only your own devices can read this", tone: "plain" };
    case "direct": {
      if (other === undefined) return { words: "", tone: "plain" };
      const trust = trustInWords(other.trust, other);
      return { words: trust.words, tone: trust.tone };
    }
    case "room":
      return { words: `${countOf(details.peopleCount, "person", "people")} · public on this server`, tone: "plain" };
    case "group": {
      const others = details.members.filter((member) => member.trust !== "self");
      const verified = others.filter((member) => member.trust === "verified").length;
      const people = countOf(details.peopleCount, "person", "people");
      return {
        words: others.length === 0 ? people : `${people} · ${verified} of ${others.length} verified`,
        tone: "plain",
      };
    }
  }
}

/** Who will be able to read what is typed into the composer: said before it is sent. */
export function readersOf(details: ConversationDetails): string {
  const [other] = details.people;
  if (details.kind === "self") return "Only you can read this.";
  if (details.kind === "room") return "Anyone on this server can join and read from then on.";
  if (details.kind === "direct" && other !== undefined) return `Only ${shortNameOf(other)} and you can read this.`;
  return `Only these ${countOf(details.peopleCount, "person", "people")} can read this.`;
}

const DEVICE_KINDS: Record<string, string> = {
  web: "Browser",
  browser: "Browser",
  terminal: "Terminal",
  cli: "Terminal",
  bot: "Bot",
};

/** A person's devices, those in use first. */
export function deviceRows(
  person: PersonDetails,
): { device: string; name: string; active: boolean; addedAt: number; fingerprint: string }[] {
  return person.devices
    .map(({ device, kind, active, addedAt, fingerprint }) => ({
      device,
      name: DEVICE_KINDS[kind] ?? "Device",
      active,
      addedAt,
      fingerprint,
    }))
    .sort((a, b) => Number(b.active) - Number(a.active) || b.addedAt - a.addedAt);
}
