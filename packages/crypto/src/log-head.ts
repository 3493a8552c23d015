import { bytesOf, decodeCbor, encodeCbor, SeqNumber, type Seq } from "@sotto/protocol";
import * as v from "valibot";
import { labelled, sha256 } from "./hash.ts";
import { LABEL } from "./labels.ts";

/** Hash of an entry: SHA-256 of the whole envelope. */
export function entryHash(envelope: Uint8Array): Uint8Array {
  return sha256(envelope);
}

/**
 * The head of a log after one more entry: SHA-256 over label, previous head, seq (u64), kind (u8) and the entry's hash. A body can
 * be erased and its 32 bytes stay.
 * @param head 32 bytes; zeros before the first entry.
 * @param digest SHA-256, where the platform has a faster one
 */
export function nextHead(
  head: Uint8Array,
  seq: Seq,
  kind: number,
  hash: Uint8Array,
  digest: (bytes: Uint8Array) => Uint8Array = sha256,
): Uint8Array {
  const place = new Uint8Array(9);
  const view = new DataView(place.buffer);
  view.setBigUint64(0, BigInt(seq));
  view.setUint8(8, kind);
  return digest(labelled(LABEL.logHead, head, place, hash));
}

const VERSION = 1;
const Wire = v.strictTuple([v.literal(VERSION), SeqNumber, bytesOf(32)]);

/** What a GroupInfo carries, signed with it: how much of the log its author had seen. */
export function logHeadExtension(seq: Seq, head: Uint8Array): Uint8Array {
  return encodeCbor([VERSION, seq, head]);
}

export function readLogHead(bytes: Uint8Array | undefined): { seq: Seq; head: Uint8Array } | undefined {
  const decoded = bytes === undefined ? undefined : decodeCbor(bytes);
  if (decoded?.kind !== "value") return undefined;
  const parsed = v.safeParse(Wire, decoded.value);
  return parsed.success ? { seq: parsed.output[1], head: parsed.output[2] } : undefined;
}
