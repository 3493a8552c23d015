import start from "@evolu/sqlite-wasm";
import { unavailable } from "./sqlite-errors.ts";

/** The one importer of the SQLite library (WebAssembly, with sealed pages). */
export type Sqlite = Awaited<ReturnType<typeof start>>;
export type Database = InstanceType<Sqlite["oo1"]["DB"]>;
export type Statement = ReturnType<Database["prepare"]>;

let loading: Promise<Sqlite> | undefined;

/**
 * Loads it once per worker.
 * @throws SottoError store/unavailable when the server doesn't give it; the next call tries again.
 */
export async function loadSqlite(): Promise<Sqlite> {
  loading ??= load();
  try {
    return await loading;
  } catch {
    loading = undefined;
    throw unavailable();
  }
}

async function load(): Promise<Sqlite> {
  // It also brings a file system that needs a shared memory which we don't ask for, and warns about that at every start.
  Object.assign(globalThis, { sqlite3ApiConfig: { warn: () => {} } });
  return start();
}

/** False from the beginning of a transaction to its end. */
export function isInAutocommit({ capi }: Sqlite, database: Database): boolean {
  // Missing in the library's types.
  const { sqlite3_get_autocommit: ask } = capi as unknown as { sqlite3_get_autocommit: (database: Database) => number };
  return ask(database) !== 0;
}
