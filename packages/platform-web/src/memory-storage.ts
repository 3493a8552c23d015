import type { Storage } from "@sotto/engine";
import { loadSqlite, type Database } from "./sqlite.ts";
import { inUse } from "./sqlite-errors.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { configure } from "./web-storage.ts";

/** Where the browser offers no file system: a database that lives as long as the worker, and the person is told so. */
export function memoryStorage(): Storage {
  let database: Database | undefined;
  let isOpen = false;
  return {
    durability: "memory",
    async open() {
      if (isOpen) throw inUse();
      isOpen = true;
      const sqlite = await loadSqlite();
      if (database === undefined) {
        database = new sqlite.oo1.DB(":memory:", "c");
        configure(database);
      }
      return new SqliteStore(sqlite, database, () => {
        isOpen = false;
      });
    },
    async wipe() {
      if (isOpen) throw inUse();
      database?.close();
      database = undefined;
    },
  };
}
