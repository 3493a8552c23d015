import { profileHash } from "@sotto/crypto";
import { extensionOf } from "@sotto/mls";
import {
  CONVERSATION_TOPIC_LENGTH_MAX,
  KIND,
  SottoError,
  cleanName,
  decodeProfile,
  encodeProfile,
  equalBytes,
  fromBase64Url,
  isPicture,
  toBase64Url,
  type AccountId,
  type ConversationId,
  type Profile,
} from "@sotto/protocol";
import type { Context } from "../context.ts";
import { dropPicture, keepPicture } from "../people/pictures.ts";
import type { Store } from "../ports.ts";
import { bytesOf, textOf } from "../rows.ts";
import type { StoredLine } from "../timeline/stored-line.ts";
import { commit } from "./commit-flow.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import type { ConversationRecord } from "./conversation-record.ts";
import { isHeldBack } from "./may-send.ts";
import { waits } from "./outbox.ts";
import { assertMay } from "./rights.ts";
import { enqueueProfile, writeProfile } from "./write-post.ts";

/**
 * [Note: What a conversation is called] The group agrees, by a commit, on the hash of name, topic and picture; the bytes travel in a post,
 * from whoever changed them and again from who lets somebody in. What doesn't have the agreed hash is nobody's name. Until the bytes
 * have come, what was known before is shown.
 */

/** Base64url of the SHA-256 by which the group agrees on these bytes. */
const hashOf = (bytes: Uint8Array): string => toBase64Url(profileHash(bytes));

/** The bytes that are known, current or not. */
export function storedProfile(store: Store, conversation: ConversationId): Uint8Array | undefined {
  const row = store.all("select bytes from profiles where conversation = ?", [conversation])[0];
  return row === undefined ? undefined : bytesOf(row, "bytes");
}

/** The bytes on which the group agrees now, if they are known. */
export function agreedProfile(store: Store, record: ConversationRecord): Uint8Array | undefined {
  return record.profile !== null && record.profile.hash === record.profileHash
    ? storedProfile(store, record.id)
    : undefined;
}

/** Are these the bytes on which the group agrees? */
export function isAgreedProfile({ profileHash: agreed }: ConversationRecord, bytes: Uint8Array): boolean {
  return agreed !== null && hashOf(bytes) === agreed;
}

/** Is the profile on which the group agrees still to be found? Rooms are called by their public name. */
export function lacksProfile({ kind, profile, profileHash: agreed }: ConversationRecord): boolean {
  return kind === KIND.group && agreed !== null && profile?.hash !== agreed;
}

/**
 * Takes what somebody says that the conversation is called, if that is what the group agrees on. Inside a transaction.
 * @returns the row with it, the same row when it isn't, or is known already
 */
export function learnProfile(store: Store, record: ConversationRecord, bytes: Uint8Array): ConversationRecord {
  const hash = hashOf(bytes);
  const profile = record.kind === KIND.group && hash === record.profileHash ? decodeProfile(bytes) : undefined;
  if (profile === undefined || record.profile?.hash === hash) return record;
  const head = { hash, topic: cleanTopic(profile.topic), picture: keepPicture(store, profile.picture) };
  store.run("insert or replace into profiles (conversation, bytes, hash, topic, picture) values (?, ?, ?, ?, ?)", [
    record.id,
    bytes,
    hash,
    head.topic,
    head.picture,
  ]);
  dropPicture(store, record.profile?.picture ?? null);
  return { ...record, profile: head, name: cleanName(profile.name) };
}

/** A topic as it may be shown: one line, however it was written. */
export const cleanTopic = (topic: string): string => cleanName(topic, CONVERSATION_TOPIC_LENGTH_MAX);

/** What changed for whoever reads the conversation. `before`: undefined where it isn't known, so that nothing can be said of it. */
function linesOf(before: Profile | undefined, after: Profile, by: AccountId): StoredLine[] {
  if (before === undefined) return [];
  const lines: StoredLine[] = [];
  const name = cleanName(after.name);
  const topic = cleanTopic(after.topic);
  if (cleanName(before.name) !== name) lines.push({ kind: "renamed", by, name });
  if (cleanTopic(before.topic) !== topic) lines.push({ kind: "topic", by, topic });
  if (!samePicture(before.picture, after.picture)) lines.push({ kind: "picture", by, taken: after.picture === null });
  return lines;
}

const samePicture = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : equalBytes(a, b);

/** A commit made another profile the agreed one. The bytes are here if this device made them; else they follow. Inside a transaction. */
export function applyProfileChange(
  context: Context,
  record: ConversationRecord,
  { by, own }: { by: AccountId; own: boolean },
): { record: ConversationRecord; lines: StoredLine[] } {
  const { store } = context;
  if (record.kind !== KIND.group || record.profileHash === null) return { record, lines: [] };
  store.run("insert or replace into profile_changes (conversation, hash, account) values (?, ?, ?)", [
    record.id,
    record.profileHash,
    by,
  ]);
  const row = own
    ? store.all("select bytes from own_profiles where conversation = ? and hash = ?", [
        record.id,
        record.profileHash,
      ])[0]
    : undefined;
  store.run("delete from own_profiles where conversation = ?", [record.id]);
  if (row === undefined) return { record, lines: [] };
  const bytes = bytesOf(row, "bytes");
  // Said in the same breath: whoever knows that it is called something else has what it is called.
  enqueueProfile(context, record.id, bytes);
  return heardProfile(store, record, bytes);
}

/** Somebody says what the conversation is called. Inside a transaction. @returns what is shown of it, if it is new */
export function heardProfile(
  store: Store,
  record: ConversationRecord,
  bytes: Uint8Array,
): { record: ConversationRecord; lines: StoredLine[] } {
  const known = storedProfile(store, record.id);
  const next = learnProfile(store, record, bytes);
  const change = store.all("select account from profile_changes where conversation = ? and hash = ?", [
    record.id,
    hashOf(bytes),
  ])[0];
  if (next === record || change === undefined) return { record: next, lines: [] };
  store.run("delete from profile_changes where conversation = ?", [record.id]);
  const [before, after] = [known && decodeProfile(known), decodeProfile(bytes)];
  const by = textOf(change, "account") as AccountId;
  return { record: next, lines: after === undefined ? [] : linesOf(before, after, by) };
}

/** Says the group's profile again for those whom another let in, unless something of ours is on its way already. */
export async function announceProfile(context: Context, actor: ConversationActor): Promise<boolean> {
  const { record } = actor.live();
  const profile = agreedProfile(context.store, record);
  if (
    profile === undefined ||
    record.state.kind !== "open" ||
    isHeldBack(context, record) ||
    waits(context.store, actor.id)
  )
    return false;
  writeProfile(context, actor.id, profile);
  return true;
}

export type ProfileWish = { name?: string; topic?: string; picture?: Uint8Array | null };

/**
 * Changes name, topic or picture of a group; what isn't named stays as it is.
 * @throws SottoError conversation/forbidden-change; picture/invalid; request/malformed for an empty name
 */
export function setProfile(actor: ConversationActor, wish: ProfileWish): Promise<void> {
  const { context } = actor;
  if (wish.picture !== undefined && wish.picture !== null && !isPicture(wish.picture))
    throw new SottoError(
      "picture/invalid",
      "A picture is a JPEG, PNG or WebP image of at most 24 KiB and 512 pixels a side.",
      {
        kind: "person",
        do: "Choose another picture.",
      },
    );
  const name = wish.name === undefined ? undefined : cleanName(wish.name);
  if (name === "")
    throw new SottoError("request/malformed", "A group has a name.", { kind: "person", do: "Write a name." });
  return actor.exclusive(() =>
    commit(actor, ({ record }, group) => {
      assertMay(record, context.account, "manage");
      if (record.kind !== KIND.group)
        throw new SottoError("conversation/forbidden-change", "An open room is called by its name alone.");
      const known = agreedProfile(context.store, record);
      const before = known === undefined ? undefined : decodeProfile(known);
      const after: Profile = {
        name: name ?? before?.name ?? record.name ?? "",
        topic: wish.topic === undefined ? (before?.topic ?? "") : cleanTopic(wish.topic),
        picture: wish.picture === undefined ? (before?.picture ?? null) : wish.picture,
        salt: context.ports.random(16),
      };
      if (before !== undefined && linesOf(before, after, context.account).length === 0) return undefined;
      const bytes = encodeProfile(after);
      const hash = hashOf(bytes);
      context.store.transaction(() =>
        context.store.run("insert or replace into own_profiles (conversation, hash, bytes) values (?, ?, ?)", [
          actor.id,
          hash,
          bytes,
        ]),
      );
      return { extension: { ...extensionOf(group), profileHash: fromBase64Url(hash)! } };
    }),
  );
}
