import type { ConversationDetails, Member } from "@sotto/engine";
import type { AccountId } from "@sotto/protocol";
import type { MentionTable } from "../markdown/mentions.ts";
import { m } from "../messages.ts";
import { nameOf } from "../person.ts";

const SHOWN = 8;

const bareName = (member: Member): string => nameOf(member).replace(/^@/u, "");

/** Who can be mentioned in a conversation, by what is typed after the @. */
export function mentionTable(details: ConversationDetails): MentionTable {
  return {
    conversation: details.conversation,
    people: details.members.map((member) => ({
      account: member.account,
      names: [bareName(member), member.username],
      label: member.username,
    })),
    everybody: mayMentionAll(details) ? ["all", m.text_everybody()] : null,
  };
}

function mayMentionAll(details: ConversationDetails): boolean {
  return details.may.mentionAll && (details.kind === "group" || details.kind === "room");
}

/** A name that can be completed. `insert`: what is put into the field, with its @. `member` null: everybody. */
export type MentionChoice = { member: Member | null; name: string; insert: string };

/** Whom what was typed after an @ may mean: names and usernames that begin with it, or a word of which does. */
export function mentionChoices(details: ConversationDetails, typed: string): MentionChoice[] {
  const wanted = typed.toLowerCase();
  const begins = (name: string): boolean =>
    name.toLowerCase().startsWith(wanted) ||
    name
      .toLowerCase()
      .split(/[\s_.-]+/u)
      .some((word) => word.startsWith(wanted));
  const shared = new Map<string, number>();
  for (const member of details.members)
    for (const name of new Set([bareName(member).toLowerCase(), member.username]))
      shared.set(name, (shared.get(name) ?? 0) + 1);
  const people = details.members
    .filter((member) => member.trust !== "self" && (begins(bareName(member)) || begins(member.username)))
    .toSorted((a, b) => bareName(a).localeCompare(bareName(b)))
    .map((member): MentionChoice => {
      const name = bareName(member);
      // Whom else this could mean is told apart by the username, which is one's own.
      const insert = (shared.get(name.toLowerCase()) ?? 0) > 1 ? member.username : name;
      return { member, name, insert: `@${insert}` };
    });
  const all = m.text_everybody();
  const everybody: MentionChoice[] =
    mayMentionAll(details) && (begins(all) || begins("all")) ? [{ member: null, name: all, insert: `@${all}` }] : [];
  return [...people.slice(0, SHOWN - everybody.length), ...everybody];
}

/** The reader's own name for who is mentioned in a post of this conversation, without @; null account: everybody. */
export function mentionName(details: ConversationDetails | null, account: AccountId | null): string | undefined {
  if (account === null) return m.text_everybody();
  const member = details?.members.find((one) => one.account === account);
  if (member === undefined) return undefined;
  const name = bareName(member);
  const others = details?.members.filter((one) => bareName(one).toLowerCase() === name.toLowerCase()) ?? [];
  return others.length > 1 ? member.username : name;
}
