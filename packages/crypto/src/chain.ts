import {
  accountIdOf,
  bytesUpTo,
  CHAIN_STATEMENTS_MAX,
  concat,
  decodeCbor,
  deviceIdOf,
  DEVICES_MAX,
  encodeCbor,
  equalBytes,
  idBytes,
  STATEMENT_BYTES_MAX,
  toHex,
  type AccountId,
  type DeviceId,
} from "@sotto/protocol";
import * as v from "valibot";
import { labelledHash, sha256 } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { isUsableKey, verify } from "./signature.ts";
import { isSignedBy, NO_STATEMENT, possessionBody, readStatement, statementHash, type Statement } from "./statement.ts";

/** A device as its account's chain knows it. `addedAt` and `revokedAt` in seconds, as the signer said: for people, never for decisions. */
export type ChainDevice = {
  device: DeviceId;
  signInKey: Uint8Array;
  leafKey: Uint8Array;
  kind: string;
  addedAt: number;
  active: boolean;
  revokedAt: number | null;
};

/** What a verified chain says. Only {@link verifyChain} makes one; shared and frozen: don't write. */
export type VerifiedChain = {
  readonly account: AccountId;
  readonly accountKey: Uint8Array;
  readonly recoveryKey: Uint8Array;
  readonly devices: readonly Readonly<ChainDevice>[];
  readonly closed: boolean;
  /** Hash of the last statement. */
  readonly head: Uint8Array;
  readonly length: number;
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
  | "unknown-device"
  | "already-revoked"
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
 * device, no key used twice. Pure: the same bytes give the same verdict everywhere and always. Never throws.
 */
export function verifyChain(statements: readonly Uint8Array[]): ChainVerdict {
  if (statements.length === 0) return invalid("empty");
  if (statements.length > CHAIN_STATEMENTS_MAX) return invalid("too-long");
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
    const verdict = follow(chain, statements[i]!, hashes[i]!);
    if (verdict.kind === "invalid") return verdict;
    chain = verdict.chain;
    remember(keys[i]!, chain);
  }
  return chain === undefined ? invalid("empty") : { kind: "valid", chain };
}

/** One step: what the chain says after one more statement. */
function follow(chain: VerifiedChain | undefined, bytes: Uint8Array, hash: Uint8Array): ChainVerdict {
  const read = readStatement(bytes);
  if (read.kind !== "statement") return invalid(read.kind);
  const { statement } = read;
  if (chain === undefined)
    return statement.kind === "genesis" ? begin(statement, bytes, hash) : invalid("out-of-place");
  if (chain.closed) return invalid("after-close");
  if (!equalBytes(statement.previous, chain.head)) return invalid("broken-link");
  const more = { head: hash, length: chain.length + 1, heads: [...chain.heads, hash] };
  switch (statement.kind) {
    case "genesis":
      return invalid("out-of-place");
    case "addDevice": {
      const added = addedDevice(chain, statement);
      if (typeof added === "string") return invalid(added);
      return { kind: "valid", chain: frozen({ ...chain, ...more, devices: [...chain.devices, added] }) };
    }
    case "revokeDevice": {
      const device = chain.devices.find((one) => equalBytes(idBytes(one.device), statement.device));
      if (device === undefined) return invalid("unknown-device");
      if (!device.active) return invalid("already-revoked");
      if (!isSignedBy(statement.by === "account" ? chain.accountKey : device.signInKey, statement))
        return invalid("bad-signature");
      const revoked = { ...device, active: false, revokedAt: statement.revokedAt };
      return {
        kind: "valid",
        chain: frozen({ ...chain, ...more, devices: chain.devices.map((one) => (one === device ? revoked : one)) }),
      };
    }
    case "closeAccount":
      if (!isSignedBy(chain.accountKey, statement)) return invalid("bad-signature");
      return { kind: "valid", chain: frozen({ ...chain, ...more, closed: true }) };
  }
}

function frozen(chain: VerifiedChain): VerifiedChain {
  for (const device of chain.devices) Object.freeze(device);
  Object.freeze(chain.devices);
  Object.freeze(chain.heads);
  return Object.freeze(chain);
}

function begin(statement: Extract<Statement, { kind: "genesis" }>, bytes: Uint8Array, hash: Uint8Array): ChainVerdict {
  const { accountKey, recoveryKey } = statement;
  if (!equalBytes(statement.previous, NO_STATEMENT)) return invalid("broken-link");
  if (!isUsableKey(accountKey) || !isUsableKey(recoveryKey)) return invalid("unusable-key");
  if (equalBytes(accountKey, recoveryKey)) return invalid("key-reused");
  if (!isSignedBy(accountKey, statement)) return invalid("bad-signature");
  return {
    kind: "valid",
    chain: frozen({
      account: accountIdOf(labelledHash(LABEL.accountId, bytes)),
      accountKey,
      recoveryKey,
      devices: [],
      closed: false,
      head: hash,
      length: 1,
      heads: [hash],
    }),
  };
}

function addedDevice(
  chain: VerifiedChain,
  statement: Extract<Statement, { kind: "addDevice" }>,
): ChainDevice | ChainInvalid {
  const { signInKey, leafKey, deviceKind, addedAt } = statement;
  if (!isUsableKey(signInKey) || !isUsableKey(leafKey)) return "unusable-key";
  // One key, one purpose: a key that this chain knows in any place, revoked or not, never gets a second one (T08, T65).
  const used = [
    chain.accountKey,
    chain.recoveryKey,
    ...chain.devices.flatMap((device) => [device.signInKey, device.leafKey]),
  ];
  if (equalBytes(signInKey, leafKey) || used.some((key) => equalBytes(key, signInKey) || equalBytes(key, leafKey)))
    return "key-reused";
  if (chain.devices.filter((device) => device.active).length >= DEVICES_MAX) return "too-many-devices";
  if (!isSignedBy(chain.accountKey, statement)) return "bad-signature";
  const body = possessionBody(chain.account, signInKey, leafKey);
  if (!verify(signInKey, LABEL.signInPossession, body, statement.signInProof)) return "bad-possession";
  if (!verify(leafKey, LABEL.leafPossession, body, statement.leafProof)) return "bad-possession";
  return {
    device: deviceIdOfKeys(signInKey, leafKey),
    signInKey,
    leafKey,
    kind: deviceKind,
    addedAt,
    active: true,
    revokedAt: null,
  };
}

/** The id of a device: it can't be given other keys. @param signInKey 32 bytes @param leafKey 32 bytes */
export function deviceIdOfKeys(signInKey: Uint8Array, leafKey: Uint8Array): DeviceId {
  return deviceIdOf(labelledHash(LABEL.deviceId, signInKey, leafKey).subarray(0, 16));
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
