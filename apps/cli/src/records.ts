import type { ConversationSummary, TimelineItem } from "@sotto/engine";
import { clockTime, plain, systemWords, type Place } from "@sotto/views";
import type { Look } from "./io.ts";
import { nameWithTrust, titleOf, withSafeNames } from "./people.ts";
import { personName, safeFields, safeJson, safeLines } from "./text.ts";

/** The clock of the terminal reads the same everywhere: 24 hours. */
export const HERE: Place = { locale: "en-GB", timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone };

const TIME_MAX = Date.UTC(9999, 11, 31);

/** UTC to the second. The time of a post is its sender's claim: one that no calendar holds is brought back into it. */
export function utc(at: number): string {
  const sane = Number.isFinite(at) ? Math.min(Math.max(at, 0), TIME_MAX) : 0;
  return `${new Date(sane).toISOString().slice(0, 19)}Z`;
}

type Where = Pick<ConversationSummary, "conversation" | "kind" | "name" | "people">;

/** A change of a conversation as a sentence. */
function sentence(item: Extract<TimelineItem, { kind: "system" }>, { kind }: Where): string {
  return plain(systemWords(withSafeNames(item.line), kind).words);
}

function kindOf(item: TimelineItem): string {
  if (item.kind === "system") return item.line.kind;
  return item.kind === "post" ? "text" : "unsupported";
}

function textOf(item: TimelineItem, where: Where): string {
  if (item.kind === "system") return sentence(item, where);
  return item.kind === "post" ? item.text : "";
}

/**
 * For people: "10:41 Margaret Hamilton ✓ The drawings are all here."
 * @param title  says in which conversation, where several run through each other
 */
export function shownItem(item: TimelineItem, where: Where, look: Look, title: string | null): string {
  const time = clockTime(item.at, HERE);
  const lead = look.dim(title === null ? time : `${time} ${title} ·`);
  if (item.kind === "system") return `${lead} ${look.dim(`· ${sentence(item, where)}`)}`;
  const who = nameWithTrust(item.sender, look);
  if (item.kind === "unsupported")
    return `${lead} ${who} ${look.dim("[a newer version of Sotto is needed to show this]")}`;
  if (item.kind === "deleted") return `${lead} ${who} ${look.dim("[deleted]")}`;
  return `${lead} ${who} ${safeLines(item.text, "      ")}${stateOf(item, look)}`;
}

function stateOf(item: Extract<TimelineItem, { kind: "post" }>, look: Look): string {
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
  });
}
