import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountStoreContract } from "./test/account-store-contract.ts";
import { storeContract, type OpenedStore } from "./test/store-contract.ts";
import { openSqliteStore, type SqliteStore } from "./sqlite-store.ts";

async function openSqlite(): Promise<OpenedStore> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-store-"));
  const path = join(folder, "test.sqlite");
  const opened: SqliteStore[] = [];
  const open = async (): Promise<SqliteStore> => {
    const store = await openSqliteStore(path, () => 0);
    opened.push(store);
    return store;
  };
  return {
    store: await open(),
    reopen: () => {
      for (const store of opened.splice(0)) store.close();
      return open();
    },
    close: () => {
      for (const store of opened) store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

storeContract("SQLite", openSqlite);
accountStoreContract("SQLite", openSqlite);
