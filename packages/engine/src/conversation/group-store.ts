import { decodeRows, encodeRows, type GroupState, type Provider } from "@sotto/mls";
import { Bytes, decodeCbor, encodeCbor, type ConversationId } from "@sotto/protocol";
import * as v from "valibot";
import type { Store } from "../ports.ts";
import { bytesOf, textOf } from "../rows.ts";

/** Writes what changed between two states of a group: a few hundred bytes for a post, whatever the group's size. */
export function saveGroup(
  store: Store,
  conversation: ConversationId,
  previous: GroupState | undefined,
  next: GroupState,
): void {
  const changes = encodeRows(previous, next);
  if (previous === undefined) store.run("delete from group_rows where conversation = ?", [conversation]);
  for (const key of changes.delete)
    store.run("delete from group_rows where conversation = ? and key = ?", [conversation, key]);
  for (const [key, value] of changes.set) {
    store.run("insert or replace into group_rows (conversation, key, value) values (?, ?, ?)", [
      conversation,
      key,
      value,
    ]);
  }
}

export function loadGroup(provider: Provider, store: Store, conversation: ConversationId): GroupState | undefined {
  const rows = store.all("select key, value from group_rows where conversation = ?", [conversation]);
  if (rows.length === 0) return undefined;
  return decodeRows(
    provider,
    rows.map((row) => [textOf(row, "key"), bytesOf(row, "value")] as const),
  );
}

const PackedRows = v.array(v.strictTuple([v.string(), Bytes]));

/** A whole state as one byte string, for a commit that waits for its verdict. */
export function packGroup(state: GroupState): Uint8Array {
  return encodeCbor(encodeRows(undefined, state).set.map(([key, value]) => [key, value]));
}

export function unpackGroup(provider: Provider, bytes: Uint8Array): GroupState {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed") throw new Error("a stored group state is malformed");
  const state = decodeRows(provider, v.parse(PackedRows, decoded.value));
  if (state === undefined) throw new Error("a stored group state is damaged");
  return state;
}
