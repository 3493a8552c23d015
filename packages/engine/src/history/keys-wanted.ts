import type { AccountId, ConversationId, DeviceId, PostId } from "@sotto/protocol";
import type { SqlRow, Store } from "../ports.ts";
import { bytesOf, numberOf, textOf } from "../rows.ts";

/** Somebody's request for keys that this device hasn't answered, as it arrived. */
export type WantedKeys = {
  conversation: ConversationId;
  post: PostId;
  sender: AccountId;
  device: DeviceId;
  bytes: Uint8Array;
  at: number;
};

/** Of one account in one conversation: the newest ones. */
const WANTED_MAX = 8;

/** Kept until it is answered, so that neither a lost connection nor an end of this life loses it. */
export function noteWanted(store: Store, { conversation, post, sender, device, bytes, at }: WantedKeys): void {
  store.run(
    "insert or ignore into wanted_keys (conversation, post, account, device, bytes, at, given) values (?, ?, ?, ?, ?, ?, 0)",
    [conversation, post, sender, device, bytes, at],
  );
  store.run(
    `delete from wanted_keys where conversation = ? and account = ? and post not in
       (select post from wanted_keys where conversation = ? and account = ? order by at desc, post limit ?)`,
    [conversation, sender, conversation, sender, WANTED_MAX],
  );
}

export function dropWanted(store: Store, conversation: ConversationId, post: PostId): void {
  store.run("delete from wanted_keys where conversation = ? and post = ?", [conversation, post]);
}

/** Another member has answered with so many bytes in all. */
export function noteGiven(store: Store, conversation: ConversationId, post: PostId, bytes: number): void {
  store.run("update wanted_keys set given = max(given, ?) where conversation = ? and post = ?", [
    bytes,
    conversation,
    post,
  ]);
}

/** The most that one other member has answered with, in bytes; undefined when nobody waits for this request any more. */
export function givenTo(store: Store, conversation: ConversationId, post: PostId): number | undefined {
  const row = store.all("select given from wanted_keys where conversation = ? and post = ?", [conversation, post])[0];
  return row === undefined ? undefined : numberOf(row, "given");
}

/** Requests that wait, without those that came before `since`: they are over. */
export function wantedKeys(store: Store, since: number): WantedKeys[] {
  store.run("delete from wanted_keys where at < ?", [since]);
  return store.all("select conversation, post, account, device, bytes, at from wanted_keys").map(wantedIn);
}

/** A request that waits. */
export function wantedKey(store: Store, conversation: ConversationId, post: PostId): WantedKeys | undefined {
  const row = store.all(
    "select conversation, post, account, device, bytes, at from wanted_keys where conversation = ? and post = ?",
    [conversation, post],
  )[0];
  return row && wantedIn(row);
}

const wantedIn = (row: SqlRow): WantedKeys => ({
  conversation: textOf(row, "conversation") as ConversationId,
  post: textOf(row, "post") as PostId,
  sender: textOf(row, "account") as AccountId,
  device: textOf(row, "device") as DeviceId,
  bytes: bytesOf(row, "bytes"),
  at: numberOf(row, "at"),
});
