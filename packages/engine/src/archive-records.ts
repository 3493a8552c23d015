import { sealArchiveRecord } from "@sotto/crypto";
import { epoch, epochKeyRecord, senderKeyRecord, type GroupState } from "@sotto/mls";
import { encodeCbor, toHex, type ConversationId } from "@sotto/protocol";
import type { Context } from "./context.ts";
import type { Live } from "./read-entry.ts";
import { bytesOf, numberOf, textOf } from "./rows.ts";

/** One sealed record of the account's archive: `key` names what it is about, `record` is its ciphertext. */
export type ArchiveRecord = { key: Uint8Array; record: Uint8Array };

const isKnown = (context: Context, conversation: ConversationId, key: Uint8Array): boolean =>
  context.store.all("select 1 as one from archived where conversation = ? and record_key = ?", [
    conversation,
    toHex(key),
  ]).length > 0;

/**
 * The records to keep before a leaf's ratchet is consumed for the first time in an epoch: the leaf's sender key, and once per
 * epoch the epoch key. Empty where they are kept already, or where the conversation is `device-only`.
 * @param group the state *before* the consumption.
 */
export function archiveRecordsFor(context: Context, live: Live, group: GroupState, leafIndex: number): ArchiveRecord[] {
  if (live.record.policy.history === "device-only") return [];
  const { generation, key: archiveKey } = context.archiveKey();
  const at = epoch(group);
  const seal = (kind: "epoch" | "sender", leaf: number, bytes: Uint8Array | undefined): ArchiveRecord[] => {
    const key = encodeCbor([kind === "epoch" ? 0 : 1, at, leaf]);
    if (bytes === undefined || isKnown(context, live.record.id, key)) return [];
    const about = {
      account: context.account,
      conversation: live.record.id,
      epoch: at,
      leaf,
      kind,
      writer: context.device,
    };
    return [
      {
        key,
        record: sealArchiveRecord({ archiveKey, generation, about, plaintext: bytes, random: context.ports.random }),
      },
    ];
  };
  return [...seal("epoch", 0, epochKeyRecord(group)), ...seal("sender", leafIndex, senderKeyRecord(group, leafIndex))];
}

/** Keeps records in the same transaction as the state whose consumption made them necessary; they are uploaded later. */
export function storeArchiveRecords(
  context: Context,
  conversation: ConversationId,
  records: readonly ArchiveRecord[],
): void {
  for (const { key, record } of records) {
    if (isKnown(context, conversation, key)) continue;
    context.store.run("insert into archived (conversation, record_key) values (?, ?)", [conversation, toHex(key)]);
    context.store.run("insert into archive_outbox (conversation, record_key, record) values (?, ?, ?)", [
      conversation,
      key,
      record,
    ]);
  }
}

const UPLOAD_RECORDS = 128;

/** Uploads what waits, oldest first. Storing a record twice is harmless: readers try every record of a key. */
export async function uploadArchive(context: Context): Promise<void> {
  for (;;) {
    const rows = context.store.all(
      "select position, conversation, record_key, record from archive_outbox order by position limit ?",
      [UPLOAD_RECORDS],
    );
    if (rows.length === 0) return;
    await context.online().request("archive.store", {
      records: rows.map((row) => ({
        conversation: textOf(row, "conversation"),
        key: bytesOf(row, "record_key"),
        record: bytesOf(row, "record"),
      })),
    });
    const last = numberOf(rows[rows.length - 1]!, "position");
    context.store.transaction(() => context.store.run("delete from archive_outbox where position <= ?", [last]));
  }
}
