import type { ConversationId, Seq } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import { numberOf, numberOrNull, textOf, textOrNull } from "../rows.ts";
import type { StoredLine } from "../timeline/stored-line.ts";
import { ORDERS_PER_SEQ } from "../schema.ts";

/** An entry that no key of the account's archive opens. */
export type MissingEntry = { seq: Seq; epoch: bigint };
type State = Extract<StoredLine, { kind: "keys-missing" }>["state"];

/** The line of entries that can't be read stands where the first of them does. */
const lineOrder = (seq: Seq): number => seq * ORDERS_PER_SEQ + 1;

function writeLine(store: Store, conversation: ConversationId, order: number, at: number, line: StoredLine): void {
  store.run(
    "insert or replace into items (conversation, item_order, seq, at, kind, line) values (?, ?, ?, ?, 'system', ?)",
    [conversation, order, Math.floor(order / ORDERS_PER_SEQ), at, JSON.stringify(line)],
  );
}

/**
 * Says that entries in a row can't be read, in one line, and takes up the line above if nothing that is shown lies between.
 * @param entries oldest first, at least one
 */
export function addMissing(
  store: Store,
  conversation: ConversationId,
  entries: readonly MissingEntry[],
  at: number,
  state: State,
): void {
  const first = entries[0]!.seq;
  const last = entries[entries.length - 1]!.seq;
  const order = lineOrder(first);
  let count = entries.length;
  const above = store.all(
    "select item_order, line from items where conversation = ? and item_order > ? order by item_order limit 1",
    [conversation, last * ORDERS_PER_SEQ],
  )[0];
  const line = above === undefined ? undefined : lineOf(textOrNull(above, "line"));
  if (above !== undefined && line?.kind === "keys-missing" && line.state === state) {
    count += line.entries;
    store.run("delete from items where conversation = ? and item_order = ?", [
      conversation,
      numberOf(above, "item_order"),
    ]);
    store.run("update missing set line = ? where conversation = ? and line = ?", [
      order,
      conversation,
      numberOf(above, "item_order"),
    ]);
  }
  writeLine(store, conversation, order, at, { kind: "keys-missing", entries: count, state });
  for (const { seq, epoch } of entries)
    store.run("insert or replace into missing (conversation, seq, epoch, line) values (?, ?, ?, ?)", [
      conversation,
      seq,
      String(epoch),
      order,
    ]);
}

const lineOf = (text: string | null): StoredLine | undefined =>
  text === null ? undefined : (JSON.parse(text) as StoredLine);

export function missingEntries(store: Store, conversation: ConversationId): MissingEntry[] {
  return store
    .all("select seq, epoch from missing where conversation = ? order by seq", [conversation])
    .map((row) => ({ seq: numberOf(row, "seq"), epoch: BigInt(textOf(row, "epoch")) }));
}

/** These entries were never for the account: nothing stands for them. */
export function dropMissing(store: Store, conversation: ConversationId, seqs: readonly Seq[]): void {
  settle(store, conversation, seqs, (order) =>
    store.run("delete from items where conversation = ? and item_order = ?", [conversation, order]),
  );
}

/** These entries can be read now, or never can: their lines are counted again, and one that is empty says what happened. */
export function settleMissing(store: Store, conversation: ConversationId, seqs: readonly Seq[], at: number): void {
  settle(store, conversation, seqs, (order) =>
    writeLine(store, conversation, order, at, { kind: "mended", because: "keys-received" }),
  );
}

function settle(
  store: Store,
  conversation: ConversationId,
  seqs: readonly Seq[],
  isEmpty: (order: number) => void,
): void {
  const lines = new Set<number>();
  for (const seq of seqs) {
    const row = store.all("select line from missing where conversation = ? and seq = ?", [conversation, seq])[0];
    if (row === undefined) continue;
    lines.add(numberOf(row, "line"));
    store.run("delete from missing where conversation = ? and seq = ?", [conversation, seq]);
  }
  for (const order of lines) {
    const left = store.all(
      "select count(*) as left_over, min(seq) as first from missing where conversation = ? and line = ?",
      [conversation, order],
    )[0]!;
    const entries = numberOf(left, "left_over");
    const stored = store.all("select line, at from items where conversation = ? and item_order = ?", [
      conversation,
      order,
    ])[0];
    const line = stored === undefined ? undefined : lineOf(textOrNull(stored, "line"));
    const state: State = line?.kind === "keys-missing" ? line.state : "asking";
    if (entries === 0) {
      isEmpty(order);
      continue;
    }
    // What is left stands where its own first entry does.
    const moved = lineOrder(numberOrNull(left, "first")!);
    store.run("delete from items where conversation = ? and item_order = ?", [conversation, order]);
    store.run("update missing set line = ? where conversation = ? and line = ?", [moved, conversation, order]);
    const at = stored === undefined ? 0 : numberOf(stored, "at");
    writeLine(store, conversation, moved, at, { kind: "keys-missing", entries, state });
  }
}

/** What is being done about entries of these epochs. */
export function setMissingState(
  store: Store,
  conversation: ConversationId,
  epochs: readonly bigint[],
  state: State,
): boolean {
  const lines = new Set(
    epochs.flatMap((epoch) =>
      store
        .all("select distinct line from missing where conversation = ? and epoch = ?", [conversation, String(epoch)])
        .map((row) => numberOf(row, "line")),
    ),
  );
  let changed = false;
  for (const order of lines) {
    const row = store.all("select line from items where conversation = ? and item_order = ?", [conversation, order])[0];
    const line = row === undefined ? undefined : lineOf(textOrNull(row, "line"));
    if (line?.kind !== "keys-missing" || line.state === state) continue;
    store.run("update items set line = ? where conversation = ? and item_order = ?", [
      JSON.stringify({ ...line, state } satisfies StoredLine),
      conversation,
      order,
    ]);
    changed = true;
  }
  return changed;
}
