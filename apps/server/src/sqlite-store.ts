import * as v from "valibot";
import {
  AccountId,
  ConversationId,
  ConversationKind,
  DeviceId,
  ENTRY_KIND,
  KIND,
  ROLE,
  RoomName,
  type Seq,
} from "@sotto/protocol";
import type {
  Access,
  AccountRow,
  ArchiveRecord,
  Arrival,
  ArrivalOutcome,
  AskRow,
  ClaimedDevice,
  ConversationRow,
  DeliveryStore,
  DeviceRow,
  Holding,
  InboxItem,
  InviteRow,
  Key,
  NewAccount,
  ResetProof,
  StatementEffect,
  VaultChange,
} from "@sotto/delivery";
import type { LogRow, Username } from "@sotto/protocol";
import {
  accountOf,
  appendStatement,
  claimKeyPackages,
  createAccount,
  deviceRow,
  devicesSeen,
  issueReset,
  mayReset,
  publishKeyPackages,
  replaceVault,
} from "./sqlite/accounts.ts";
import { appendAll, confirmCommits, logRowOf, saveMember } from "./sqlite/append.ts";
import { findArchive, storeArchive } from "./sqlite/archive.ts";
import { dropInbox, treeAt } from "./sqlite/bundles.ts";
import { ConversationCache, conversationOf, hasAccess, headAt } from "./sqlite/conversation-cache.ts";
import { Database, bytesOf, numberOf, textOf, type Row } from "./sqlite/database.ts";
import { ask, createInvite, dropInvite, dropRequest, inviteOf, invites, requests } from "./sqlite/invites.ts";
import { holdingsOf } from "./sqlite/holdings.ts";
import { migrate } from "./sqlite/migrate.ts";

/** Opens or creates the delivery service's database. @param path  a file, or ":memory:". */
export async function openSqliteStore(path: string, now: () => number): Promise<SqliteStore> {
  const database = new Database(path);
  try {
    await migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return new SqliteStore(database, now);
}

/**
 * The delivery service's data in one SQLite file. Promises are for adapters that need them: here every operation has
 * happened, durably, when it returns, in the order of the calls.
 */
export class SqliteStore implements DeliveryStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #cache: ConversationCache;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
    this.#cache = new ConversationCache(database);
  }

  close(): void {
    this.#database.close();
  }

  #write<T>(work: (database: Database) => T): Promise<T> {
    try {
      return Promise.resolve(this.#database.transaction(() => work(this.#database)));
    } catch (error) {
      this.#cache.clear();
      return Promise.reject(error);
    }
  }

  #read<T>(work: (database: Database) => T): Promise<T> {
    try {
      return Promise.resolve(work(this.#database));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  createAccount(account: NewAccount, reset: ResetProof | null) {
    return this.#write((database) => {
      const outcome = createAccount(database, account, reset);
      if (outcome.kind === "created" && outcome.replaced !== null) this.#cache.clear();
      return outcome;
    });
  }

  mayReset(username: Username, proof: ResetProof): Promise<boolean> {
    return this.#read((database) => mayReset(database, username, proof));
  }

  issueReset(username: Username, codeHash: Uint8Array, expiresAt: number) {
    return this.#write((database) => issueReset(database, username, codeHash, expiresAt));
  }

  accountByName(username: Username): Promise<AccountRow | undefined> {
    return this.#read((database) => {
      const row = database.get("select * from accounts where username = ? and replaced_by is null", username);
      return row === undefined ? undefined : accountOf(database, row);
    });
  }

  chainLengths(accounts: readonly AccountId[]) {
    return this.#read((database) =>
      accounts.flatMap((account) => {
        const row = database.get(
          "select statements, replaced_by is not null as replaced from accounts where id = ?",
          account,
        );
        if (row === undefined) return [];
        return [{ account, length: numberOf(row["statements"]), isReplaced: row["replaced"] === 1 }];
      }),
    );
  }

  accounts(accounts: readonly AccountId[]): Promise<AccountRow[]> {
    return this.#read((database) =>
      accounts.flatMap((account) => {
        const row = database.get("select * from accounts where id = ?", account);
        return row === undefined ? [] : [accountOf(database, row)];
      }),
    );
  }

  secretsOf(account: Key): Promise<{ passwordRecord: string; vault: Uint8Array } | undefined> {
    return this.#read((database) => {
      const row = database.get(
        "select password_record, vault from accounts where key = ? and closed_at is null",
        account,
      );
      return row === undefined
        ? undefined
        : { passwordRecord: textOf(row["password_record"]), vault: bytesOf(row["vault"]) };
    });
  }

  device(account: AccountId, device: DeviceId): Promise<DeviceRow | undefined> {
    return this.#read((database) => deviceRow(database, account, device));
  }

  activeDevices(accounts: readonly Key[]): Promise<{ key: Key; accountKey: Key; device: DeviceId }[]> {
    return this.#read((database) =>
      accounts.flatMap((account) =>
        database
          .all("select key, id from devices where account = ? and active = 1 order by key", account)
          .map((row) => ({ key: numberOf(row["key"]), accountKey: account, device: v.parse(DeviceId, row["id"]) })),
      ),
    );
  }

  appendStatement(
    account: Key,
    length: number,
    statement: Uint8Array,
    effect: StatementEffect,
  ): Promise<"appended" | "stale"> {
    return this.#write((database) => {
      const outcome = appendStatement(database, account, length, statement, effect, this.#now());
      if (effect.closes) this.#cache.clear();
      return outcome;
    });
  }

  replaceVault(account: Key, change: VaultChange): Promise<"replaced" | "stale-vault" | "stale-chain"> {
    return this.#write((database) => replaceVault(database, account, change, this.#now()));
  }

  devicesSeen(account: Key): Promise<{ device: DeviceId; lastSeenAt: number | null }[]> {
    return this.#read((database) => devicesSeen(database, account));
  }

  sawDevices(seen: readonly { device: Key; at: number }[]): Promise<void> {
    return this.#write((database) => {
      for (const { device, at } of seen)
        database.run(
          "update devices set last_seen = ?1 where key = ?2 and active = 1 and (last_seen is null or last_seen < ?1)",
          at,
          device,
        );
    });
  }

  holdings(account: Key): Promise<Holding[]> {
    return this.#read((database) => holdingsOf(database, account));
  }

  publishKeyPackages(
    device: Key,
    keyPackages: readonly Uint8Array[],
    lastResort: Uint8Array | null,
    max: number,
  ): Promise<number> {
    return this.#write((database) => publishKeyPackages(database, device, keyPackages, lastResort, max));
  }

  claimKeyPackages(account: Key, from: "oldest" | "last-resort"): Promise<ClaimedDevice[]> {
    return this.#write((database) => claimKeyPackages(database, account, from));
  }

  append(arrivals: readonly Arrival[], acceptedAt: number): Promise<ArrivalOutcome[]> {
    return this.#write((database) => appendAll(database, this.#cache, arrivals, acceptedAt));
  }

  conversation(conversation: ConversationId): Promise<ConversationRow | undefined> {
    return this.#read((database) => {
      const row = database.get("select * from conversations where id = ?", conversation);
      return row === undefined ? undefined : conversationOf(row);
    });
  }

  room(room: RoomName): Promise<{ key: Key; conversation: ConversationId; people: number } | undefined> {
    return this.#read((database) => {
      const row = database.get("select key, id from conversations where room = ? and kind = ?", room, KIND.room);
      if (row === undefined) return undefined;
      const key = numberOf(row["key"]);
      const people = database.get(
        "select count(*) as n from members where conversation = ? and role > ? and statement is null",
        key,
        ROLE.banned,
      );
      return { key, conversation: v.parse(ConversationId, row["id"]), people: numberOf(people?.["n"]) };
    });
  }

  conversationsOf(account: Key): Promise<ConversationRow[]> {
    return this.#read((database) =>
      database
        .all(
          `select c.* from members m join conversations c on c.key = m.conversation
         where m.account = ? and m.statement is null and (m.role > ${ROLE.banned} or m.lapses > 0)
         order by (select e.accepted_at from entries e where e.conversation = c.key and e.seq = c.last_seq) desc, c.key`,
          account,
        )
        .map(conversationOf),
    );
  }

  access(conversation: Key, account: Key): Promise<Access> {
    return this.#read((database) => {
      const member = this.#cache.get(conversation)?.members.get(account);
      if (hasAccess(member)) return "granted";
      if (member?.role === ROLE.banned) return "banned";
      return database.get("select 1 from members where conversation = ? and account = ?", conversation, account) ===
        undefined
        ? "none"
        : "lost";
    });
  }

  commitAt(conversation: Key, seq: Seq): Promise<Uint8Array | undefined> {
    return this.#read((database) => {
      const envelope = database.get(
        "select envelope from entries where conversation = ? and seq = ?",
        conversation,
        seq,
      )?.["envelope"];
      // The kind is the envelope's second byte (protocol/entry).
      return envelope instanceof Uint8Array && envelope[1] === ENTRY_KIND.commit ? envelope : undefined;
    });
  }

  leavers(conversation: Key): Promise<AccountId[]> {
    return this.#read((database) => {
      const left = database.all(
        "select a.id from members m join accounts a on a.key = m.account where m.conversation = ? and m.statement is not null",
        conversation,
      );
      return left.map(({ id }) => v.parse(AccountId, id));
    });
  }

  groupInfo(
    conversation: Key,
  ): Promise<{ applied: Seq; latestCommit: Seq; groupInfo: Uint8Array; treeChunks: Uint8Array[] } | undefined> {
    return this.#read((database) => {
      const latestCommit = this.#cache.get(conversation)?.latestCommit;
      const bundle = latestCommit === undefined ? undefined : treeAt(database, conversation, latestCommit);
      return latestCommit === undefined || bundle === undefined
        ? undefined
        : { applied: latestCommit, latestCommit, ...bundle };
    });
  }

  tree(conversation: Key, seq: Seq): Promise<Uint8Array[] | undefined> {
    return this.#read((database) => treeAt(database, conversation, seq)?.treeChunks);
  }

  acknowledge(conversation: Key, account: Key, seq: Seq): Promise<Key[]> {
    const cached = this.#cache.get(conversation);
    if (cached === undefined || !cached.hasPending) return Promise.resolve([]);
    return this.#write((database) => confirmCommits(database, cached, account, seq));
  }

  leave(conversation: Key, account: Key, statement: Uint8Array): Promise<boolean> {
    return this.#write((database) => {
      const cached = this.#cache.get(conversation);
      const member = cached?.members.get(account);
      if (cached === undefined || member === undefined || !hasAccess(member)) return false;
      member.hasLeft = true;
      member.lapses = 0;
      saveMember(database, cached, member);
      database.run(
        "update members set statement = ? where conversation = ? and account = ?",
        statement,
        conversation,
        account,
      );
      return true;
    });
  }

  leaveStatements(conversation: Key): Promise<Uint8Array[]> {
    return this.#read((database) =>
      database
        .all(
          "select statement from members where conversation = ? and statement is not null order by account",
          conversation,
        )
        .map(({ statement }) => bytesOf(statement)),
    );
  }

  createInvite(invite: InviteRow & { preview: Uint8Array; now: number; max: number }): Promise<"created" | "full"> {
    return this.#write((database) => createInvite(database, invite));
  }

  invites(conversation: Key, now: number) {
    return this.#read((database) => invites(database, conversation, now));
  }

  invite(conversation: Key, invite: Uint8Array, now: number) {
    return this.#read((database) => inviteOf(database, conversation, invite, now));
  }

  dropInvite(conversation: Key, invite: Uint8Array): Promise<void> {
    return this.#write((database) => dropInvite(database, conversation, invite));
  }

  ask(request: AskRow & { max: number }): Promise<"asked" | "full"> {
    return this.#write((database) => ask(database, request));
  }

  requests(conversation: Key, now: number, since: number) {
    return this.#write((database) => requests(database, conversation, now, since));
  }

  dropRequest(conversation: Key, account: Key): Promise<void> {
    return this.#write((database) => dropRequest(database, conversation, account));
  }

  logHead(conversation: Key, seq: Seq): Promise<Uint8Array | undefined> {
    return this.#read((database) => headAt(database, conversation, seq));
  }

  logPage(conversation: Key, after: Seq, limit: number, bytesMax: number): Promise<{ more: boolean; rows: LogRow[] }> {
    return this.#read((database) => {
      const page = takePage(limit, bytesMax, {
        start: after,
        next: (from, count) =>
          database
            .all(
              "select seq, accepted_at, envelope, erased from entries where conversation = ? and seq > ? order by seq limit ?",
              conversation,
              from,
              count,
            )
            .map(logRowOf),
        place: ({ seq }) => seq,
        bytes: (row) => (row.kind === "stored" ? row.envelope.length : row.hash.length),
      });
      return { more: page.more, rows: page.items };
    });
  }

  inboxPage(
    device: Key,
    after: number,
    limit: number,
    bytesMax: number,
  ): Promise<{ more: boolean; items: InboxItem[] }> {
    return this.#read((database) =>
      takePage(limit, bytesMax, {
        start: after,
        next: (from, count) =>
          database
            .all(
              `select i.position, w.seq, w.bytes, c.id, c.kind, c.room from inbox i
             join welcomes w on w.key = i.welcome join conversations c on c.key = w.conversation
             where i.device = ? and i.position > ? order by i.position limit ?`,
              device,
              from,
              count,
            )
            .map(inboxItemOf),
        place: ({ position }) => position,
        bytes: ({ welcome }) => welcome.length,
      }),
    );
  }

  inboxAcknowledge(device: Key, upTo: number): Promise<void> {
    return this.#write((database) => dropInbox(database, device, upTo));
  }

  archiveStore(account: Key, device: Key, records: readonly ArchiveRecord[]): Promise<void> {
    return this.#write((database) => storeArchive(database, account, device, records));
  }

  archivePage(account: Key, conversation: ConversationId, after: number, limit: number) {
    return this.#read((database) => {
      const rows = database.all(
        "select position, name, record from archive where account = ? and conversation = ? and position > ? order by position limit ?",
        account,
        conversation,
        after,
        limit + 1,
      );
      const records = rows.slice(0, limit).map((row) => ({
        position: numberOf(row["position"]),
        key: bytesOf(row["name"]),
        record: bytesOf(row["record"]),
      }));
      return { more: rows.length > limit, records };
    });
  }

  archiveFind(account: Key, conversation: ConversationId, keys: readonly Uint8Array[], bytesMax: number) {
    return this.#read((database) => findArchive(database, { account, conversation, keys, bytesMax }));
  }
}

function inboxItemOf(row: Row): InboxItem {
  return {
    position: numberOf(row["position"]),
    conversation: v.parse(ConversationId, row["id"]),
    kind: v.parse(ConversationKind, row["kind"]),
    room: v.parse(v.nullable(RoomName), row["room"]),
    seq: numberOf(row["seq"]),
    welcome: bytesOf(row["bytes"]),
  };
}

/** Rows read at once: enough to be cheap, few enough that the largest of them stay a small part of memory. */
const CHUNK_ROWS = 64;

type Source<T> = {
  start: number;
  next: (after: number, count: number) => T[];
  place: (item: T) => number;
  bytes: (item: T) => number;
};

/** Takes items in order while they fit into `bytesMax`, and at least one. `more`: whether another one follows. */
function takePage<T>(
  limit: number,
  bytesMax: number,
  { start, next, place, bytes }: Source<T>,
): { more: boolean; items: T[] } {
  const items: T[] = [];
  let total = 0;
  for (let from = start; ;) {
    const count = Math.min(CHUNK_ROWS, limit + 1 - items.length);
    const chunk = next(from, count);
    for (const item of chunk) {
      total += bytes(item);
      if (items.length >= limit || (items.length > 0 && total > bytesMax)) return { more: true, items };
      items.push(item);
      from = place(item);
    }
    if (chunk.length < count) return { more: false, items };
  }
}
