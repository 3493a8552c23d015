import { hash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { RESET_CODE_BYTES, RESET_CODE_MS, codeOf, resetCodeHash, type Holding } from "@sotto/delivery";
import { SottoError, Username, type AccountId } from "@sotto/protocol";
import { DATABASE_FILE, codeOf as codeOfFailure, takeDataFolder } from "./data-folder.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { Database } from "./sqlite/database.ts";
import { isCurrent, migrate } from "./sqlite/migrate.ts";

/**
 * A one-time code by which a name goes to a new account, for somebody who has lost password, recovery key and every device
 * (docs/adr/0018-what-a-reset-is.md). Works beside a running server; only a hash of the code is stored. A new code for the name
 * makes the one before worthless.
 * @param username  with or without "@"
 * @returns 16 characters of Crockford's base32, and until when they are good (ms)
 * @throws {SottoError} account/unknown, account/closed, config/invalid, config/data-in-use
 */
export async function issueResetCode(dataDir: string, username: string): Promise<{ code: string; expiresAt: number }> {
  const name = v.safeParse(Username, username.replace(/^@/, ""));
  if (!name.success) throw unknownName(username);
  const store = await openForOwner(dataDir);
  try {
    const code = codeOf(randomBytes(RESET_CODE_BYTES));
    const expiresAt = Date.now() + RESET_CODE_MS;
    const codeHash = resetCodeHash((bytes) => hash("sha256", bytes, "buffer"), code);
    const outcome = await store.issueReset(name.output, codeHash, expiresAt);
    if (outcome === "unknown") throw unknownName(username);
    if (outcome === "closed")
      throw new SottoError(
        "account/closed",
        `The account @${name.output} was closed by its owner; its name stays taken.`,
      );
    return { code, expiresAt };
  } finally {
    store.close();
  }
}

const unknownName = (username: string): SottoError =>
  new SottoError("account/unknown", `There is no account @${username.replace(/^@/, "").slice(0, 64)} on this server.`, {
    kind: "person",
    do: "Check the spelling: usernames are exact.",
  });

/**
 * What a data folder holds about an account: the same counts that the server gives the account's own devices. Nothing is
 * written, whether or not a server runs on the folder.
 * @throws {SottoError} account/unknown, config/invalid
 */
export async function inspectAccount(
  dataDir: string,
  account: AccountId,
): Promise<{ username: Username; isClosed: boolean; holdings: Holding[] }> {
  const database = openDatabase(dataDir, { readOnly: true });
  try {
    if (!isCurrent(database))
      throw olderData(dataDir, "config/invalid", "Start the server on it once, then try again.");
    const store = new SqliteStore(database, Date.now);
    const [row] = await store.accounts([account]);
    if (row === undefined) throw new SottoError("account/unknown", `There is no such account in ${dataDir}.`);
    return { username: row.username, isClosed: row.isClosed, holdings: await store.holdings(row.key) };
  } finally {
    database.close();
  }
}

/** Where no server runs, the data is brought up to date first; under a running one it isn't touched beyond what is asked. */
async function openForOwner(dataDir: string): Promise<SqliteStore> {
  databaseIn(dataDir);
  const release = takeDataFolder(dataDir);
  let database: Database | undefined;
  try {
    database = openDatabase(dataDir, { readOnly: false });
    if (release !== undefined) await migrate(database);
    else if (!isCurrent(database))
      throw olderData(dataDir, "config/data-in-use", "Restart that server with this version, then try again.");
    return new SqliteStore(database, Date.now);
  } catch (error) {
    database?.close();
    throw error;
  } finally {
    release?.();
  }
}

function openDatabase(dataDir: string, { readOnly }: { readOnly: boolean }): Database {
  const path = databaseIn(dataDir);
  let database: Database | undefined;
  try {
    database = new Database(path, { readOnly });
    database.get("select 1 from accounts limit 1");
    return database;
  } catch (error) {
    database?.close();
    throw new SottoError(
      "config/invalid",
      `${path} can't be read as the data of a Sotto server (${codeOfFailure(error)}).`,
      {
        kind: "person",
        do: "Name the server's data folder, or restore it from your backup.",
      },
    );
  }
}

function databaseIn(dataDir: string): string {
  const path = join(dataDir, DATABASE_FILE);
  if (existsSync(path)) return path;
  throw new SottoError("config/invalid", `There is no data of a Sotto server in ${dataDir}.`, {
    kind: "person",
    do: "Name the server's data folder, or set SOTTO_DATA_DIR.",
  });
}

const olderData = (dataDir: string, code: "config/invalid" | "config/data-in-use", advice: string): SottoError =>
  new SottoError(code, `The data in ${dataDir} was written by an older version of Sotto.`, {
    kind: "person",
    do: advice,
  });
