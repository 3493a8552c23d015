import * as v from "valibot";
import { AccountId, ConversationId, ConversationKind, Role, ROLE, RoomName, type Seq } from "@sotto/protocol";
import type { Key } from "@sotto/delivery";
import { bytesOf, numberOf, textOf, type Database, type Row } from "./database.ts";

export type Member = {
  key: Key;
  account: AccountId;
  /** In the newest roster; null when it isn't named there. */
  role: Role | null;
  /** The commit that took the access away and whose word isn't enough yet; 0 when none. */
  lapses: Seq;
  lapsedBy: Key;
  /** Whether it left by its own statement, so that a roster which still names it gives nothing back. */
  hasLeft: boolean;
  /** The commit that took the leaver's leaves; 0 while they are in the tree. */
  dropped: Seq;
  droppedBy: Key;
};

/** A conversation's counters and the accounts that matter now. Former members without a trace are only in the table. */
export type CachedConversation = {
  key: Key;
  conversation: ConversationId;
  kind: ConversationKind;
  room: RoomName | null;
  lastSeq: Seq;
  latestCommit: Seq;
  commits: number;
  logBytes: number;
  /** The log's head at `lastSeq` (crypto's log head). */
  head: Uint8Array;
  members: Map<Key, Member>;
  /** Whether some member lapses or some leaver was dropped: only then does it matter who stands on which commit. */
  hasPending: boolean;
};

export const hasAccess = (member: Member | undefined): boolean =>
  member !== undefined &&
  !member.hasLeft &&
  ((member.role !== null && member.role !== ROLE.banned) || member.lapses > 0);

/** Rosters of conversations held in memory together. */
const MEMBERS_MAX = 500_000;

/** What the appender asks of every envelope, kept in memory: this process is the only writer of its data. */
export class ConversationCache {
  readonly #database: Database;
  readonly #byKey = new Map<Key, CachedConversation>();
  #members = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  get(key: Key): CachedConversation | undefined {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const row = this.#database.get("select * from conversations where key = ?", key);
    if (row === undefined) return undefined;
    const conversation = conversationOf(row);
    const head = headAt(this.#database, key, conversation.lastSeq);
    if (head === undefined) throw new Error("a log without its newest entry");
    const logBytes = numberOf(row["log_bytes"]);
    const loaded: CachedConversation = { ...conversation, logBytes, head, members: new Map(), hasPending: false };
    const members = this.#database.all(
      `select m.*, a.id from members m join accounts a on a.key = m.account
       where m.conversation = ? and (m.role is not null or m.lapses > 0 or m.statement is not null)`,
      key,
    );
    for (const each of members) {
      const member = memberOf(each);
      loaded.members.set(member.key, member);
      if (member.lapses > 0 || member.dropped > 0) loaded.hasPending = true;
    }
    if (this.#members > MEMBERS_MAX) this.clear();
    this.#members += loaded.members.size + 1;
    this.#byKey.set(key, loaded);
    return loaded;
  }

  forget(key: Key): void {
    this.#byKey.delete(key);
  }

  /** After a transaction that was rolled back: what is held here may never have happened. */
  clear(): void {
    this.#byKey.clear();
    this.#members = 0;
  }
}

/** Before the first entry it is all zeros. Undefined where the log has no such entry. */
export function headAt(database: Database, conversation: Key, seq: Seq): Uint8Array | undefined {
  if (seq === 0) return new Uint8Array(32);
  const row = database.get("select head from entries where conversation = ? and seq = ?", conversation, seq);
  return row === undefined ? undefined : bytesOf(row["head"]);
}

export function conversationOf(row: Row) {
  return {
    key: numberOf(row["key"]),
    conversation: v.parse(ConversationId, row["id"]),
    kind: v.parse(ConversationKind, row["kind"]),
    room: v.parse(v.nullable(RoomName), row["room"]),
    lastSeq: numberOf(row["last_seq"]),
    latestCommit: numberOf(row["latest_commit"]),
    commits: numberOf(row["commits"]),
  };
}

function memberOf(row: Row): Member {
  const role = row["role"];
  return {
    key: numberOf(row["account"]),
    account: v.parse(AccountId, textOf(row["id"])),
    role: v.is(Role, role) ? role : null,
    lapses: numberOf(row["lapses"]),
    lapsedBy: numberOf(row["lapsed_by"]),
    hasLeft: row["statement"] !== null,
    dropped: numberOf(row["dropped"]),
    droppedBy: numberOf(row["dropped_by"]),
  };
}
