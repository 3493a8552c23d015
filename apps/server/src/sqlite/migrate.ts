import { Kysely, SqliteDialect, sql, type SqliteStatement } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import type { Database, Value } from "./database.ts";
import { INVITE_TABLES } from "./invites.ts";
import { migrateDevices } from "./migrate-devices.ts";

/** Brings the schema up to date. Migrations are never changed once released: a new one is added behind them. */
export async function migrate(database: Database): Promise<void> {
  const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database: asKyselyDatabase(database) }) });
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: () => Promise.resolve(migrationsOf(database)) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Whether the newest migration has happened. */
export const isCurrent = (database: Database): boolean =>
  database.get("select 1 from sqlite_schema where type = 'table' and name = 'invites'") !== undefined;

/** The few methods of a driver that Kysely's dialect for SQLite calls. */
function asKyselyDatabase(database: Database) {
  return {
    close: () => {},
    prepare: (text: string): SqliteStatement => {
      const statement = database.prepare(text);
      const values = (parameters: readonly unknown[]): Value[] => parameters.map(asValue);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}

function asValue(input: unknown): Value {
  if (
    input === null ||
    typeof input === "string" ||
    typeof input === "number" ||
    typeof input === "bigint" ||
    input instanceof Uint8Array
  )
    return input;
  throw new TypeError("a value that SQLite can't hold");
}

const migrationsOf = (database: Database): Record<string, Migration> => ({
  "0001-first": {
    up: async (db) => {
      for (const statement of FIRST) await sql.raw(statement).execute(db);
    },
  },
  "0002-devices": {
    up: () => {
      migrateDevices(database);
      return Promise.resolve();
    },
  },
  "0003-invites": {
    up: async (db) => {
      for (const statement of INVITE_TABLES) await sql.raw(statement).execute(db);
    },
  },
});

const FIRST = [
  // A closed account keeps its row, so that its name is never given out again.
  `create table accounts (
    key integer primary key, id text not null unique, username text not null unique,
    password_record text, vault blob, statements integer not null, closed_at integer
  )`,
  `create table statements (
    account integer not null references accounts, position integer not null, bytes blob not null,
    primary key (account, position)
  ) without rowid`,
  `create table devices (
    key integer primary key, account integer not null references accounts, id text not null,
    sign_in_key blob not null, active integer not null, last_resort blob, inbox_last integer not null default 0,
    unique (account, id)
  )`,
  `create table key_packages (key integer primary key, device integer not null references devices, bytes blob not null)`,
  `create index key_packages_device on key_packages (device, key)`,
  `create table conversations (
    key integer primary key, id text not null unique, kind integer not null, room text unique, pair text unique,
    last_seq integer not null, latest_commit integer not null
  )`,
  // Rows are appended in the order of arrival whatever the conversation, so that a batch touches few pages.
  // An erased entry has no envelope; its kind (one byte) and its hash stay, since both are in the heads of the log.
  `create table entries (
    key integer primary key, conversation integer not null, seq integer not null, accepted_at integer not null,
    device integer not null, send blob not null, envelope blob, erased blob
  )`,
  `create unique index entries_log on entries (conversation, seq)`,
  `create unique index entries_send on entries (device, send)`,
  // role: null once the newest roster doesn't name the account. lapses: the commit that took the access, until another
  // account stands on it (0: nothing pending). statement: why it left; dropped: the commit that took its leaves.
  `create table members (
    conversation integer not null references conversations, account integer not null references accounts,
    role integer, lapses integer not null default 0, lapsed_by integer not null default 0,
    statement blob, dropped integer not null default 0, dropped_by integer not null default 0,
    primary key (conversation, account)
  ) without rowid`,
  `create index members_account on members (account)`,
  `create table bundles (
    conversation integer not null references conversations, seq integer not null, group_info blob not null, chunks blob not null,
    primary key (conversation, seq)
  ) without rowid`,
  `create table tree_chunks (
    key integer primary key, conversation integer not null references conversations, hash blob not null, bytes blob not null,
    unique (conversation, hash)
  )`,
  `create table welcomes (key integer primary key, conversation integer not null, seq integer not null, bytes blob not null)`,
  `create index welcomes_conversation on welcomes (conversation, seq)`,
  `create table inbox (
    device integer not null references devices, position integer not null, welcome integer not null references welcomes,
    primary key (device, position)
  ) without rowid`,
  `create index inbox_welcome on inbox (welcome)`,
  `create table archive (
    account integer not null references accounts, conversation text not null, position integer not null,
    device integer not null, name blob not null, record blob not null,
    primary key (account, conversation, position)
  )`,
  `create index archive_name on archive (account, conversation, device, name)`,
];
