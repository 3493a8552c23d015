import {
  bytesOf,
  decodeCbor,
  deviceIdOf,
  encodeCbor,
  idBytes,
  STATEMENT_BYTES_MAX,
  type AccountId,
  type DeviceId,
} from "@sotto/protocol";
import * as v from "valibot";
import { labelled, labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { KEY_BYTES, SIGNATURE_BYTES, verify } from "./signature.ts";

/** Kinds of statements of an identity chain. Numbers are wire values. */
export const STATEMENT = {
  genesis: 1,
  addDevice: 2,
  revokeDevice: 3,
  rotateAccountKey: 4,
  rotateRecoveryKey: 5,
  reclaim: 6,
  closeAccount: 7,
} as const;

const VERSION = 1;
const KIND_MAX = 255;

/** What genesis points back to. */
export const NO_STATEMENT = new Uint8Array(32);

/** Who signs a revocation: the account, or the device itself when it signs out. Wire values. */
export const REVOKED_BY = { account: 0, device: 1 } as const;

/** A reclaim is announced, and completed later. Wire values. */
export const RECLAIM_STAGE = { announced: 0, completed: 1 } as const;

const Key = bytesOf(KEY_BYTES);
const Signature = bytesOf(SIGNATURE_BYTES);
const Hash = bytesOf(32);
const Seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** "web", "terminal", "bot": shown to people, so nothing but plain letters. */
export const DeviceKind = v.pipe(v.string(), v.regex(/^[a-z][a-z-]{0,15}$/));

const Genesis = v.strictTuple([
  v.literal(VERSION),
  v.literal(STATEMENT.genesis),
  Hash,
  Key,
  Key,
  bytesOf(16),
  Signature,
]);
const AddDevice = v.strictTuple([
  v.literal(VERSION),
  v.literal(STATEMENT.addDevice),
  Hash,
  Key,
  Key,
  DeviceKind,
  Seconds,
  Signature,
  Signature,
  Signature,
]);
const RevokeDevice = v.strictTuple([
  v.literal(VERSION),
  v.literal(STATEMENT.revokeDevice),
  Hash,
  bytesOf(16),
  v.picklist([REVOKED_BY.account, REVOKED_BY.device]),
  Seconds,
  Signature,
]);
const RotateAccountKey = v.strictTuple([
  v.literal(VERSION),
  v.literal(STATEMENT.rotateAccountKey),
  Hash,
  Key,
  Seconds,
  Signature,
  Signature,
]);
const RotateRecoveryKey = v.strictTuple([
  v.literal(VERSION),
  v.literal(STATEMENT.rotateRecoveryKey),
  Hash,
  Key,
  Seconds,
  Signature,
  Signature,
]);
const Reclaim = v.strictTuple([
  v.literal(VERSION),
  v.literal(STATEMENT.reclaim),
  Hash,
  v.picklist([RECLAIM_STAGE.announced, RECLAIM_STAGE.completed]),
  Key,
  Key,
  bytesOf(16),
  Seconds,
  Signature,
  Signature,
]);
const CloseAccount = v.strictTuple([v.literal(VERSION), v.literal(STATEMENT.closeAccount), Hash, Seconds, Signature]);

/** Just enough to tell a statement of a later release from a malformed one. */
const AnyStatement = v.looseTuple([v.pipe(v.number(), v.integer()), v.pipe(v.number(), v.integer())]);

/** One signed statement as it was read. `signed` is what its last signature covers, without the label. */
export type Statement = { previous: Uint8Array; signed: Uint8Array; signature: Uint8Array } & (
  | { kind: "genesis"; accountKey: Uint8Array; recoveryKey: Uint8Array }
  | {
      kind: "addDevice";
      signInKey: Uint8Array;
      leafKey: Uint8Array;
      deviceKind: string;
      addedAt: number;
      signInProof: Uint8Array;
      leafProof: Uint8Array;
    }
  | { kind: "revokeDevice"; device: Uint8Array; by: "account" | "device"; revokedAt: number }
  | { kind: "rotateAccountKey"; accountKey: Uint8Array; rotatedAt: number; proof: Uint8Array }
  | { kind: "rotateRecoveryKey"; recoveryKey: Uint8Array; rotatedAt: number; proof: Uint8Array }
  | {
      kind: "reclaim";
      stage: "announced" | "completed";
      accountKey: Uint8Array;
      recoveryKey: Uint8Array;
      device: Uint8Array;
      at: number;
      proof: Uint8Array;
    }
  | { kind: "closeAccount"; closedAt: number }
);

export type ReadStatement =
  | { kind: "statement"; statement: Statement }
  | { kind: "malformed" }
  | { kind: "needs-newer-version" };

/** A statement without its signature: `[version, kind, previous, ...fields]`. */
export function unsignedStatement(kind: number, previous: Uint8Array, fields: readonly unknown[]): unknown[] {
  return [VERSION, kind, previous, ...fields];
}

/** The bytes that are signed, label included. */
export function statementMessage(unsigned: readonly unknown[]): Uint8Array {
  return labelled(LABEL.chainStatement, encodeCbor(unsigned));
}

/** What both keys of a new device sign, each under a label of its own: that they stand in this account's chain, together (T08). */
export function possessionBody(account: AccountId, signInKey: Uint8Array, leafKey: Uint8Array): Uint8Array {
  return encodeCbor([VERSION, idBytes(account), signInKey, leafKey]);
}

/** What a new account key signs: that it stands in this account's chain, beside this recovery key. */
export function accountKeyBody(account: AccountId, accountKey: Uint8Array, recoveryKey: Uint8Array): Uint8Array {
  return encodeCbor([VERSION, idBytes(account), accountKey, recoveryKey]);
}

/** What a new recovery key's signing half signs: that it stands in this account's chain. */
export function recoveryKeyBody(account: AccountId, recoveryKey: Uint8Array): Uint8Array {
  return encodeCbor([VERSION, idBytes(account), recoveryKey]);
}

/** The id of a device: it can't be given other keys. @param signInKey 32 bytes @param leafKey 32 bytes */
export function deviceIdOfKeys(signInKey: Uint8Array, leafKey: Uint8Array): DeviceId {
  return deviceIdOf(labelledHash(LABEL.deviceId, signInKey, leafKey).subarray(0, 16));
}

/** Did this key sign this statement? */
export function isSignedBy(key: Uint8Array, statement: Statement): boolean {
  return verify(key, LABEL.chainStatement, statement.signed, statement.signature);
}

/** Hash of a statement's bytes, signature included. */
export function statementHash(bytes: Uint8Array): Uint8Array {
  return labelledHash(LABEL.statementHash, bytes);
}

/** Reads hostile bytes; checks form only. */
export function readStatement(bytes: Uint8Array): ReadStatement {
  if (bytes.length > STATEMENT_BYTES_MAX) return { kind: "malformed" };
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed" || !Array.isArray(decoded.value)) return { kind: "malformed" };
  const statement = parse(decoded.value);
  if (statement !== undefined) return { kind: "statement", statement };
  return isFromLaterRelease(decoded.value) ? { kind: "needs-newer-version" } : { kind: "malformed" };
}

function isFromLaterRelease(value: unknown[]): boolean {
  const parsed = v.safeParse(AnyStatement, value);
  if (!parsed.success) return false;
  const [version, kind] = parsed.output;
  if (version !== VERSION) return version > VERSION;
  const known: readonly number[] = Object.values(STATEMENT);
  return kind > 0 && kind <= KIND_MAX && !known.includes(kind);
}

function parse(value: unknown[]): Statement | undefined {
  const signed = encodeCbor(value.slice(0, -1));
  const genesis = v.safeParse(Genesis, value);
  if (genesis.success) {
    const [, , previous, accountKey, recoveryKey, , signature] = genesis.output;
    return { kind: "genesis", previous, signed, signature, accountKey, recoveryKey };
  }
  const added = v.safeParse(AddDevice, value);
  if (added.success) {
    const [, , previous, signInKey, leafKey, deviceKind, addedAt, signInProof, leafProof, signature] = added.output;
    return {
      kind: "addDevice",
      previous,
      signed,
      signature,
      signInKey,
      leafKey,
      deviceKind,
      addedAt,
      signInProof,
      leafProof,
    };
  }
  const revoked = v.safeParse(RevokeDevice, value);
  if (revoked.success) {
    const [, , previous, device, by, revokedAt, signature] = revoked.output;
    return {
      kind: "revokeDevice",
      previous,
      signed,
      signature,
      device,
      by: by === REVOKED_BY.account ? "account" : "device",
      revokedAt,
    };
  }
  const rotated = v.safeParse(RotateAccountKey, value);
  if (rotated.success) {
    const [, , previous, accountKey, rotatedAt, proof, signature] = rotated.output;
    return { kind: "rotateAccountKey", previous, signed, signature, accountKey, rotatedAt, proof };
  }
  const rewrapped = v.safeParse(RotateRecoveryKey, value);
  if (rewrapped.success) {
    const [, , previous, recoveryKey, rotatedAt, proof, signature] = rewrapped.output;
    return { kind: "rotateRecoveryKey", previous, signed, signature, recoveryKey, rotatedAt, proof };
  }
  const reclaimed = v.safeParse(Reclaim, value);
  if (reclaimed.success) {
    const [, , previous, stageNumber, accountKey, recoveryKey, device, at, proof, signature] = reclaimed.output;
    const stage = stageNumber === RECLAIM_STAGE.announced ? "announced" : "completed";
    return { kind: "reclaim", previous, signed, signature, stage, accountKey, recoveryKey, device, at, proof };
  }
  const closed = v.safeParse(CloseAccount, value);
  if (closed.success) {
    const [, , previous, closedAt, signature] = closed.output;
    return { kind: "closeAccount", previous, signed, signature, closedAt };
  }
  return undefined;
}
