import { concat, encodeCbor, idBytes, type AccountId, type ConversationId, type DeviceId } from "@sotto/protocol";
import { BOX_OVERHEAD_BYTES, openBox, sealBox, type BoxContext } from "./box.ts";
import { LABEL } from "./labels.ts";

/**
 * What an archive record is about; none of it is stored in the record, all of it is authenticated. A record can't be moved to another
 * place, and one writer's can't pass for another's.
 */
export type ArchiveAbout = {
  account: AccountId;
  conversation: ConversationId;
  epoch: bigint;
  /** Index of the leaf; 0 for an epoch key; which piece for a part. */
  leaf: number;
  /** `membership`: from where on the account was in the conversation. `part`: a piece of what its hash names. Both with epoch 0. */
  kind: "epoch" | "sender" | "membership" | "part";
  writer: DeviceId;
};

const VERSION = 1;
const HEADER_BYTES = 5;
const KIND = { epoch: 0, sender: 1, membership: 2, part: 3 } as const;

const contextOf = (about: ArchiveAbout, generation: number): BoxContext => ({
  label: LABEL.archiveRecord,
  about: encodeCbor([
    VERSION,
    generation,
    idBytes(about.account),
    idBytes(about.conversation),
    about.epoch,
    about.leaf,
    KIND[about.kind],
    idBytes(about.writer),
  ]),
});

/** Seals one record as `[version u8][generation u32][box]`. @param archiveKey 32 bytes, of that generation */
export function sealArchiveRecord(parts: {
  archiveKey: Uint8Array;
  generation: number;
  about: ArchiveAbout;
  plaintext: Uint8Array;
  random: (length: number) => Uint8Array;
}): Uint8Array {
  const { archiveKey, generation, about, plaintext, random } = parts;
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, VERSION);
  view.setUint32(1, generation);
  return concat(header, sealBox(archiveKey, contextOf(about, generation), plaintext, random));
}

/** The generation whose key opens this record; undefined when it isn't one. */
export function archiveGenerationOf(record: Uint8Array): number | undefined {
  if (record.length < HEADER_BYTES + BOX_OVERHEAD_BYTES || record[0] !== VERSION) return undefined;
  return new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(1);
}

/** Opens a record; undefined when it was changed, belongs elsewhere or is under another key. Try every writer. */
export function openArchiveRecord(
  archiveKey: Uint8Array,
  about: ArchiveAbout,
  record: Uint8Array,
): Uint8Array | undefined {
  const generation = archiveGenerationOf(record);
  return generation === undefined
    ? undefined
    : openBox(archiveKey, contextOf(about, generation), record.subarray(HEADER_BYTES));
}
