import { utf8 } from "./bytes.ts";
import { CONTENT_EXTENSION, DISPOSITION, SEMANTICS, type Content, type Part } from "./content.ts";
import { idBytes, type PostId } from "./ids.ts";
import { encodePins } from "./pins-content.ts";
import { encodePoll, encodeVote, type PollContent } from "./poll-content.ts";
import { encodePreview, type PreviewContent } from "./preview-content.ts";

/** GitHub's Markdown without HTML and without automatic links (draft-ietf-mimi-content §7.1). */
export const MARKDOWN = "text/markdown;variant=GFM-MIMI";
export const PLAIN_TEXT = "text/plain;charset=utf-8";
/** Name and topic of a conversation (content-profile.ts). */
export const PROFILE = "application/sotto-profile+cbor";
/** What an account's devices tell each other (sync-content.ts), and asking for keys of an epoch and giving them (keys-content.ts). */
export const SYNC_TYPE = "application/sotto-sync+cbor";
export const KEYS_REQUEST_TYPE = "application/sotto-keys-request+cbor";
/** Of links into the conversation (invite-content.ts). */
export const INVITE_TYPE = "application/sotto-invite+cbor";
export const KEYS_ANSWER_TYPE = "application/sotto-keys-answer+cbor";
/** How somebody shows themselves to whom they talk to (person-content.ts), and how far they have read (receipt-content.ts). */
export const PERSON_TYPE = "application/sotto-person+cbor";
export const RECEIPT_TYPE = "application/sotto-receipt+cbor";
/** Polls (poll-content.ts), pins (pins-content.ts), and what a link leads to (preview-content.ts). */
export const POLL_TYPE = "application/sotto-poll+cbor";
export const VOTE_TYPE = "application/sotto-vote+cbor";
export const POLL_CLOSE_TYPE = "application/sotto-poll-close+cbor";
export const PINS_TYPE = "application/sotto-pins+cbor";
export const PREVIEW_TYPE = "application/sotto-preview+cbor";

const NO_TOPIC = new Uint8Array(0);
const NO_EXTENSIONS: ReadonlyMap<number | string, unknown> = new Map();

const single = (disposition: number, contentType: string, content: Uint8Array): Part => ({
  disposition,
  language: "",
  kind: "single",
  contentType,
  content,
});
const nothing = (disposition: number): Part => ({ disposition, language: "", kind: "none" });

/** What a post says about itself beside its body. */
export type PostPlace = {
  /** The post that it answers. */
  inReplyTo?: PostId | undefined;
  /** The post in whose thread it stands. */
  thread?: PostId | undefined;
  /** Seconds since the Unix epoch. */
  expiresAt?: number | undefined;
  forwarded?: boolean | undefined;
};

function content(salt: Uint8Array, body: Part, place: PostPlace & { replaces?: PostId } = {}): Content {
  return {
    salt,
    replaces: place.replaces ?? null,
    topic: place.thread === undefined ? NO_TOPIC : idBytes(place.thread),
    expires: place.expiresAt === undefined ? null : { relative: false, seconds: place.expiresAt },
    inReplyTo: place.inReplyTo ?? null,
    extensions: place.forwarded === true ? new Map([[CONTENT_EXTENSION.forwarded, true]]) : NO_EXTENSIONS,
    body,
  };
}

const markdown = (text: string): Part => single(DISPOSITION.render, MARKDOWN, utf8(text));

/**
 * A post of one's own making: Markdown, and behind it parts that a reader may do without.
 * @param salt 16 random bytes
 */
export function markdownPost(text: string, salt: Uint8Array, place: PostPlace, extras: readonly Part[] = []): Content {
  const body: Part =
    extras.length === 0
      ? markdown(text)
      : {
          disposition: DISPOSITION.render,
          language: "",
          kind: "multi",
          semantics: SEMANTICS.processAll,
          parts: [markdown(text), ...extras],
        };
  return content(salt, body, place);
}

export const pollPost = (poll: PollContent, salt: Uint8Array, place: PostPlace = {}): Content =>
  content(salt, single(DISPOSITION.render, POLL_TYPE, encodePoll(poll)), place);

/** What somebody chose, instead of what they chose before. Never shown by itself, as are the two that follow. */
export const votePost = (to: PostId, options: readonly number[], salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.reaction, VOTE_TYPE, encodeVote(options)), { inReplyTo: to });

export const pollClosePost = (to: PostId, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.reaction, POLL_CLOSE_TYPE, new Uint8Array(0)), { inReplyTo: to });

/** All that is pinned from now on, newest pin first. */
export const pinsPost = (posts: readonly PostId[], salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.unspecified, PINS_TYPE, encodePins(posts)));

/** Goes behind the text of {@link markdownPost}. */
export const previewPart = (preview: PreviewContent): Part =>
  single(DISPOSITION.preview, PREVIEW_TYPE, encodePreview(preview));

/** @param salt 16 random bytes, here and below */
export const textPost = (text: string, salt: Uint8Array): Content => content(salt, markdown(text));

export const replyPost = (inReplyTo: PostId, text: string, salt: Uint8Array): Content =>
  content(salt, markdown(text), { inReplyTo });

/** One emoji as an answer to a post. */
export const reactionPost = (to: PostId, emoji: string, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.reaction, PLAIN_TEXT, utf8(emoji)), { inReplyTo: to });

/** Takes one's own reaction back. */
export const unreactionPost = (reaction: PostId, to: PostId, salt: Uint8Array): Content =>
  content(salt, nothing(DISPOSITION.reaction), { replaces: reaction, inReplyTo: to });

/** Edits one's own post; what it answered stays the same. */
export const editPost = (replaces: PostId, text: string, salt: Uint8Array, inReplyTo?: PostId): Content =>
  content(salt, markdown(text), inReplyTo === undefined ? { replaces } : { replaces, inReplyTo });

/** Deletes one's own post. */
export const deletePost = (replaces: PostId, salt: Uint8Array): Content =>
  content(salt, nothing(DISPOSITION.render), { replaces });

/** Says the conversation's profile, to those who can check it against the agreed hash. */
export const profilePost = (profile: Uint8Array, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.profile, PROFILE, profile));

/** Between devices, never shown: which is why nothing is said about how to. @param sync encoded, as are the others */
export const syncPost = (sync: Uint8Array, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.unspecified, SYNC_TYPE, sync));

export const keysRequestPost = (request: Uint8Array, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.unspecified, KEYS_REQUEST_TYPE, request));

export const invitePost = (told: Uint8Array, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.unspecified, INVITE_TYPE, told));

/** @param to the request */
export const keysAnswerPost = (to: PostId, answer: Uint8Array, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.unspecified, KEYS_ANSWER_TYPE, answer), { inReplyTo: to });

/** @param person encoded */
export const personPost = (person: Uint8Array, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.unspecified, PERSON_TYPE, person));

/** @param receipt encoded */
export const receiptPost = (receipt: Uint8Array, salt: Uint8Array): Content =>
  content(salt, single(DISPOSITION.unspecified, RECEIPT_TYPE, receipt));
