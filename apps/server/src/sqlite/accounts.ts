import * as v from "valibot";
import { AccountId, DeviceId, Username, equalBytes } from "@sotto/protocol";
import type {
  AccountRow,
  ClaimedDevice,
  DeliveryStore,
  DeviceRow,
  Key,
  NewAccount,
  NewDevice,
  ResetProof,
  StatementEffect,
  VaultChange,
} from "@sotto/delivery";
import { bytesOf, numberOf, type Database, type Row, type Value } from "./database.ts";
import { dropInbox } from "./bundles.ts";
import { dropInvite } from "./invites.ts";

/** Accounts, their chains and devices, and key packages. Each function is called inside one transaction. */
export function createAccount(
  database: Database,
  account: NewAccount,
  reset: ResetProof | null,
): Awaited<ReturnType<DeliveryStore["createAccount"]>> {
  if (database.get("select 1 from accounts where id = ?", account.account) !== undefined)
    return { kind: "account-exists" };
  const holder = holderOf(database, account.username);
  if (reset === null && holder !== undefined) return { kind: "name-taken" };
  if (reset !== null && (holder === undefined || !isResetCode(database, holder, reset)))
    return { kind: "reset-code-wrong" };
  // For a moment it is replaced by itself: the name must be free before the new account's row takes it.
  if (holder !== undefined) database.run("update accounts set replaced_by = key where key = ?", holder);
  const key = database.insert(
    "insert into accounts (id, username, password_record, vault, statements) values (?, ?, ?, ?, 0)",
    account.account,
    account.username,
    account.passwordRecord,
    account.vault,
  );
  for (const statement of account.chain) addStatement(database, key, statement);
  addDevice(database, key, account.device);
  if (holder === undefined || reset === null) return { kind: "created", replaced: null };
  endAccount(database, holder, reset.at);
  const old = database.get("update accounts set replaced_by = ? where key = ? returning id", key, holder);
  return { kind: "created", replaced: v.parse(AccountId, old?.["id"]) };
}

function holderOf(database: Database, username: Username): Key | undefined {
  const row = database.get("select key from accounts where username = ? and replaced_by is null", username);
  return row === undefined ? undefined : numberOf(row["key"]);
}

const isResetCode = (database: Database, account: Key, { codeHash, at }: ResetProof): boolean =>
  database.get("select 1 from reset_codes where account = ? and hash = ? and expires_at > ?", account, codeHash, at) !==
  undefined;

export function mayReset(database: Database, username: Username, proof: ResetProof): boolean {
  const holder = holderOf(database, username);
  return holder !== undefined && isResetCode(database, holder, proof);
}

export function issueReset(
  database: Database,
  username: Username,
  codeHash: Uint8Array,
  expiresAt: number,
): "issued" | "unknown" | "closed" {
  const holder = holderOf(database, username);
  if (holder === undefined) return "unknown";
  if (database.get("select 1 from accounts where key = ? and closed_at is null", holder) === undefined) return "closed";
  database.run(
    `insert into reset_codes (account, hash, expires_at) values (?, ?, ?)
     on conflict do update set hash = excluded.hash, expires_at = excluded.expires_at`,
    holder,
    codeHash,
    expiresAt,
  );
  return "issued";
}

function addStatement(database: Database, account: Key, statement: Uint8Array): void {
  const row = database.get(
    "update accounts set statements = statements + 1 where key = ? returning statements",
    account,
  );
  database.run(
    "insert into statements (account, position, bytes) values (?, ?, ?)",
    account,
    numberOf(row?.["statements"]),
    statement,
  );
}

function addDevice(database: Database, account: Key, device: NewDevice): void {
  const key = database.insert(
    "insert into devices (account, id, sign_in_key, active, last_resort) values (?, ?, ?, 1, ?)",
    account,
    device.device,
    device.signInKey,
    device.lastResort,
  );
  for (const bytes of device.keyPackages)
    database.run("insert into key_packages (device, bytes) values (?, ?)", key, bytes);
}

export function appendStatement(
  database: Database,
  account: Key,
  length: number,
  statement: Uint8Array,
  effect: StatementEffect,
  at: number,
): "appended" | "stale" {
  const row = database.get("select statements, closed_at from accounts where key = ?", account);
  if (row === undefined || row["statements"] !== length || row["closed_at"] !== null) return "stale";
  addStatement(database, account, statement);
  if (effect.adds !== null) addDevice(database, account, effect.adds);
  for (const device of effect.revokes) {
    const revoked = database.get(
      "update devices set active = 0, last_resort = null, last_seen = null where account = ? and id = ? returning key",
      account,
      device,
    );
    if (revoked !== undefined) emptyDevice(database, numberOf(revoked["key"]));
  }
  if (effect.closes) {
    endAccount(database, account, at);
    // Where it said that it leaves, members still need the statement to take its leaves out.
    database.run("delete from members where account = ? and statement is null", account);
  }
  return "appended";
}

function emptyDevice(database: Database, device: Key): void {
  database.run("delete from key_packages where device = ?", device);
  dropInbox(database, device, Number.MAX_SAFE_INTEGER);
}

/** All that is its own goes; its chain and its name stay, and so does its place in rosters, which are the members' to change. */
function endAccount(database: Database, account: Key, at: number): void {
  database.run("update accounts set closed_at = ?, password_record = null, vault = null where key = ?", at, account);
  for (const { key } of database.all(
    "update devices set active = 0, last_resort = null, last_seen = null where account = ? returning key",
    account,
  ))
    emptyDevice(database, numberOf(key));
  database.run("delete from archive where account = ?", account);
  database.run("delete from reset_codes where account = ?", account);
  database.run("delete from join_requests where account = ?", account);
  for (const row of database.all("select conversation, id from invites where account = ?", account))
    dropInvite(database, numberOf(row["conversation"]), bytesOf(row["id"]));
  dropSelf(database, account);
}

/** The conversation of an account with itself: nobody is left who could read it. */
function dropSelf(database: Database, account: Key): void {
  const row = database.get("select key from conversations where owner = ?", account);
  if (row === undefined) return;
  const conversation = numberOf(row["key"]);
  database.run("delete from inbox where welcome in (select key from welcomes where conversation = ?)", conversation);
  for (const table of ["welcomes", "bundles", "tree_chunks", "entries", "members"])
    database.run(`delete from ${table} where conversation = ?`, conversation);
  database.run("delete from conversations where key = ?", conversation);
}

export function replaceVault(
  database: Database,
  account: Key,
  { before, vault, passwordRecord, statement }: VaultChange,
  at: number,
): "replaced" | "stale-vault" | "stale-chain" {
  const row = database.get("select vault from accounts where key = ? and closed_at is null", account);
  const stored = row?.["vault"];
  if (!(stored instanceof Uint8Array) || (before !== null && !equalBytes(stored, before))) return "stale-vault";
  if (
    statement !== null &&
    appendStatement(database, account, statement.length, statement.bytes, statement.effect, at) === "stale"
  )
    return "stale-chain";
  database.run(
    "update accounts set vault = ?, password_record = coalesce(?, password_record) where key = ?",
    vault,
    passwordRecord,
    account,
  );
  return "replaced";
}

function idOf(database: Database, account: Value): AccountId | null {
  if (account === null) return null;
  return v.parse(AccountId, database.get("select id from accounts where key = ?", numberOf(account))?.["id"]);
}

export function accountOf(database: Database, row: Row): AccountRow {
  const key = numberOf(row["key"]);
  return {
    key,
    account: v.parse(AccountId, row["id"]),
    username: v.parse(Username, row["username"]),
    isClosed: row["closed_at"] !== null,
    replacedBy: idOf(database, row["replaced_by"] ?? null),
    chain: database
      .all("select bytes from statements where account = ? order by position", key)
      .map(({ bytes }) => bytesOf(bytes)),
  };
}

export function deviceRow(database: Database, account: AccountId, device: DeviceId): DeviceRow | undefined {
  const row = database.get(
    `select d.key, d.account, a.username, d.sign_in_key, d.active and a.closed_at is null as active,
       a.replaced_by is not null as replaced, d.last_seen,
       (select count(*) from key_packages p where p.device = d.key) as packages
     from devices d join accounts a on a.key = d.account where a.id = ? and d.id = ?`,
    account,
    device,
  );
  if (row === undefined) return undefined;
  return {
    key: numberOf(row["key"]),
    accountKey: numberOf(row["account"]),
    username: v.parse(Username, row["username"]),
    signInKey: bytesOf(row["sign_in_key"]),
    isActive: row["active"] === 1,
    isReplaced: row["replaced"] === 1,
    lastSeenAt: typeof row["last_seen"] === "number" ? row["last_seen"] : null,
    keyPackagesLeft: numberOf(row["packages"]),
  };
}

export function devicesSeen(database: Database, account: Key): { device: DeviceId; lastSeenAt: number | null }[] {
  return database
    .all("select id, last_seen from devices where account = ? and active = 1 order by key", account)
    .map((row) => ({
      device: v.parse(DeviceId, row["id"]),
      lastSeenAt: typeof row["last_seen"] === "number" ? row["last_seen"] : null,
    }));
}

export function publishKeyPackages(
  database: Database,
  device: Key,
  keyPackages: readonly Uint8Array[],
  lastResort: Uint8Array | null,
  max: number,
): number {
  if (lastResort !== null)
    database.run("update devices set last_resort = ? where key = ? and active = 1", lastResort, device);
  let count = numberOf(database.get("select count(*) as n from key_packages where device = ?", device)?.["n"]);
  if (database.get("select 1 from devices where key = ? and active = 1", device) === undefined) return 0;
  for (const bytes of keyPackages) {
    if (count >= max) break;
    database.run("insert into key_packages (device, bytes) values (?, ?)", device, bytes);
    count++;
  }
  return count;
}

export function claimKeyPackages(database: Database, account: Key, from: "oldest" | "last-resort"): ClaimedDevice[] {
  const devices = database.all(
    "select key, id, last_resort from devices where account = ? and active = 1 order by key",
    account,
  );
  return devices.map((row) => {
    const taken =
      from === "last-resort"
        ? undefined
        : database.get(
            "delete from key_packages where key = (select min(key) from key_packages where device = ?) returning bytes",
            numberOf(row["key"]),
          );
    const bytes = taken?.["bytes"] ?? row["last_resort"];
    return { device: v.parse(DeviceId, row["id"]), keyPackage: bytes instanceof Uint8Array ? bytes : null };
  });
}
