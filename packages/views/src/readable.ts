import type { Person } from "@sotto/engine";
import { calmText } from "./markdown/calm.ts";
import { unlinkMentions } from "./markdown/mentions.ts";
import { m } from "./messages.ts";
import { nameOf } from "./person.ts";

// What a list can show is short: the rest of 64 KiB is not worth reading through for it.
const LOOKED_AT = 600;
const SHOWN = 200;

const SPOILER = /\|\|(?=[^\s|])[^|]*(?:\|[^|]+)*\|\|/gu;
const LINK = /!?\[([^[\]\n]{1,200})\]\((?:https?:\/\/|mailto:)[^\s()]{1,400}\)/giu;
const FENCE = /^[ \t]*(?:```|~~~)[^\n]*$/gmu;
const LINE_MARK = /^[ \t]*(?:#{1,6}|>|[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?/gmu;
const STAR = /\*(?=[^\s*])([^*\n]*[^\s*])\*/gu;
const PAIRS = /(\*\*|__|~~|`)(?=\S)([^*_~`\n]+)\1/gu;

/**
 * A post on one line, for the list, quotes and what is read aloud: what it says, without its markup. What is hidden stays hidden.
 * @param people  who may be mentioned in it, by the names that its reader knows
 */
export function previewOf(text: string, people: readonly Person[] = []): string {
  const named = unlinkMentions(calmText(text.slice(0, LOOKED_AT)), (account) => {
    if (account === null) return m.text_everybody();
    const person = people.find((one) => one.account === account);
    return person === undefined ? m.text_somebody() : nameOf(person).replace(/^@/u, "");
  });
  const plain = named
    .replaceAll(SPOILER, "▒▒▒▒")
    .replaceAll(LINK, "$1")
    .replaceAll(FENCE, "")
    .replaceAll(LINE_MARK, "")
    .replaceAll(PAIRS, "$2")
    .replaceAll(STAR, "$1");
  // Markup alone is a text, too.
  const shown = plain.trim() === "" ? named : plain;
  return Array.from(shown.replaceAll(/\s+/gu, " ").trim()).slice(0, SHOWN).join("");
}
