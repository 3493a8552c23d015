import { fromUtf8 } from "./bytes.ts";
import {
  INVITE_TYPE,
  KEYS_ANSWER_TYPE,
  KEYS_REQUEST_TYPE,
  MARKDOWN,
  PERSON_TYPE,
  PINS_TYPE,
  PLAIN_TEXT,
  POLL_CLOSE_TYPE,
  POLL_TYPE,
  PREVIEW_TYPE,
  PROFILE,
  RECEIPT_TYPE,
  SYNC_TYPE,
  VOTE_TYPE,
} from "./content-posts.ts";
import { CONTENT_EXTENSION, DISPOSITION, SEMANTICS, type Content, type Part } from "./content.ts";
import { emojiOf } from "./emoji.ts";
import { postIdOf, type PostId } from "./ids.ts";
import { decodePins } from "./pins-content.ts";
import { decodePoll, decodeVote, type PollContent } from "./poll-content.ts";
import { decodePreview, isPreviewOf, type PreviewContent } from "./preview-content.ts";

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
  | { kind: "poll"; poll: PollContent }
  | { kind: "vote"; to: PostId; options: number[] }
  | { kind: "poll-close"; to: PostId }
  | { kind: "pins"; posts: PostId[] }
  | { kind: "profile"; profile: Uint8Array }
  /** Between devices: read by sync-content.ts and the like, and never shown. */
  | { kind: BetweenDevices; bytes: Uint8Array }
  | { kind: "unsupported" };

export type BetweenDevices = "invite" | "sync" | "keys-request" | "keys-answer" | "person" | "receipt";

const UNSUPPORTED: Meaning = { kind: "unsupported" };

/** Types of content that devices say to each other: a new one is named here, and nothing else makes it one. */
const BETWEEN_DEVICES: ReadonlyMap<string, BetweenDevices> = new Map([
  [INVITE_TYPE, "invite"],
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
  if (body.kind === "single" && replaces === null) {
    const extra = extraOf(body, inReplyTo);
    if (extra !== undefined) return extra;
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

/** Polls and pins; undefined for anything that isn't one whole. */
function extraOf(
  { disposition, contentType, content }: Extract<Part, { kind: "single" }>,
  inReplyTo: PostId | null,
): Meaning | undefined {
  if (disposition === DISPOSITION.render && contentType === POLL_TYPE) {
    const poll = decodePoll(content);
    return poll === undefined ? undefined : { kind: "poll", poll };
  }
  if (disposition === DISPOSITION.unspecified && contentType === PINS_TYPE) {
    const posts = decodePins(content);
    return posts === undefined ? undefined : { kind: "pins", posts };
  }
  if (disposition !== DISPOSITION.reaction || inReplyTo === null) return undefined;
  if (contentType === POLL_CLOSE_TYPE) return { kind: "poll-close", to: inReplyTo };
  const options = contentType === VOTE_TYPE ? decodeVote(content) : undefined;
  return options === undefined ? undefined : { kind: "vote", to: inReplyTo, options };
}

/** What the author says about a link in the text; null where nothing is said, or about something else. */
export function previewIn({ body }: Content, text: string): PreviewContent | null {
  const parts = body.kind === "multi" && body.semantics === SEMANTICS.processAll ? body.parts : [];
  const part = parts.find(isPreview);
  const preview = part?.kind === "single" ? decodePreview(part.content) : undefined;
  return preview !== undefined && isPreviewOf(preview, text) ? preview : null;
}

const isPreview = (part: Part): boolean =>
  part.kind === "single" && part.disposition === DISPOSITION.preview && part.contentType === PREVIEW_TYPE;

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
  // What stands beside the text and is read apart.
  const read = parts.filter((part) => semantics !== SEMANTICS.processAll || !isPreview(part)).map(readable);
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
