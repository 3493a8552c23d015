import { fromUtf8 } from "./bytes.ts";
import { KEYS_ANSWER_TYPE, KEYS_REQUEST_TYPE, MARKDOWN, PLAIN_TEXT, PROFILE, SYNC_TYPE } from "./content-posts.ts";
import { DISPOSITION, SEMANTICS, type Content, type Part } from "./content.ts";
import type { PostId } from "./ids.ts";

/**
 * What a post means to this release. Everything that it can't do whole is `unsupported`: shown as "needs a newer version", never
 * dropped. Whether its author may edit or delete what it names is for the reader of the conversation to decide (T13).
 */
export type Meaning =
  | { kind: "text"; text: string; inReplyTo: PostId | null; unsupportedParts: number }
  | { kind: "edit"; replaces: PostId; text: string; unsupportedParts: number }
  | { kind: "delete"; replaces: PostId }
  | { kind: "reaction"; to: PostId; emoji: string; replaces: PostId | null }
  | { kind: "unreaction"; to: PostId | null; replaces: PostId }
  | { kind: "profile"; profile: Uint8Array }
  /** Between devices: read by sync-content.ts and keys-content.ts, and never shown. */
  | { kind: "sync" | "keys-request" | "keys-answer"; bytes: Uint8Array }
  | { kind: "unsupported" };

const UNSUPPORTED: Meaning = { kind: "unsupported" };
const REACTION_LENGTH_MAX = 32;
const BETWEEN_DEVICES = new Map<string, "sync" | "keys-request" | "keys-answer">([
  [SYNC_TYPE, "sync"],
  [KEYS_REQUEST_TYPE, "keys-request"],
  [KEYS_ANSWER_TYPE, "keys-answer"],
]);

/** The one place that decides what a post is. */
export function meaningOf(content: Content): Meaning {
  const { body, replaces, inReplyTo } = content;
  if (body.kind === "none") {
    if (replaces === null) return UNSUPPORTED;
    return body.disposition === DISPOSITION.reaction
      ? { kind: "unreaction", to: inReplyTo, replaces }
      : { kind: "delete", replaces };
  }
  if (body.disposition === DISPOSITION.reaction) {
    const emoji = body.kind === "single" ? textOf(body) : undefined;
    const isReaction = emoji !== undefined && emoji !== "" && emoji.length <= REACTION_LENGTH_MAX && inReplyTo !== null;
    return isReaction ? { kind: "reaction", to: inReplyTo, emoji, replaces } : UNSUPPORTED;
  }
  if (body.disposition === DISPOSITION.profile) {
    return body.kind === "single" && body.contentType === PROFILE
      ? { kind: "profile", profile: body.content }
      : UNSUPPORTED;
  }
  if (body.disposition === DISPOSITION.unspecified && body.kind === "single") {
    const kind = BETWEEN_DEVICES.get(body.contentType);
    if (kind !== undefined) return replaces === null ? { kind, bytes: body.content } : UNSUPPORTED;
  }
  const read = readable(body);
  if (read === undefined || read.lines.length === 0) return UNSUPPORTED;
  const text = { text: read.lines.join("\n\n"), unsupportedParts: read.unsupported };
  return replaces === null ? { kind: "text", ...text, inReplyTo } : { kind: "edit", replaces, ...text };
}

/** The Markdown of a post or an edit; undefined when there is none that this release can show. */
export function plainTextOf(content: Content): string | undefined {
  const meaning = meaningOf(content);
  return meaning.kind === "text" || meaning.kind === "edit" ? meaning.text : undefined;
}

type Readable = { lines: readonly string[]; unsupported: number };

/** Undefined: nothing of this part can be shown. */
function readable(part: Part): Readable | undefined {
  switch (part.kind) {
    case "single": {
      const isShown =
        part.disposition === DISPOSITION.render ||
        part.disposition === DISPOSITION.unspecified ||
        part.disposition === DISPOSITION.inline;
      const text = isShown ? textOf(part) : undefined;
      return text === undefined ? undefined : { lines: [text], unsupported: 0 };
    }
    case "multi":
      return readableParts(part);
    case "none":
    case "external":
    case "unknown":
      return undefined;
  }
}

function readableParts({ semantics, parts }: Extract<Part, { kind: "multi" }>): Readable | undefined {
  const read = parts.map(readable);
  const shown = read.filter((one) => one !== undefined);
  const lines = shown.flatMap((one) => one.lines);
  switch (semantics) {
    // The receiver picks exactly one: the sender's first that is whole, else its first.
    case SEMANTICS.chooseOne:
      return shown.find((one) => one.unsupported === 0) ?? shown[0];
    // All or nothing.
    case SEMANTICS.singleUnit:
      return shown.length === parts.length && shown.every((one) => one.unsupported === 0)
        ? { lines, unsupported: 0 }
        : undefined;
    case SEMANTICS.processAll:
      return shown.length === 0
        ? undefined
        : { lines, unsupported: read.reduce((sum, one) => sum + (one === undefined ? 1 : one.unsupported), 0) };
    default:
      return undefined;
  }
}

function textOf(part: Extract<Part, { kind: "single" }>): string | undefined {
  const type = part.contentType.toLowerCase().replaceAll(" ", "");
  if (type !== MARKDOWN.toLowerCase() && type !== PLAIN_TEXT && type !== "text/plain") return undefined;
  try {
    return fromUtf8(part.content);
  } catch {
    return undefined;
  }
}
