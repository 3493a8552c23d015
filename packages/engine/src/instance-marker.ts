import { decodeCbor, encodeCbor, equalBytes, bytesOf, SeqNumber } from "@sotto/protocol";
import * as v from "valibot";
import type { Storage, Store } from "./ports.ts";
import { bytesOf as blobOf, numberOf } from "./rows.ts";

/**
 * [Note: A disk that was put back] An older state of this database spends keys a second time. The log shows it before anything is sent,
 * if the server doesn't hide it. So a number that grows with every start and every end is kept twice: in the database, and beside it,
 * where a copy of the database alone doesn't reach. The database's is written first; it is never honestly the smaller one.
 */
type Marker = { instance: Uint8Array; count: number };

const VERSION = 1;
const Wire = v.strictTuple([v.literal(VERSION), bytesOf(16), SeqNumber]);

/** Counts on. @returns whether the database is older than what was noted beside it */
export async function countInstance(
  storage: Storage,
  store: Store,
  random: (length: number) => Uint8Array,
): Promise<{ rolledBack: boolean }> {
  if (storage.marker === undefined) return { rolledBack: false };
  const row = store.all("select instance, count from instance where id = 1")[0];
  const known = row === undefined ? undefined : { instance: blobOf(row, "instance"), count: numberOf(row, "count") };
  const bytes = await storage.marker.read();
  const noted = bytes === undefined ? undefined : readMarker(bytes);
  const rolledBack = known !== undefined && isOlder(known, noted);
  const next: Marker = {
    instance: known?.instance ?? random(16),
    count: Math.max(known?.count ?? 0, noted?.count ?? 0) + 1,
  };
  store.transaction(() =>
    store.run("insert or replace into instance (id, instance, count) values (1, ?, ?)", [next.instance, next.count]),
  );
  await storage.marker.write(encodeCbor([VERSION, next.instance, next.count]));
  return { rolledBack };
}

/** Without a note after the first start, or with another instance's, this database came from elsewhere. */
function isOlder(known: Marker, noted: Marker | undefined): boolean {
  if (noted === undefined) return known.count > 1;
  return !equalBytes(known.instance, noted.instance) || noted.count > known.count;
}

function readMarker(bytes: Uint8Array): Marker | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  return parsed?.success === true ? { instance: parsed.output[1], count: parsed.output[2] } : undefined;
}
