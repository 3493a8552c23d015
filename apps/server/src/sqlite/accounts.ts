import * as v from "valibot";
import { AccountId, DeviceId, Username } from "@sotto/protocol";
import type {
  AccountRow,
  ClaimedDevice,
  DeviceRow,
  Key,
  NewAccount,
  NewDevice,
  StatementEffect,
} from "@sotto/delivery";
import { bytesOf, numberOf, type Database, type Row } from "./database.ts";
import { dropInbox } from "./bundles.ts";

/** Accounts, their chains and devices, and key packages. Each function is called inside one transaction. */
export function createAccount(
  database: Database,
  account: NewAccount,
): { kind: "created" } | { kind: "name-taken" } | { kind: "account-exists" } {
  if (database.get("select 1 from accounts where username = ?", account.username) !== undefined)
    return { kind: "name-taken" };
  if (database.get("select 1 from accounts where id = ?", account.account) !== undefined)
    return { kind: "account-exists" };
  const key = database.insert(
    "insert into accounts (id, username, password_record, vault, statements) values (?, ?, ?, ?, 0)",
    account.account,
    account.username,
    account.passwordRecord,
    account.vault,
  );
  for (const statement of account.chain) addStatement(database, key, statement);
  addDevice(database, key, account.device);
  return { kind: "created" };
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
      "update devices set active = 0, last_resort = null where account = ? and id = ? returning key",
      account,
      device,
    );
    if (revoked !== undefined) emptyDevice(database, numberOf(revoked["key"]));
  }
  if (effect.closes) closeAccount(database, account, at);
  return "appended";
}

function emptyDevice(database: Database, device: Key): void {
  database.run("delete from key_packages where device = ?", device);
  dropInbox(database, device, Number.MAX_SAFE_INTEGER);
}

function closeAccount(database: Database, account: Key, at: number): void {
  database.run("update accounts set closed_at = ?, password_record = null, vault = null where key = ?", at, account);
  for (const { key } of database.all(
    "update devices set active = 0, last_resort = null where account = ? returning key",
    account,
  ))
    emptyDevice(database, numberOf(key));
  database.run("delete from members where account = ?", account);
  database.run("delete from archive where account = ?", account);
}

export function accountOf(database: Database, row: Row): AccountRow {
  const key = numberOf(row["key"]);
  return {
    key,
    account: v.parse(AccountId, row["id"]),
    username: v.parse(Username, row["username"]),
    isClosed: row["closed_at"] !== null,
    chain: database
      .all("select bytes from statements where account = ? order by position", key)
      .map(({ bytes }) => bytesOf(bytes)),
  };
}

export function deviceRow(database: Database, account: AccountId, device: DeviceId): DeviceRow | undefined {
  const row = database.get(
    `select d.key, d.account, a.username, d.sign_in_key, d.active and a.closed_at is null as active,
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
    keyPackagesLeft: numberOf(row["packages"]),
  };
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
