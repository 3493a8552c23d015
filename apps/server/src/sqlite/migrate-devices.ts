import { hash } from "node:crypto";
import { nextHead } from "@sotto/crypto/verify";
import { ENTRY_KIND, KIND } from "@sotto/protocol";
import { bytesOf, numberOf, type Database } from "./database.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

/** Entries read at once while heads are computed. */
const CHUNK_ROWS = 256;

const hasDevices = (database: Database): boolean =>
  database.get("select 1 from pragma_table_info('accounts') where name = 'replaced_by'") !== undefined;

/**
 * The schema of accounts with many devices: names that move on, codes of the server's owner, heads of the log, archive records
 * by key. In one transaction; does nothing where it has happened already.
 */
export function migrateDevices(database: Database): void {
  if (hasDevices(database)) return;
  // A table that others refer to is rebuilt while references aren't watched (SQLite, "Making Other Kinds Of Table Schema Changes").
  database.exec("pragma foreign_keys=off");
  try {
    database.transaction(() => {
      for (const statement of CHANGES) database.exec(statement);
      computeHeads(database);
      if (database.get("select 1 from pragma_foreign_key_check") !== undefined)
        throw new Error("a reference between rows of the database leads nowhere");
    });
  } finally {
    database.exec("pragma foreign_keys=on");
  }
}

const CHANGES = [
  // A name is held by one account at a time, and for ever by one that was closed. Who held it before keeps it as a word only.
  `create table accounts_next (
    key integer primary key, id text not null unique, username text not null,
    password_record text, vault blob, statements integer not null, closed_at integer, replaced_by integer references accounts_next
  )`,
  `insert into accounts_next select key, id, username, password_record, vault, statements, closed_at, null from accounts`,
  `drop table accounts`,
  `alter table accounts_next rename to accounts`,
  `create unique index accounts_name on accounts (username) where replaced_by is null`,
  `create table reset_codes (account integer primary key references accounts, hash blob not null, expires_at integer not null)`,
  `alter table devices add column last_seen integer`,
  // owner: of a conversation of the kind self. commits: how many entries of the log are commits; log_bytes: of all its envelopes.
  `alter table conversations add column owner integer`,
  `alter table conversations add column commits integer not null default 0`,
  `alter table conversations add column log_bytes integer not null default 0`,
  `create unique index conversations_owner on conversations (owner)`,
  `update or ignore conversations set owner = (select m.account from members m where m.conversation = conversations.key)
     where kind = ${KIND.self}`,
  // Its head after the entry (crypto's log head): kept, so that nobody ever walks a log to answer for one of its places.
  `alter table entries add column head blob`,
  `drop index archive_name`,
  `create index archive_key on archive (account, conversation, name)`,
];

function computeHeads(database: Database): void {
  for (const { key } of database.all("select key from conversations")) {
    const conversation = numberOf(key);
    let head: Uint8Array = new Uint8Array(32);
    let [commits, bytes] = [0, 0];
    for (let after = 0; ;) {
      const rows = database.all(
        "select key, seq, envelope, erased from entries where conversation = ? and seq > ? order by seq limit ?",
        conversation,
        after,
        CHUNK_ROWS,
      );
      for (const row of rows) {
        after = numberOf(row["seq"]);
        const envelope = row["envelope"] instanceof Uint8Array ? row["envelope"] : undefined;
        // The kind is the envelope's second byte (protocol/entry), and the first of what an erased entry leaves.
        const kind = envelope === undefined ? bytesOf(row["erased"])[0] : envelope[1];
        const hashed = envelope === undefined ? bytesOf(row["erased"]).subarray(1) : sha256(envelope);
        head = nextHead(head, after, kind ?? 0, hashed, sha256);
        if (kind === ENTRY_KIND.commit) commits++;
        bytes += envelope?.length ?? 0;
        database.run("update entries set head = ? where key = ?", head, numberOf(row["key"]));
      }
      if (rows.length < CHUNK_ROWS) break;
    }
    database.run("update conversations set commits = ?, log_bytes = ? where key = ?", commits, bytes, conversation);
  }
}
