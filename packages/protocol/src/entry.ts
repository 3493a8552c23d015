import * as v from "valibot";
import { Bytes } from "./byte-schemas.ts";
import { concat } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { PROTOCOL_VERSION } from "./limits.ts";

/** Kinds of entries. Numbers are wire values and part of the log's hash chain. */
export const ENTRY_KIND = { application: 1, commit: 2 } as const;
export type EntryKind = (typeof ENTRY_KIND)[keyof typeof ENTRY_KIND];

/** Position in a conversation's log: 1 for the first entry, +1 for each. 0 means "before the first". */
export type Seq = number;

/**
 * An envelope as the log keeps it: `[version u8][kind u8][seen u64][applied u64][body]`, big-endian.
 * `seen` is the seq of the latest commit entry that its author had processed, `applied` that of the commit that made
 * its epoch. The body of an application entry is one MLSMessage, that of a commit entry a {@link CommitBody}.
 */
export type Envelope = { kind: EntryKind; seen: Seq; applied: Seq; body: Uint8Array };

export const ENVELOPE_HEADER_BYTES = 18;

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const header = new Uint8Array(ENVELOPE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint8(0, PROTOCOL_VERSION);
  view.setUint8(1, envelope.kind);
  view.setBigUint64(2, BigInt(envelope.seen));
  view.setBigUint64(10, BigInt(envelope.applied));
  return concat(header, envelope.body);
}

/** Reads an envelope; the body is a view of the given bytes. Undefined when truncated, or of an unknown version or kind. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes.length < ENVELOPE_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint8(1);
  if (view.getUint8(0) !== PROTOCOL_VERSION) return undefined;
  if (kind !== ENTRY_KIND.application && kind !== ENTRY_KIND.commit) return undefined;
  const seen = view.getBigUint64(2);
  const applied = view.getBigUint64(10);
  if (seen > BigInt(Number.MAX_SAFE_INTEGER) || applied > seen) return undefined;
  return { kind, seen: Number(seen), applied: Number(applied), body: bytes.subarray(ENVELOPE_HEADER_BYTES) };
}

/** The body of a commit entry: the MLSMessage and the canonical roster that results, so that members see what the server was told. */
export type CommitBody = { commit: Uint8Array; roster: Uint8Array };

const CommitBodyWire = v.strictTuple([Bytes, Bytes]);

export function encodeCommitBody(body: CommitBody): Uint8Array {
  return encodeCbor([body.commit, body.roster]);
}

export function decodeCommitBody(bytes: Uint8Array): CommitBody | undefined {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed") return undefined;
  const parsed = v.safeParse(CommitBodyWire, decoded.value);
  return parsed.success ? { commit: parsed.output[0], roster: parsed.output[1] } : undefined;
}
