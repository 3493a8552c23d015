import type { AccountId, ConversationId } from "@sotto/protocol";

/**
 * Somebody who can be mentioned. `names`: all that the person may write after the @. `label`: what is sent with it, for readers that
 * know no better: a name that is public, never the one that only this account's owner uses.
 */
export type Mentionable = { account: AccountId; names: readonly string[]; label: string };

export type MentionTable = {
  conversation: ConversationId;
  people: readonly Mentionable[];
  /** Null: one may not mention everybody. Otherwise the words for it. */
  everybody: readonly string[] | null;
};

const LINK = /\[@[^\]\n]{0,128}\]\(sotto:(account|conversation)\/([\w-]{1,64})\)/gu;
/** Nothing is a mention inside code. */
const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/gu;
const WORD = /[\p{L}\p{N}\p{M}_]/u;
const ESCAPED = /[\\[\]*_~`|<>]/gu;

type Target = { label: string; href: string };
type Targets = { byName: Map<string, Target>; longest: number };

function targetsOf({ people, everybody, conversation }: MentionTable): Targets {
  const byName = new Map<string, Target>();
  const ambiguous = new Set<string>();
  for (const { account, names, label } of people) {
    for (const name of new Set(names.map((each) => each.toLowerCase()))) {
      if (name === "") continue;
      if (byName.has(name)) ambiguous.add(name);
      byName.set(name, { label, href: `sotto:account/${account}` });
    }
  }
  for (const name of ambiguous) byName.delete(name);
  for (const word of everybody ?? [])
    byName.set(word.toLowerCase(), { label: "all", href: `sotto:conversation/${conversation}` });
  return { byName, longest: Math.max(0, ...[...byName.keys()].map((name) => name.length)) };
}

function linkedPart(text: string, { byName, longest }: Targets): string {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (at < from || (at > 0 && WORD.test(text.charAt(at - 1)))) continue;
    const longestHere = Math.min(longest, text.length - at - 1);
    for (let length = longestHere; length > 0; length--) {
      const after = text.charAt(at + 1 + length);
      if (after !== "" && WORD.test(after)) continue;
      const name = text.slice(at + 1, at + 1 + length);
      const target = byName.get(name.toLowerCase());
      if (target === undefined) continue;
      out += `${text.slice(from, at)}[@${target.label.replaceAll(ESCAPED, "")}](${target.href})`;
      from = at + 1 + length;
      break;
    }
  }
  return out + text.slice(from);
}

/** What is sent for what was typed: `@Name` of somebody who is here becomes a link to their account. Names that two people share don't. */
export function linkMentions(text: string, table: MentionTable): string {
  const targets = targetsOf(table);
  if (targets.longest === 0 || !text.includes("@")) return text;
  let out = "";
  let from = 0;
  for (const match of text.matchAll(CODE)) {
    out += linkedPart(text.slice(from, match.index), targets) + match[0];
    from = match.index + match[0].length;
  }
  return out + linkedPart(text.slice(from), targets);
}

/**
 * The other way, for editing and for one line of preview: each mention by the name that its reader knows.
 * @param nameOf  of an account (null: of everybody), without @; undefined when it isn't known
 */
export function unlinkMentions(text: string, nameOf: (account: AccountId | null) => string | undefined): string {
  return text.replaceAll(LINK, (link, kind: string, id: string) => {
    const name = nameOf(kind === "account" ? (id as AccountId) : null);
    return name === undefined ? link : `@${name}`;
  });
}

const NEVER_MEANT = /[^\p{L}\p{N}\p{M}_.-]/u;

/** The word that is being completed: what stands between a mark (`@`, `:`) and the caret, or null. */
export function wordBefore(text: string, caret: number, mark: string): { at: number; typed: string } | null {
  for (let at = caret - 1; at >= 0 && caret - at <= 40; at--) {
    const letter = text.charAt(at);
    if (letter === mark) {
      const before = at === 0 ? "" : text.charAt(at - 1);
      return WORD.test(before) || before === mark ? null : { at, typed: text.slice(at + 1, caret) };
    }
    if (NEVER_MEANT.test(letter)) return null;
  }
  return null;
}
