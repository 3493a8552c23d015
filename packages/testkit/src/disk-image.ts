import type { SqlRow, SqlValue, Store } from "@sotto/engine";

/** A device's disk as it was once: what it takes to make its database again, and what was in it. */
export type DiskImage = { version: number; objects: string[]; tables: { name: string; rows: SqlRow[] }[] };

type SchemaRow = { type: string; name: string; sql: string | null };

const OWN_OBJECTS = "select type, name, sql from sqlite_master where name not like 'sqlite_%' order by rowid";

export function imageOf(store: Store): DiskImage {
  const schema = store.all(OWN_OBJECTS) as SchemaRow[];
  return {
    version: Number(store.all("pragma user_version")[0]?.["user_version"] ?? 0),
    objects: schema.flatMap(({ sql }) => (sql === null ? [] : [sql])),
    tables: schema.flatMap(({ type, name }) =>
      type === "table" ? [{ name, rows: store.all(`select * from "${name}"`) }] : [],
    ),
  };
}

/** Whatever the database held is gone afterwards. */
export function putImageInto(store: Store, { version, objects, tables }: DiskImage): void {
  store.transaction(() => {
    for (const { type, name } of store.all(OWN_OBJECTS) as SchemaRow[])
      if (type === "table") store.run(`drop table "${name}"`);
    for (const sql of objects) store.run(sql);
    for (const { name, rows } of tables) {
      for (const row of rows) {
        const columns = Object.keys(row);
        const values: SqlValue[] = columns.map((column) => row[column] ?? null);
        const names = columns.map((column) => `"${column}"`).join(", ");
        store.run(`insert into "${name}" (${names}) values (${columns.map(() => "?").join(", ")})`, values);
      }
    }
    store.run(`pragma user_version = ${version}`);
  });
}
