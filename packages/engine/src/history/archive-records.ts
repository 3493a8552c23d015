import { sealArchiveRecord, sha256, type ArchiveAbout } from "@sotto/crypto";
import { epoch as epochOf, epochKeyRecord, senderKeyRecord, splitEpochKey, type GroupState } from "@sotto/mls";
import { concat, decodeCbor, encodeCbor, toHex, type ConversationId, type Seq } from "@sotto/protocol";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "../conversation/conversation-record.ts";
import { bytesOf, numberOf, textOf } from "../rows.ts";

/** What one record of the archive is about. */
export type Subject =
  /** What reads the headers of an epoch's posts, and which entry of the log made the epoch. */
  | { kind: "epoch"; epoch: bigint }
  /** What reads all posts of one leaf in one epoch. */
  | { kind: "sender"; epoch: bigint; leaf: number }
  /** From where on the account was in the conversation. All of these share one key. */
  | { kind: "membership" }
  /** A piece of something that is named by its hash, such as the extension that many epochs share. */
  | { kind: "part"; hash: Uint8Array; index: number };

/** One sealed record of the account's archive: `key` names what it is about, `record` is its ciphertext. */
export type ArchiveRecord = { key: Uint8Array; record: Uint8Array };

/** The name under which the server keeps records about a subject. */
export function keyOfSubject(subject: Subject): Uint8Array {
  switch (subject.kind) {
    case "epoch":
      return encodeCbor([0, subject.epoch, 0]);
    case "sender":
      return encodeCbor([1, subject.epoch, subject.leaf]);
    case "membership":
      return encodeCbor([2, 0, 0]);
    case "part":
      return encodeCbor([3, subject.hash, subject.index]);
  }
}

export function aboutOf(subject: Subject): Pick<ArchiveAbout, "epoch" | "leaf" | "kind"> {
  switch (subject.kind) {
    case "epoch":
      return { kind: "epoch", epoch: subject.epoch, leaf: 0 };
    case "sender":
      return { kind: "sender", epoch: subject.epoch, leaf: subject.leaf };
    case "membership":
      return { kind: "membership", epoch: 0n, leaf: 0 };
    case "part":
      return { kind: "part", epoch: 0n, leaf: subject.index };
  }
}

const isArchived = (context: Context, conversation: ConversationId, key: Uint8Array): boolean =>
  context.store.all("select 1 as one from archived where conversation = ? and record_key = ? and kept = 1", [
    conversation,
    toHex(key),
  ]).length > 0;

/** Has this account kept the key of a sender in an epoch? */
export const isSenderArchived = (
  context: Context,
  conversation: ConversationId,
  sender: { epoch: bigint; leaf: number },
): boolean => isArchived(context, conversation, keyOfSubject({ kind: "sender", ...sender }));

export function sealRecord(
  context: Context,
  conversation: ConversationId,
  subject: Subject,
  plaintext: Uint8Array,
): ArchiveRecord {
  const { generation, key: archiveKey } = context.archiveKey();
  const { account, device: writer } = context;
  const about: ArchiveAbout = { account, conversation, writer, ...aboutOf(subject) };
  const { random } = context.ports;
  return {
    key: keyOfSubject(subject),
    record: sealArchiveRecord({ archiveKey, generation, about, plaintext, random }),
  };
}

/** Makes a record unless this device has kept one of that name already. */
function missing(
  context: Context,
  conversation: ConversationId,
  subject: Subject,
  plaintext: () => Uint8Array | undefined,
): ArchiveRecord[] {
  if (isArchived(context, conversation, keyOfSubject(subject))) return [];
  const bytes = plaintext();
  return bytes === undefined ? [] : [sealRecord(context, conversation, subject, bytes)];
}

const PART_BYTES = 1_800;
const VERSION = 1;

/** Something larger or shared, in pieces that are named by its hash. */
export function partRecords(context: Context, conversation: ConversationId, bytes: Uint8Array): ArchiveRecord[] {
  const hash = sha256(bytes);
  const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
  return Array.from({ length: count }, (_, index) =>
    missing(context, conversation, { kind: "part", hash, index }, () =>
      encodeCbor([VERSION, count, bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES)]),
    ),
  ).flat();
}

/** Records of one epoch from its whole key. @param applied seq of the commit that made the epoch; 0 when that isn't proven */
function epochRecords(
  context: Context,
  conversation: ConversationId,
  epoch: bigint,
  applied: Seq,
  epochKey: Uint8Array,
): ArchiveRecord[] {
  const split = splitEpochKey(epochKey);
  if (split === undefined) throw new Error("an epoch key that can't be split");
  const plaintext = encodeCbor([VERSION, applied, sha256(split.extension), split.key]);
  return [
    ...partRecords(context, conversation, split.extension),
    sealRecord(context, conversation, { kind: "epoch", epoch }, plaintext),
  ];
}

/** Before a sender key that another account gave. A key of one's own begins with its version, which is never 0. */
const GIVEN = 0;

/** What a record of a sender holds. */
export function senderKeyOf(plaintext: Uint8Array): { key: Uint8Array; given: boolean } {
  const given = plaintext[0] === GIVEN;
  return { key: given ? plaintext.subarray(1) : plaintext, given };
}

/** Does this opened record hold what another account gave? */
export function isGiven(subject: Subject, plaintext: Uint8Array): boolean {
  if (subject.kind === "sender") return senderKeyOf(plaintext).given;
  if (subject.kind !== "epoch") return false;
  const decoded = decodeCbor(plaintext);
  return decoded.kind === "value" && Array.isArray(decoded.value) && decoded.value[1] === 0;
}

/** Records of keys that another account gave and that opened something. They are marked, and stand beside the account's own. */
export const givenRecords = {
  epoch: (context: Context, conversation: ConversationId, epoch: bigint, key: Uint8Array): ArchiveRecord[] =>
    epochRecords(context, conversation, epoch, 0, key),
  sender: (
    context: Context,
    conversation: ConversationId,
    { epoch, leaf }: { epoch: bigint; leaf: number },
    key: Uint8Array,
  ): ArchiveRecord =>
    sealRecord(context, conversation, { kind: "sender", epoch, leaf }, concat(Uint8Array.of(GIVEN), key)),
};

/** Keeps them without taking their names: the true records may still come. Inside a transaction. */
export function storeGivenRecords(
  context: Context,
  conversation: ConversationId,
  records: readonly ArchiveRecord[],
): void {
  for (const record of records) putRecord(context, conversation, record);
}

/** What is kept of an epoch as soon as it begins: whoever reads it later learns from it which entry ended the epoch before. */
export function archiveEpoch(context: Context, record: ConversationRecord, group: GroupState): ArchiveRecord[] {
  if (record.policy.history === "device-only") return [];
  const epoch = epochOf(group);
  if (isArchived(context, record.id, keyOfSubject({ kind: "epoch", epoch }))) return [];
  return epochRecords(context, record.id, epoch, record.applied, epochKeyRecord(group));
}

/**
 * The records to keep before a leaf's ratchet is consumed for the first time in an epoch: the leaf's sender key, and the epoch key if
 * it isn't kept yet. Empty where they are, or where the conversation is `device-only`.
 * @param group the state *before* the consumption.
 */
export function archiveRecordsFor(
  context: Context,
  { record }: { record: ConversationRecord },
  group: GroupState,
  leaf: number,
): ArchiveRecord[] {
  if (record.policy.history === "device-only") return [];
  const epoch = epochOf(group);
  return [
    ...archiveEpoch(context, record, group),
    ...missing(context, record.id, { kind: "sender", epoch, leaf }, () => senderKeyRecord(group, leaf)),
  ];
}

/** Keeps records in the same transaction as the state whose consumption made them necessary; they are uploaded later. */
export function storeArchiveRecords(
  context: Context,
  conversation: ConversationId,
  records: readonly ArchiveRecord[],
): void {
  for (const { key, record } of records) {
    if (isArchived(context, conversation, key) && toHex(key) !== MEMBERSHIP_KEY) continue;
    noteArchived(context, conversation, key);
    putRecord(context, conversation, { key, record });
  }
}

function putRecord({ store }: Context, conversation: ConversationId, { key, record }: ArchiveRecord): void {
  store.run("insert into archive_outbox (conversation, record_key, record) values (?, ?, ?)", [
    conversation,
    key,
    record,
  ]);
}

const MEMBERSHIP_KEY = toHex(keyOfSubject({ kind: "membership" }));

/**
 * The archive holds this record, whoever wrote it, and others may be given what it says.
 * @param kept it needn't be written again. What stands under an older key is to be: whoever was ended may have written it.
 */
export function noteArchived(context: Context, conversation: ConversationId, key: Uint8Array, kept = true): void {
  context.store.run(
    `insert into archived (conversation, record_key, kept) values (?, ?, ?)
     on conflict (conversation, record_key) do update set kept = max(kept, excluded.kept)`,
    [conversation, toHex(key), kept ? 1 : 0],
  );
}

/** Leaves whose sender keys of an epoch are archived, under whatever key of the archive, as far as this device knows of them. */
export function archivedSenders(context: Context, conversation: ConversationId, epoch: bigint): number[] {
  // The name is a CBOR list of three: all of one epoch share everything but the last number.
  const whole = toHex(keyOfSubject({ kind: "sender", epoch, leaf: 0 }));
  const prefix = whole.slice(0, -2);
  return context.store
    .all("select record_key from archived where conversation = ? and record_key >= ? and record_key < ?", [
      conversation,
      prefix,
      `${prefix}g`,
    ])
    .map((row) => leafOf(textOf(row, "record_key").slice(prefix.length)))
    .filter((leaf) => leaf !== undefined);
}

/** A CBOR unsigned number in hex. */
function leafOf(hex: string): number | undefined {
  if (hex.length === 2) return Number.parseInt(hex, 16) < 24 ? Number.parseInt(hex, 16) : undefined;
  if ((hex.length === 4 && hex.startsWith("18")) || (hex.length === 6 && hex.startsWith("19")))
    return Number.parseInt(hex.slice(2), 16);
  return undefined;
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
    // These very records and no others: positions are given anew once the table is empty, and another upload may have emptied it.
    context.store.transaction(() => {
      for (const row of rows)
        context.store.run("delete from archive_outbox where position = ? and record = ?", [
          numberOf(row, "position"),
          bytesOf(row, "record"),
        ]);
    });
  }
}
