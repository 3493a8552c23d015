import { postIdOfContent } from "@sotto/crypto";
import {
  accountUri,
  cleanName,
  conversationUri,
  decodeContent,
  decodeProfile,
  meaningOf,
  namesOnly,
  previewIn,
  toldBy,
  type AccountId,
  type BetweenDevices,
  type Content,
  type ConversationId,
  type PollContent,
  type PostId,
  type PreviewContent,
  type Told,
} from "@sotto/protocol";

/** In the place of a post: what a mark on the conversation itself is about. */
export const PINS_TARGET = "pins" as PostId;

/** What a post does to another one. Whether its author may is decided where it is shown (marks.ts). */
export type Mark =
  /** `text`: null when this release can't show the new version. */
  | { kind: "edit"; target: PostId; text: string | null }
  | { kind: "delete"; target: PostId }
  | { kind: "reaction"; target: PostId; emoji: string }
  /** `target`: the reaction. */
  | { kind: "unreaction"; target: PostId }
  | { kind: "vote"; target: PostId; options: readonly number[] }
  /** The end of a poll. */
  | { kind: "close"; target: PostId }
  /** On the conversation itself: all that is pinned from here on. */
  | { kind: "pins"; target: PostId; posts: readonly PostId[] };

/** What a post is to this release, as far as the timeline shows it. */
export type Shown =
  /** Of a poll, `text` is the question. */
  | { kind: "text"; text: string; told: Told; poll: PollContent | null; preview: PreviewContent | null }
  | { kind: "mark"; mark: Mark }
  /** The bytes whose hash the group agrees on, and the name in them, clean. */
  | { kind: "profile"; bytes: Uint8Array; name: string }
  /** What devices say to each other: never shown, wherever somebody puts it. */
  | { kind: "between-devices"; what: BetweenDevices; bytes: Uint8Array }
  /** Kept, and said to need a newer version. */
  | { kind: "unsupported"; told: Told };

const NOTHING_TOLD: Told = { inReplyTo: null, thread: null, forwarded: false, expires: null };

/** What is asked for its id is asked next what it says, and is decoded once for both. */
const decoded = new WeakMap<Uint8Array, { content: Content | undefined }>();

function contentOf(bytes: Uint8Array): Content | undefined {
  let known = decoded.get(bytes);
  if (known === undefined) decoded.set(bytes, (known = { content: decodeContent(bytes) }));
  return known.content;
}

export function shownOf(bytes: Uint8Array): Shown {
  const content = contentOf(bytes);
  if (content === undefined) return { kind: "unsupported", told: NOTHING_TOLD };
  const meaning = meaningOf(content);
  const unsupported: Shown = { kind: "unsupported", told: toldBy(content) };
  switch (meaning.kind) {
    case "text":
      return meaning.unsupportedParts === 0
        ? {
            kind: "text",
            text: meaning.text,
            told: toldBy(content),
            poll: null,
            preview: previewIn(content, meaning.text),
          }
        : unsupported;
    case "poll":
      return { kind: "text", text: meaning.poll.question, told: toldBy(content), poll: meaning.poll, preview: null };
    case "vote":
      return { kind: "mark", mark: { kind: "vote", target: meaning.to, options: meaning.options } };
    case "poll-close":
      return { kind: "mark", mark: { kind: "close", target: meaning.to } };
    case "pins":
      return { kind: "mark", mark: { kind: "pins", target: PINS_TARGET, posts: meaning.posts } };
    case "edit":
      return { kind: "mark", mark: { kind: "edit", target: meaning.replaces, text: meaning.text } };
    case "delete":
    case "unreaction":
      return { kind: "mark", mark: { kind: meaning.kind, target: meaning.replaces } };
    case "reaction":
      return { kind: "mark", mark: { kind: "reaction", target: meaning.to, emoji: meaning.emoji } };
    case "profile": {
      const profile = decodeProfile(meaning.profile);
      return profile === undefined
        ? unsupported
        : { kind: "profile", bytes: meaning.profile, name: cleanName(profile.name) };
    }
    case "unsupported":
      return unsupported;
    default:
      return { kind: "between-devices", what: meaning.kind, bytes: meaning.bytes };
  }
}

/**
 * The id of a post from its encoded content. What isn't a content, or names another sender or conversation than the ones that the
 * decryption proved, has none: its author's client is broken or hostile.
 */
export function postIdOfBytes(bytes: Uint8Array, account: AccountId, conversation: ConversationId): PostId | undefined {
  const content = contentOf(bytes);
  if (
    content === undefined ||
    !namesOnly(content, { senderUri: accountUri(account), roomUri: conversationUri(conversation) })
  )
    return undefined;
  return postIdOfContent({ account, conversation, content: bytes, salt: content.salt });
}
