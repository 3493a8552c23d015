import { sha256 } from "@sotto/crypto";
import {
  KIND,
  PRESENCE_PEOPLE_MAX,
  SottoError,
  STATUS_LENGTH_MAX,
  cleanName,
  encodeContent,
  encodePerson,
  equalBytes,
  isPicture,
  personPost,
  sendIdOf,
  type AccountId,
  type ConversationId,
} from "@sotto/protocol";
import type { PictureId } from "../api-rules.ts";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "../conversation/conversation-record.ts";
import { putFirst } from "../conversation/outbox.ts";
import { bytesOf, textOf } from "../rows.ts";
import { SYNC } from "../sync/sync-state.ts";

const NO_PICTURE = new Uint8Array(0);

/** How the person shows themselves, as their devices agree on it; encoded (person-content.ts). */
function ownProfileBytes(context: Pick<Context, "sync" | "displayName">): Uint8Array {
  const { sync } = context;
  const status = sync.get(SYNC.status);
  const picture = sync.get(SYNC.picture);
  return encodePerson({
    name: context.displayName() ?? "",
    status: typeof status === "string" ? cleanName(status, STATUS_LENGTH_MAX) : "",
    picture: picture instanceof Uint8Array && isPicture(picture) ? picture : NO_PICTURE,
  });
}

/** What this or another own device has decided is shown here as well. Inside a transaction. */
export function takeOwnProfile(context: Context): void {
  const name = context.sync.get(SYNC.displayName);
  if (typeof name === "string") context.people.setDisplayName(context.account, cleanName(name) || null);
  // Among one's own devices the map has settled already which is the newest.
  context.people.setProfile(context.account, ownProfileBytes(context), Number.MAX_SAFE_INTEGER);
}

/** @throws SottoError request/malformed: not a picture, or too large; a status that is too long is cut */
export function setOwnProfile(
  context: Context,
  { displayName, status, picture }: { displayName?: string | null; status?: string; picture?: Uint8Array | null },
): void {
  const { sync, store } = context;
  if (picture !== undefined && picture !== null && !isPicture(picture))
    throw new SottoError("request/malformed", "That isn't a picture that others can show.", {
      kind: "person",
      do: "Choose a JPEG, PNG or WebP image of at most 24 KiB and 512 pixels a side.",
    });
  store.transaction(() => {
    if (displayName !== undefined) sync.set(SYNC.displayName, cleanName(displayName ?? ""));
    if (status !== undefined) sync.set(SYNC.status, cleanName(status, STATUS_LENGTH_MAX));
    if (picture === null) sync.delete(SYNC.picture);
    else if (picture !== undefined) sync.set(SYNC.picture, picture);
    takeOwnProfile(context);
  });
  context.emit({ kind: "session" });
  context.emit({ kind: "people" });
}

export function ownProfile({ people, account }: Context): {
  displayName: string | null;
  status: string;
  picture: PictureId | null;
} {
  const { displayName, status, picture } = people.person(account);
  return { displayName, status, picture };
}

/**
 * Shows the person to those to whom they are about to write, once: when they show themselves otherwise than was last said there, or
 * somebody has come. Never in open rooms, and never to strangers, to whom nothing is written. Who has neither picture nor status and
 * never had has nothing to show: the name travels with every post.
 */
export function showOwnProfile(context: Context, record: ConversationRecord): void {
  const { store, ports } = context;
  if (record.kind !== KIND.direct && record.kind !== KIND.group) return;
  const accounts = record.members.map(({ account }) => account);
  if (accounts.length > PRESENCE_PEOPLE_MAX || accounts.length < 2) return;
  const profile = ownProfileBytes(context);
  const row = store.all("select hash, accounts from shown_as where conversation = ?", [record.id])[0];
  const { status, picture } = ownProfile(context);
  if (row === undefined && status === "" && picture === null) return;
  const known = new Set(row === undefined ? [] : (JSON.parse(textOf(row, "accounts")) as AccountId[]));
  const isNews = row === undefined || !equalBytes(bytesOf(row, "hash"), sha256(profile));
  if (!isNews && accounts.every((account) => known.has(account))) return;
  store.transaction(() => {
    putFirst(store, {
      conversation: record.id,
      send: sendIdOf(ports.random(16)),
      post: null,
      content: encodeContent(personPost(profile, ports.random(16))),
      at: ports.clock.now(),
    });
    noteShown(context, record, profile);
  });
}

/** The account has shown itself there, on this device or another of its own. Inside a transaction. */
export function noteShown(
  { store }: Context,
  { id, members }: Pick<ConversationRecord, "members"> & { id: ConversationId },
  profile: Uint8Array,
): void {
  store.run("insert or replace into shown_as (conversation, hash, accounts) values (?, ?, ?)", [
    id,
    sha256(profile),
    JSON.stringify(members.map(({ account }) => account)),
  ]);
}
