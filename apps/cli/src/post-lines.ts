import type { Engine, Person, TimelineItem } from "@sotto/engine";
import { escapeForTerminal, type AccountId } from "@sotto/protocol";
import { blockLines, plainBlocks, postSource, type Block, type LinePiece, type LineWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { parseMarkdown } from "@sotto/views/markdown";
import type { Look } from "./io.ts";
import { personName, safeLine } from "./text.ts";

type Post = Extract<TimelineItem, { kind: "post" }>;

/** As this account's owner knows them, fit for a terminal, without @; undefined for strangers. */
export type NameOf = (account: AccountId) => string | undefined;

const HIDDEN = "▒▒▒";
const INDENT = "\n      ";
/** A post that names more people than anybody talks to is no reason to look them all up. */
const LOOKED_UP_MAX = 50;

/**
 * What was written as every client reads it (T56). What a terminal may act on has become letters that can be seen before anything is
 * taken for markup (T57): where a page leaves such a character out, it stands here as `\u{202e}`.
 */
function blocksOf(written: string): Block[] {
  const visible = escapeForTerminal(written.replaceAll(/\r\n?/gu, "\n"), { multiline: true });
  const { text, markup } = postSource(visible, true);
  return markup === "none" ? plainBlocks(text) : (parseMarkdown(text) ?? plainBlocks(text));
}

const wordsWith = (nameOf: NameOf): LineWords => ({
  nameOf: (account) => nameOf(account) ?? m.text_somebody(),
  everybody: m.text_everybody(),
  hidden: HIDDEN,
});

/**
 * A post's text for people: what follows its first line is indented, so that it can't pose as a new record.
 * @param words `isAlone`: nothing stands before it in its line
 */
export function postLines({ text, marks }: Post, look: Look, words: { nameOf: NameOf; isAlone: boolean }): string {
  const blocks = marks.poll === null ? blocksOf(text) : plainBlocks(text);
  const lines = blockLines(blocks, wordsWith(words.nameOf)).map((line) =>
    line.map((piece) => drawn(piece, look)).join(""),
  );
  // Lists, tables and code stand under each other only where none of their lines begins behind a name.
  const isProse = blocks[0]?.kind === "paragraph" || blocks[0]?.kind === "heading";
  return `${isProse || words.isAlone ? "" : INDENT}${lines.join(INDENT)}`;
}

/** Not even a line break or a sign of ours goes out as it came: every piece passes the terminal's guard (T57). */
function drawn({ text, styles }: LinePiece, look: Look): string {
  const safe = safeLine(text.replaceAll("\t", "    "));
  // Left out, it would turn what was said into its opposite, and few terminals can strike.
  const struck = styles.includes("strike") ? `~~${safe}~~` : safe;
  if (styles.includes("quiet")) return look.dim(struck);
  return styles.includes("strong") || styles.includes("mention") ? look.bold(struck) : struck;
}

/** A post's text in one line, as it is quoted; nothing in it is safe yet. */
export function postInOneLine(text: string, nameOf: NameOf): string {
  return blockLines(blocksOf(text), wordsWith(nameOf))
    .map((line) => line.map((piece) => piece.text).join(""))
    .join(" ")
    .replaceAll(/\s+/gu, " ");
}

/** Who is mentioned in a post or in what it answers, by the names that the reader knows. */
export async function namesIn(
  engine: Pick<Engine, "person">,
  item: TimelineItem,
  people: readonly Person[],
): Promise<NameOf> {
  if (item.kind !== "post") return () => undefined;
  const { replyTo } = item.marks;
  const known = new Map<AccountId, Person>(people.map((person) => [person.account, person]));
  known.set(item.sender.account, item.sender);
  const mentioned = new Set<AccountId>();
  for (const text of [item.text, ...(replyTo?.kind === "post" ? [replyTo.text] : [])])
    if (text.includes("sotto:account/"))
      blockLines(
        blocksOf(text),
        wordsWith((account) => (mentioned.add(account), undefined)),
      );
  for (const account of [...mentioned].filter((each) => !known.has(each)).slice(0, LOOKED_UP_MAX)) {
    const person = await engine.person(account).catch(() => undefined);
    if (person !== undefined) known.set(account, person);
  }
  return (account) => {
    const person = known.get(account);
    // Of somebody who never occurred here not even the username is known.
    return person === undefined || person.username === "" ? undefined : personName(person).replace(/^@/u, "");
  };
}
