import { postIdOfContent } from "@sotto/crypto";
import {
  accountUri,
  cleanName,
  conversationUri,
  decodeContent,
  decodeProfile,
  meaningOf,
  namesOnly,
  type AccountId,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";

/** What a post is to this release, as far as the timeline shows it. */
export type Shown =
  | { kind: "text"; text: string }
  /** The bytes whose hash the group agrees on, and the name in them, clean. */
  | { kind: "profile"; bytes: Uint8Array; name: string }
  /** What devices say to each other: never shown, wherever somebody puts it. */
  | { kind: "between-devices"; what: "sync" | "keys-request" | "keys-answer"; bytes: Uint8Array }
  /** Kept, and said to need a newer version. */
  | { kind: "unsupported" };

export function shownOf(bytes: Uint8Array): Shown {
  const content = decodeContent(bytes);
  const meaning = content === undefined ? undefined : meaningOf(content);
  if (meaning?.kind === "text" && meaning.unsupportedParts === 0) return { kind: "text", text: meaning.text };
  if (meaning?.kind === "sync" || meaning?.kind === "keys-request" || meaning?.kind === "keys-answer")
    return { kind: "between-devices", what: meaning.kind, bytes: meaning.bytes };
  if (meaning?.kind !== "profile") return { kind: "unsupported" };
  const profile = decodeProfile(meaning.profile);
  return profile === undefined
    ? { kind: "unsupported" }
    : { kind: "profile", bytes: meaning.profile, name: cleanName(profile.name) };
}

/**
 * The id of a post from its encoded content. What isn't a content, or names another sender or conversation than the ones that the
 * decryption proved, has none: its author's client is broken or hostile.
 */
export function postIdOfBytes(bytes: Uint8Array, account: AccountId, conversation: ConversationId): PostId | undefined {
  const content = decodeContent(bytes);
  if (
    content === undefined ||
    !namesOnly(content, { senderUri: accountUri(account), roomUri: conversationUri(conversation) })
  )
    return undefined;
  return postIdOfContent({ account, conversation, content: bytes, salt: content.salt });
}
