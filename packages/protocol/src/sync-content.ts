import * as v from "valibot";
import { bytesOf, bytesUpTo } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { POST_BYTES_MAX } from "./limits.ts";

export const SYNC_KEY_LENGTH_MAX = 128;
/** A picture of a person fits. */
export const SYNC_VALUE_BYTES_MAX = 28 * 1024;
/** Entries of one post. A writer stays below the size of a post as well. */
export const SYNC_ENTRIES_MAX = 512;
export const SNAPSHOT_PARTS_MAX = 4096;

/** One value that the devices of an account share: encoded CBOR, null where it was deleted. `stamp` in ms, of the writer. */
export type SyncEntry = { key: string; value: Uint8Array | null; stamp: number };

/** Which part of a whole state a post is; parts of one snapshot share its id of 16 random bytes. `part` counts from 0. */
export type SnapshotPart = { id: Uint8Array; part: number; parts: number };

/** What one device tells the account's others, in their own conversation. `snapshot`: null for mere changes. */
export type SyncContent = { entries: readonly SyncEntry[]; snapshot: SnapshotPart | null };

const VERSION = 1;
const Stamp = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(SNAPSHOT_PARTS_MAX));
const Entry = v.strictTuple([
  v.pipe(v.string(), v.minLength(1), v.maxLength(SYNC_KEY_LENGTH_MAX)),
  v.nullable(bytesUpTo(SYNC_VALUE_BYTES_MAX)),
  Stamp,
]);
const Snapshot = v.pipe(
  v.strictTuple([bytesOf(16), Count, Count]),
  v.check(([, part, parts]) => part < parts, "a part that there isn't"),
);
const Wire = v.strictTuple([
  v.literal(VERSION),
  v.pipe(v.array(Entry), v.maxLength(SYNC_ENTRIES_MAX)),
  v.nullable(Snapshot),
]);

export function encodeSync({ entries, snapshot }: SyncContent): Uint8Array {
  return encodeCbor([
    VERSION,
    entries.map(({ key, value, stamp }) => [key, value, stamp]),
    snapshot === null ? null : [snapshot.id, snapshot.part, snapshot.parts],
  ]);
}

/** Undefined when it is malformed, over a limit or of another version. Values are as they came: read each with its own schema. */
export function decodeSync(bytes: Uint8Array): SyncContent | undefined {
  if (bytes.length > POST_BYTES_MAX) return undefined;
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, entries, snapshot] = parsed.output;
  return {
    entries: entries.map(([key, value, stamp]) => ({ key, value, stamp })),
    snapshot: snapshot === null ? null : { id: snapshot[0], part: snapshot[1], parts: snapshot[2] },
  };
}
