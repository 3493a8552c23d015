import type { CommitParts, Key } from "@sotto/delivery";
import { concat, toHex, type Seq } from "@sotto/protocol";
import { bytesOf, numberOf, type Database } from "./database.ts";

/** Trees of so many epochs are kept for joiners, and beyond them those that a waiting welcome needs. */
const EPOCHS_KEPT = 8;
const HASH_BYTES = 32;

/** Stores what travels with a commit, beside its entry. */
export function storeBundle(database: Database, conversation: Key, seq: Seq, parts: CommitParts): void {
  const chunks = concat(...parts.treeChunks);
  database.run(
    "insert into bundles (conversation, seq, group_info, chunks) values (?, ?, ?, ?)",
    conversation,
    seq,
    parts.groupInfo,
    chunks,
  );
  for (const { hash, bytes } of parts.newChunks)
    database.run(
      "insert into tree_chunks (conversation, hash, bytes) values (?, ?, ?) on conflict do nothing",
      conversation,
      hash,
      bytes,
    );
  storeWelcomes(database, conversation, seq, parts);
  dropOldTrees(database, conversation);
}

function storeWelcomes(database: Database, conversation: Key, seq: Seq, parts: CommitParts): void {
  const keys = new Map<number, Key>();
  for (const { device, welcome } of parts.welcomeFor) {
    const bytes = parts.welcomes[welcome];
    if (bytes === undefined) continue;
    // The position is a counter on the device's row, taken in the transaction that fills it: a cursor never skips one.
    const row = database.get(
      "update devices set inbox_last = inbox_last + 1 where key = ? and active = 1 returning inbox_last",
      device,
    );
    if (row === undefined) continue;
    const key =
      keys.get(welcome) ??
      database.insert("insert into welcomes (conversation, seq, bytes) values (?, ?, ?)", conversation, seq, bytes);
    keys.set(welcome, key);
    database.run(
      "insert into inbox (device, position, welcome) values (?, ?, ?)",
      device,
      numberOf(row["inbox_last"]),
      key,
    );
  }
}

/** Removes inbox items, and the welcomes that nobody waits for any more. */
export function dropInbox(database: Database, device: Key, upTo: number): void {
  const welcomes = database.all("delete from inbox where device = ? and position <= ? returning welcome", device, upTo);
  for (const { welcome } of welcomes)
    database.run(
      "delete from welcomes where key = ? and not exists (select 1 from inbox where welcome = welcomes.key)",
      numberOf(welcome),
    );
}

function dropOldTrees(database: Database, conversation: Key): void {
  const dropped = database.all(
    `delete from bundles where conversation = ?1
       and seq < (select min(seq) from (select seq from bundles where conversation = ?1 order by seq desc limit ${EPOCHS_KEPT}))
       and seq not in (select w.seq from welcomes w where w.conversation = ?1)
     returning chunks`,
    conversation,
  );
  if (dropped.length === 0) return;
  const kept = new Set<string>();
  for (const { chunks } of database.all("select chunks from bundles where conversation = ?", conversation))
    for (const hash of hashesOf(bytesOf(chunks))) kept.add(toHex(hash));
  for (const { chunks } of dropped)
    for (const hash of hashesOf(bytesOf(chunks)))
      if (!kept.has(toHex(hash)))
        database.run("delete from tree_chunks where conversation = ? and hash = ?", conversation, hash);
}

export function hashesOf(chunks: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < chunks.length; at += HASH_BYTES) hashes.push(chunks.subarray(at, at + HASH_BYTES));
  return hashes;
}

/** The chunks of the tree made by the commit at `seq`, in order. Undefined once they were dropped. */
export function treeAt(
  database: Database,
  conversation: Key,
  seq: Seq,
): { groupInfo: Uint8Array; treeChunks: Uint8Array[] } | undefined {
  const row = database.get(
    "select group_info, chunks from bundles where conversation = ? and seq = ?",
    conversation,
    seq,
  );
  if (row === undefined) return undefined;
  const treeChunks = hashesOf(bytesOf(row["chunks"])).map((hash) =>
    bytesOf(
      database.get("select bytes from tree_chunks where conversation = ? and hash = ?", conversation, hash)?.["bytes"],
    ),
  );
  return { groupInfo: bytesOf(row["group_info"]), treeChunks };
}
