import { Buffer } from "node:buffer";
import type { Storage } from "@sotto/engine";
import { Database } from "./driver.ts";
import { configure } from "./cipher.ts";
import { inUse } from "./sqlite-errors.ts";
import { SqliteStore, type Statements } from "./sqlite-store.ts";

/** A storage in memory, which can be copied and put back as it was. */
export type MemoryStorage = Storage & {
  /** The bytes of a database file with all that is in it; undefined while nothing is. Not within a transaction. */
  image(): Uint8Array | undefined;
  /** Takes the place of all that it holds; not while a store is open. The bytes are copied. */
  putBack(image: Uint8Array): void;
};

/** A database that lives as long as this object: what one store wrote the next one finds, until `wipe` or the process's end. */
export function memoryStorage(): MemoryStorage {
  let kept: { database: Database; statements: Statements } | undefined;
  let isOpen = false;
  const replace = (database: Database | undefined): void => {
    if (isOpen) throw inUse();
    kept?.database.close();
    kept = undefined;
    if (database === undefined) return;
    configure(database);
    // Statements belong to the database: whoever opens it again needn't prepare them again.
    kept = { database, statements: new Map() };
  };
  return {
    durability: "memory",
    async open() {
      if (kept === undefined) replace(new Database(":memory:"));
      if (isOpen || kept === undefined) throw inUse();
      isOpen = true;
      const { database, statements } = kept;
      return new SqliteStore(
        database,
        () => {
          // A store that is dropped in the middle of a transaction stands for a crash there: nothing of it remains.
          if (database.inTransaction) database.exec("rollback");
          isOpen = false;
        },
        statements,
      );
    },
    async wipe() {
      replace(undefined);
    },
    image: () => kept?.database.serialize(),
    putBack: (image) => replace(new Database(Buffer.from(image))),
  };
}
