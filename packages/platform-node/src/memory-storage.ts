import type { Storage } from "@sotto/engine";
import { Database } from "./driver.ts";
import { configure } from "./cipher.ts";
import { inUse } from "./sqlite-errors.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** A database that lives as long as this object: what one store wrote the next one finds, until `wipe` or the process's end. */
export function memoryStorage(): Storage {
  let database: Database | undefined;
  let isOpen = false;
  return {
    durability: "memory",
    async open() {
      if (isOpen) throw inUse();
      if (database === undefined) {
        database = new Database(":memory:");
        configure(database);
      }
      isOpen = true;
      const kept = database;
      return new SqliteStore(kept, () => {
        // A store that is dropped in the middle of a transaction stands for a crash there: nothing of it remains.
        if (kept.inTransaction) kept.exec("rollback");
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
