import { fromUtf8 } from "./bytes.ts";
import {
  KEYS_ANSWER_TYPE,
  KEYS_REQUEST_TYPE,
  MARKDOWN,
  PERSON_TYPE,
  PLAIN_TEXT,
  PROFILE,
  RECEIPT_TYPE,
  SYNC_TYPE,
} from "./content-posts.ts";
import { CONTENT_EXTENSION, DISPOSITION, SEMANTICS, type Content, type Part } from "./content.ts";
import { emojiOf } from "./emoji.ts";
import { postIdOf, type PostId } from "./ids.ts";

/** What a post that is shown says of itself beside its body. */
export type Told = Pick<Content, "inReplyTo" | "expires"> & {
  /** The post in whose thread it stands. */
  thread: PostId | null;
  forwarded: boolean;
};

/**
 * What a post means to this release. Everything that it can't do whole is `unsupported`: shown as "needs a newer version", never
 * dropped. Whether its author may edit or delete what it names is for the reader of the conversation to decide (T13).
 */
export type Meaning =
  | { kind: "text"; text: string; inReplyTo: PostId | null; unsupportedParts: number }
  /** `text`: null when the new version is none that this release can show. */
  | { kind: "edit"; replaces: PostId; text: string | null }
  | { kind: "delete"; replaces: PostId }
  | { kind: "reaction"; to: PostId; emoji: string }
  | { kind: "unreaction"; replaces: PostId }
  | { kind: "profile"; profile: Uint8Array }
  /** Between devices: read by sync-content.ts and the like, and never shown. */
  | { kind: BetweenDevices; bytes: Uint8Array }
  | { kind: "unsupported" };

export type BetweenDevices = "sync" | "keys-request" | "keys-answer" | "person" | "receipt";

const UNSUPPORTED: Meaning = { kind: "unsupported" };

/** Types of content that devices say to each other: a new one is named here, and nothing else makes it one. */
const BETWEEN_DEVICES: ReadonlyMap<string, BetweenDevices> = new Map([
  [SYNC_TYPE, "sync"],
  [KEYS_REQUEST_TYPE, "keys-request"],
  [KEYS_ANSWER_TYPE, "keys-answer"],
  [PERSON_TYPE, "person"],
  [RECEIPT_TYPE, "receipt"],
]);

/** The one place that decides what a post is. */
export function meaningOf(content: Content): Meaning {
  const { body, replaces, inReplyTo } = content;
  if (body.kind === "none") {
    if (replaces === null) return UNSUPPORTED;
    return body.disposition === DISPOSITION.reaction ? { kind: "unreaction", replaces } : { kind: "delete", replaces };
  }
  if (body.disposition === DISPOSITION.reaction) {
    const emoji = body.kind === "single" ? emojiOf(textOf(body) ?? "") : undefined;
    return emoji === undefined || inReplyTo === null || replaces !== null
      ? UNSUPPORTED
      : { kind: "reaction", to: inReplyTo, emoji };
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
  const text = read === undefined || read.lines.length === 0 ? undefined : read.lines.join("\n\n");
  // A version of which a part can't be shown isn't shown as if it were whole.
  if (replaces !== null) return { kind: "edit", replaces, text: read?.unsupported === 0 ? (text ?? null) : null };
  return text === undefined || read === undefined
    ? UNSUPPORTED
    : { kind: "text", text, inReplyTo, unsupportedParts: read.unsupported };
}

const TOPIC_BYTES = 32;

export function toldBy({ topic, inReplyTo, extensions, expires }: Content): Told {
  return {
    inReplyTo,
    expires,
    // What else a topic may be is nothing that we write: such a post stands among the others.
    thread: topic.length === TOPIC_BYTES ? postIdOf(topic) : null,
    forwarded: extensions.get(CONTENT_EXTENSION.forwarded) === true,
  };
}

/** The Markdown of a post or an edit; undefined when there is none that this release can show. */
export function plainTextOf(content: Content): string | undefined {
  const meaning = meaningOf(content);
  return meaning.kind === "text" || meaning.kind === "edit" ? (meaning.text ?? undefined) : undefined;
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
