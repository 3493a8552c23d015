import {
  bytesUpTo,
  CHAIN_BYTES_MAX,
  CHAIN_STATEMENTS_MAX,
  concat,
  decodeCbor,
  encodeCbor,
  equalBytes,
  STATEMENT_BYTES_MAX,
  toHex,
  type AccountId,
  type DeviceId,
} from "@sotto/protocol";
import * as v from "valibot";
import { followStatement } from "./follow-statement.ts";
import { sha256 } from "./hash.ts";
import { statementHash } from "./statement.ts";

/**
 * A device as its account's chain knows it. `addedAt` and `revokedAt` in seconds, as the signer said: they decide nothing
 * about what a chain says.
 */
export type ChainDevice = {
  device: DeviceId;
  signInKey: Uint8Array;
  leafKey: Uint8Array;
  kind: string;
  addedAt: number;
  active: boolean;
  revokedAt: number | null;
  /** How often it has announced that it takes the account over: bounded, so that no device fills the chain. */
  reclaimsAnnounced: number;
};

/** A device said that it takes the account over, under these keys. `announcedAt` in seconds; `alone`: no other device was active. */
export type PendingReclaim = {
  device: DeviceId;
  accountKey: Uint8Array;
  recoveryKey: Uint8Array;
  announcedAt: number;
  alone: boolean;
};

/** What a verified chain says. Only {@link verifyChain} makes one; shared and frozen: don't write. */
export type VerifiedChain = {
  readonly account: AccountId;
  readonly accountKey: Uint8Array;
  readonly recoveryKey: Uint8Array;
  readonly devices: readonly Readonly<ChainDevice>[];
  readonly closed: boolean;
  /** Seconds, as the signer said; null while the account is open. */
  readonly closedAt: number | null;
  /** How often one of the devices took the account over: the only change of keys that the former account key didn't sign. */
  readonly reclaims: number;
  readonly pendingReclaim: Readonly<PendingReclaim> | null;
  /** Every key that ever stood in this chain, in any place. */
  readonly usedKeys: readonly Uint8Array[];
  /** Hash of the last statement. */
  readonly head: Uint8Array;
  readonly length: number;
  /** Bytes of all statements together. */
  readonly bytes: number;
  /** Hash of every statement, in order. */
  readonly heads: readonly Uint8Array[];
};

export type ChainInvalid =
  | "empty"
  | "too-long"
  | "malformed"
  | "needs-newer-version"
  | "broken-link"
  | "bad-signature"
  | "bad-possession"
  | "unusable-key"
  | "key-reused"
  | "too-many-devices"
  | "no-room-left"
  | "unknown-device"
  | "already-revoked"
  | "too-many-reclaims"
  | "not-announced"
  | "too-early"
  | "out-of-place"
  | "after-close";

export type ChainVerdict = { kind: "valid"; chain: VerifiedChain } | { kind: "invalid"; because: ChainInvalid };

const invalid = (because: ChainInvalid): ChainVerdict => ({ kind: "invalid", because });

/**
 * [Note: Verified prefixes are remembered] Signatures are what costs. A prefix is known by a running hash over the hashes of all
 * its statements, so a hit means that exactly these bytes were verified before, by this process.
 */
const VERIFIED_PREFIXES_MAX = 8192;
const verifiedPrefixes = new Map<string, VerifiedChain>();

function remember(key: string, chain: VerifiedChain): void {
  if (verifiedPrefixes.size >= VERIFIED_PREFIXES_MAX) {
    const oldest = verifiedPrefixes.keys().next();
    if (oldest.done !== true) verifiedPrefixes.delete(oldest.value);
  }
  verifiedPrefixes.set(key, chain);
}

/**
 * Verifies a whole identity chain from hostile bytes: every link, every signature, both proofs of possession of every
 * device, no key used twice, every reclaim announced in its time. Pure: the same bytes give the same verdict everywhere and always. Never throws.
 */
export function verifyChain(statements: readonly Uint8Array[]): ChainVerdict {
  if (statements.length === 0) return invalid("empty");
  if (statements.length > CHAIN_STATEMENTS_MAX) return invalid("too-long");
  if (statements.reduce((sum, bytes) => sum + bytes.length, 0) > CHAIN_BYTES_MAX) return invalid("too-long");
  const keys: string[] = [];
  let running: Uint8Array = new Uint8Array(0);
  const hashes: Uint8Array[] = [];
  for (const bytes of statements) {
    const hash = statementHash(bytes);
    running = sha256(concat(running, hash));
    hashes.push(hash);
    keys.push(toHex(running));
  }
  let chain: VerifiedChain | undefined;
  let next = 0;
  for (let i = statements.length - 1; i >= 0 && chain === undefined; i--) {
    chain = verifiedPrefixes.get(keys[i]!);
    if (chain !== undefined) next = i + 1;
  }
  for (let i = next; i < statements.length; i++) {
    const verdict = followStatement(chain, statements[i]!, hashes[i]!);
    if (verdict.kind === "invalid") return verdict;
    chain = verdict.chain;
    remember(keys[i]!, chain);
  }
  return chain === undefined ? invalid("empty") : { kind: "valid", chain };
}

/** How a chain stands to the one that was pinned. */
export type Extension = "same" | "longer" | "rolled-back" | "forked";

/** Does `next` continue `known`? "rolled-back": it is an older state of the same chain. "forked": they contradict each other. */
export function extendsChain(known: VerifiedChain, next: VerifiedChain): Extension {
  const shared = Math.min(known.length, next.length);
  // Every hash covers all that came before it, the account's genesis included.
  if (!equalBytes(known.heads[shared - 1]!, next.heads[shared - 1]!)) return "forked";
  if (known.length === next.length) return "same";
  return next.length > known.length ? "longer" : "rolled-back";
}

/** Was this hash the head of this chain at any time? Then whatever was checked there is part of it, unchanged. */
export function hasHead(chain: VerifiedChain, head: Uint8Array): boolean {
  return chain.heads.some((one) => equalBytes(one, head));
}

/** Has this chain ever bound this leaf key to this device? The one place that decides it. */
export function everBound(chain: VerifiedChain, device: DeviceId, leafKey: Uint8Array): boolean {
  return chain.devices.some((one) => one.device === device && equalBytes(one.leafKey, leafKey));
}

/** Does this device speak for the account at the head of this chain? The one place that decides it. */
export function isActiveDevice(chain: VerifiedChain, device: DeviceId): boolean {
  return !chain.closed && chain.devices.some((one) => one.device === device && one.active);
}

const CHAIN_VERSION = 1;
const ChainWire = v.strictTuple([
  v.literal(CHAIN_VERSION),
  v.pipe(v.array(bytesUpTo(STATEMENT_BYTES_MAX)), v.minLength(1), v.maxLength(CHAIN_STATEMENTS_MAX)),
]);

/** A chain as one byte string, for the extension of a leaf. */
export function encodeChain(statements: readonly Uint8Array[]): Uint8Array {
  return encodeCbor([CHAIN_VERSION, statements]);
}

/** Reads a chain's statements, unverified; undefined when they are malformed. */
export function decodeChain(bytes: Uint8Array): Uint8Array[] | undefined {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed") return undefined;
  const parsed = v.safeParse(ChainWire, decoded.value);
  return parsed.success ? parsed.output[1] : undefined;
}
