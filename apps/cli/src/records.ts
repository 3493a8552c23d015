import type { ConversationSummary, TimelineItem } from "@sotto/engine";
import { clockTime, plain, systemWords, type Place } from "@sotto/views";
import type { Look } from "./io.ts";
import { nameWithTrust, titleOf, withSafeNames } from "./people.ts";
import { postInOneLine, postLines, type NameOf } from "./post-lines.ts";
import { personName, safeFields, safeJson, safeLine } from "./text.ts";

/** The clock of the terminal reads the same everywhere: 24 hours. */
export const HERE: Place = { locale: "en-GB", timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone };

const TIME_MAX = Date.UTC(9999, 11, 31);

/** UTC to the second. The time of a post is its sender's claim: one that no calendar holds is brought back into it. */
export function utc(at: number): string {
  const sane = Number.isFinite(at) ? Math.min(Math.max(at, 0), TIME_MAX) : 0;
  return `${new Date(sane).toISOString().slice(0, 19)}Z`;
}

type Where = Pick<ConversationSummary, "conversation" | "kind" | "name" | "people">;

type Shown = Extract<TimelineItem, { kind: "post" }>;

/** A change of a conversation as a sentence. */
function sentence(item: Extract<TimelineItem, { kind: "system" }>, { kind }: Where): string {
  return plain(systemWords(withSafeNames(item.line), kind).words);
}

function kindOf(item: TimelineItem): string {
  if (item.kind === "system") return item.line.kind;
  if (item.kind !== "post") return item.kind;
  return item.marks.poll === null ? "text" : "poll";
}

function textOf(item: TimelineItem, where: Where): string {
  if (item.kind === "system") return sentence(item, where);
  return item.kind === "post" ? item.text : "";
}

/**
 * For people: "10:41 Margaret Hamilton ✓ The drawings are all here."
 * @param named `title` says in which conversation, where several run through each other; `nameOf` who is mentioned
 */
export function shownItem(
  item: TimelineItem,
  where: Where,
  look: Look,
  { title, nameOf }: { title: string | null; nameOf: NameOf },
): string {
  const time = clockTime(item.at, HERE);
  const lead = look.dim(title === null ? time : `${time} ${title} ·`);
  if (item.kind === "system") return `${lead} ${look.dim(`· ${sentence(item, where)}`)}`;
  const who = nameWithTrust(item.sender, look);
  if (item.kind === "unsupported")
    return `${lead} ${who} ${look.dim("[a newer version of Sotto is needed to show this]")}`;
  if (item.kind === "deleted") return `${lead} ${who} ${look.dim("[deleted]")}`;
  const answer = answered(item, look, nameOf);
  return `${lead} ${who} ${answer}${postLines(item, look, { nameOf, isAlone: answer !== "" })}${stateOf(item, look)}${marksOf(item, look)}`;
}

const QUOTE_LENGTH = 60;

/** What a post answers, in one line of its own. */
function answered({ marks: { replyTo } }: Shown, look: Look, nameOf: NameOf): string {
  if (replyTo === null) return "";
  const quoted =
    replyTo.kind === "post"
      ? `${personName(replyTo.sender)}: ${short(postInOneLine(replyTo.text, nameOf))}`
      : "[deleted]";
  return look.dim(`↪ ${replyTo.kind === "unknown" ? "[not here]" : quoted}\n      `);
}

/** Cut between characters, and made safe after that. */
function short(text: string): string {
  const characters = Array.from(text);
  const cut = characters.length > QUOTE_LENGTH ? "…" : "";
  return safeLine(characters.slice(0, QUOTE_LENGTH).join("")) + cut;
}

/** What has happened to it, behind the text; a poll's options in lines. */
function marksOf({ marks }: Shown, look: Look): string {
  const said = [
    ...(marks.forwarded ? ["forwarded"] : []),
    ...(marks.editedAt === null ? [] : ["edited"]),
    ...(marks.pinned ? ["pinned"] : []),
    ...(marks.replies === null ? [] : [`${marks.replies.count} in its thread`]),
  ];
  const options = (marks.poll?.options ?? []).map(
    ({ text, votes, own }) => `\n      ${own ? "(x)" : "( )"} ${safeLine(text)} · ${votes}`,
  );
  const closed = marks.poll?.closed === true ? `\n      ${look.dim("closed")}` : "";
  const reactions = marks.reactions.map(({ emoji, count }) => `${safeLine(emoji)} ${count}`).join("  ");
  return `${said.length === 0 ? "" : ` ${look.dim(`(${said.join(", ")})`)}`}${options.join("")}${closed}${reactions === "" ? "" : `\n      ${look.dim(reactions)}`}`;
}

function stateOf(item: Shown, look: Look): string {
  if (item.state.kind === "sending") return ` ${look.dim("(sending)")}`;
  return item.state.kind === "failed" ? " (not sent)" : "";
}

/** For programs: time, conversation, sender, trust, kind, file, text; tabs between, UTC, never coloured. */
export function itemFields(item: TimelineItem, where: Where): string {
  const [sender, trust] = item.kind === "system" ? ["-", "-"] : [personName(item.sender), item.sender.trust];
  return safeFields([utc(item.at), titleOf(where), sender, trust, kindOf(item), "", textOf(item, where)]);
}

/** For programs: one object a line, exactly as it was written. Keys are only ever added. */
export function itemJson(item: TimelineItem, where: Where): string {
  const post = item.kind === "system" ? null : item;
  return safeJson({
    id: item.key,
    seq: item.seq,
    time: utc(item.at),
    conversation: where.conversation,
    title: titleOf(where),
    sender: post === null ? null : (post.sender.displayName ?? `@${post.sender.username}`),
    username: post?.sender.username ?? null,
    trust: post?.sender.trust ?? null,
    kind: kindOf(item),
    text: textOf(item, where),
    state: post?.kind === "post" ? post.state.kind : null,
    ...(post?.kind === "post" ? marksInJson(post) : {}),
  });
}

function marksInJson({ marks }: Shown): Record<string, unknown> {
  return {
    edited: marks.editedAt !== null,
    forwarded: marks.forwarded,
    answers: marks.replyTo?.post ?? null,
    thread: marks.thread,
    reactions: marks.reactions.map(({ emoji, count, own }) => ({ emoji, count, own })),
  };
}
