import type { ConversationId } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import { numberOf, numberOrNull, textOf } from "../rows.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const TIMES_A_DAY = 3;

/** May this epoch be asked for now? Once a day, and again where an answer didn't help, but not without end. */
export function mayAsk(store: Store, conversation: ConversationId, epoch: bigint, now: number): boolean {
  const row = store.all("select due from asked_epochs where conversation = ? and epoch = ?", [
    conversation,
    String(epoch),
  ])[0];
  return row === undefined || now >= numberOf(row, "due");
}

/** Inside a transaction. */
export function noteAsked(store: Store, conversation: ConversationId, epochs: readonly bigint[], now: number): void {
  for (const epoch of epochs)
    store.run(
      `insert into asked_epochs (conversation, epoch, at, times, due, day) values (?, ?, ?, 1, ?, ?)
       on conflict (conversation, epoch) do update set at = excluded.at, due = excluded.due,
         times = case when excluded.day - day >= ${DAY_MS} then 1 else times + 1 end,
         day = case when excluded.day - day >= ${DAY_MS} then excluded.day else day end`,
      [conversation, String(epoch), now, now + DAY_MS, now],
    );
}

/** An answer came and didn't bring what was asked for. */
export function askAgain(store: Store, conversation: ConversationId, epochs: readonly bigint[], when: number): void {
  store.transaction(() => {
    for (const epoch of epochs)
      store.run("update asked_epochs set due = min(due, ?) where conversation = ? and epoch = ? and times < ?", [
        when,
        conversation,
        String(epoch),
        TIMES_A_DAY,
      ]);
  });
}

/** Epochs that were asked for at `until` or before. */
export function askedBefore(store: Store, conversation: ConversationId, until: number): bigint[] {
  return store
    .all("select epoch from asked_epochs where conversation = ? and at <= ?", [conversation, until])
    .map((row) => BigInt(textOf(row, "epoch")));
}

/** When the next of what is missing may be asked for again; undefined where nothing is missing that was asked for. */
export function nextDue(store: Store, conversation: ConversationId): number | undefined {
  const row = store.all(
    `select min(due) as due from asked_epochs a where conversation = ? and exists
       (select 1 from missing m where m.conversation = a.conversation and m.epoch = a.epoch)`,
    [conversation],
  )[0];
  return (row === undefined ? null : numberOrNull(row, "due")) ?? undefined;
}
