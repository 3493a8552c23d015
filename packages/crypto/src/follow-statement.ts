import {
  accountIdOf,
  deviceIdOf,
  DEVICES_MAX,
  equalBytes,
  RECLAIM_NOTICE_SECONDS,
  RECLAIMS_ANNOUNCED_MAX,
} from "@sotto/protocol";
import { canStillEnd, takesRoom } from "./chain-room.ts";
import type { ChainDevice, ChainInvalid, ChainVerdict, PendingReclaim, VerifiedChain } from "./chain.ts";
import { labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { isUsableKey, verify } from "./signature.ts";
import {
  accountKeyBody,
  deviceIdOfKeys,
  isSignedBy,
  NO_STATEMENT,
  possessionBody,
  readStatement,
  recoveryKeyBody,
  type Statement,
} from "./statement.ts";

type Of<K extends Statement["kind"]> = Extract<Statement, { kind: K }>;
/** What a statement changes, or why it doesn't count. */
type Followed = Partial<VerifiedChain> | ChainInvalid;

const invalid = (because: ChainInvalid): ChainVerdict => ({ kind: "invalid", because });

/**
 * One step: what the chain says after one more statement. Whatever isn't this statement's business stays as it was.
 * @param hash of the statement
 */
export function followStatement(chain: VerifiedChain | undefined, bytes: Uint8Array, hash: Uint8Array): ChainVerdict {
  const read = readStatement(bytes);
  if (read.kind !== "statement") return invalid(read.kind);
  const { statement } = read;
  if (chain === undefined)
    return statement.kind === "genesis" ? begin(statement, bytes, hash) : invalid("out-of-place");
  if (chain.closed) return invalid("after-close");
  if (!equalBytes(statement.previous, chain.head)) return invalid("broken-link");
  const changed = follow(chain, statement);
  if (typeof changed === "string") return invalid(changed);
  const more = {
    head: hash,
    length: chain.length + 1,
    bytes: chain.bytes + bytes.length,
    heads: [...chain.heads, hash],
  };
  const next = { ...chain, ...changed, ...more };
  if (takesRoom(statement) && !canStillEnd(next)) return invalid("no-room-left");
  return { kind: "valid", chain: frozen(next) };
}

function follow(chain: VerifiedChain, statement: Statement): Followed {
  switch (statement.kind) {
    case "genesis":
      return "out-of-place";
    case "addDevice":
      return addDevice(chain, statement);
    case "revokeDevice":
      return revokeDevice(chain, statement);
    case "rotateAccountKey":
      return rotateAccountKey(chain, statement);
    case "rotateRecoveryKey":
      return rotateRecoveryKey(chain, statement);
    case "reclaim":
      return statement.stage === "announced" ? announceReclaim(chain, statement) : completeReclaim(chain, statement);
    case "closeAccount":
      return isSignedBy(chain.accountKey, statement)
        ? { closed: true, closedAt: statement.closedAt, pendingReclaim: null }
        : "bad-signature";
  }
}

function frozen(chain: VerifiedChain): VerifiedChain {
  for (const device of chain.devices) Object.freeze(device);
  Object.freeze(chain.devices);
  Object.freeze(chain.heads);
  Object.freeze(chain.usedKeys);
  Object.freeze(chain.pendingReclaim);
  return Object.freeze(chain);
}

function begin(statement: Of<"genesis">, bytes: Uint8Array, hash: Uint8Array): ChainVerdict {
  const { accountKey, recoveryKey } = statement;
  if (!equalBytes(statement.previous, NO_STATEMENT)) return invalid("broken-link");
  const unfit = newKeys([], accountKey, recoveryKey);
  if (unfit !== undefined) return invalid(unfit);
  if (!isSignedBy(accountKey, statement)) return invalid("bad-signature");
  return {
    kind: "valid",
    chain: frozen({
      account: accountIdOf(labelledHash(LABEL.accountId, bytes)),
      accountKey,
      recoveryKey,
      devices: [],
      closed: false,
      closedAt: null,
      reclaims: 0,
      pendingReclaim: null,
      usedKeys: [accountKey, recoveryKey],
      head: hash,
      length: 1,
      bytes: bytes.length,
      heads: [hash],
    }),
  };
}

/** One key, one purpose: a key that this chain has known in any place, in use or not, never gets a second one (T08, T65). */
function newKeys(used: readonly Uint8Array[], ...keys: readonly Uint8Array[]): ChainInvalid | undefined {
  if (!keys.every(isUsableKey)) return "unusable-key";
  const isUsed = (key: Uint8Array, at: number): boolean =>
    used.some((one) => equalBytes(one, key)) || keys.some((one, other) => other < at && equalBytes(one, key));
  return keys.some(isUsed) ? "key-reused" : undefined;
}

function addDevice(chain: VerifiedChain, statement: Of<"addDevice">): Followed {
  const { signInKey, leafKey, deviceKind, addedAt } = statement;
  const unfit = newKeys(chain.usedKeys, signInKey, leafKey);
  if (unfit !== undefined) return unfit;
  if (chain.devices.filter((device) => device.active).length >= DEVICES_MAX) return "too-many-devices";
  if (!isSignedBy(chain.accountKey, statement)) return "bad-signature";
  const body = possessionBody(chain.account, signInKey, leafKey);
  if (!verify(signInKey, LABEL.signInPossession, body, statement.signInProof)) return "bad-possession";
  if (!verify(leafKey, LABEL.leafPossession, body, statement.leafProof)) return "bad-possession";
  const device = deviceIdOfKeys(signInKey, leafKey);
  const added = { device, signInKey, leafKey, kind: deviceKind, addedAt };
  return {
    devices: [...chain.devices, { ...added, active: true, revokedAt: null, reclaimsAnnounced: 0 }],
    usedKeys: [...chain.usedKeys, signInKey, leafKey],
  };
}

function revokeDevice(chain: VerifiedChain, statement: Of<"revokeDevice">): Followed {
  const device = deviceOf(chain, statement.device);
  if (device === undefined) return "unknown-device";
  if (!device.active) return "already-revoked";
  if (!isSignedBy(statement.by === "account" ? chain.accountKey : device.signInKey, statement)) return "bad-signature";
  return {
    devices: changed(chain, device, { active: false, revokedAt: statement.revokedAt }),
    // What a device was about to take over ends with it: that is what the notice is for.
    pendingReclaim: chain.pendingReclaim?.device === device.device ? null : chain.pendingReclaim,
  };
}

function rotateAccountKey(chain: VerifiedChain, statement: Of<"rotateAccountKey">): Followed {
  const { accountKey, proof } = statement;
  const unfit = newKeys(chain.usedKeys, accountKey);
  if (unfit !== undefined) return unfit;
  if (!isSignedBy(chain.accountKey, statement)) return "bad-signature";
  const body = accountKeyBody(chain.account, accountKey, chain.recoveryKey);
  if (!verify(accountKey, LABEL.accountKeyPossession, body, proof)) return "bad-possession";
  return { accountKey, pendingReclaim: null, usedKeys: [...chain.usedKeys, accountKey] };
}

function rotateRecoveryKey(chain: VerifiedChain, statement: Of<"rotateRecoveryKey">): Followed {
  const { recoveryKey, proof } = statement;
  const unfit = newKeys(chain.usedKeys, recoveryKey);
  if (unfit !== undefined) return unfit;
  if (!isSignedBy(chain.accountKey, statement)) return "bad-signature";
  const body = recoveryKeyBody(chain.account, recoveryKey);
  if (!verify(recoveryKey, LABEL.recoveryKeyPossession, body, proof)) return "bad-possession";
  return { recoveryKey, usedKeys: [...chain.usedKeys, recoveryKey] };
}

/** Any active device may say that it takes the account over; the latest that says so counts. */
function announceReclaim(chain: VerifiedChain, statement: Of<"reclaim">): Followed {
  const { accountKey, recoveryKey, at } = statement;
  const device = deviceOf(chain, statement.device);
  if (device?.active !== true) return "unknown-device";
  if (device.reclaimsAnnounced >= RECLAIMS_ANNOUNCED_MAX) return "too-many-reclaims";
  const unfit = newKeys(chain.usedKeys, accountKey, recoveryKey);
  if (unfit !== undefined) return unfit;
  if (!isSignedBy(device.signInKey, statement)) return "bad-signature";
  if (!provesAccountKey(chain, statement)) return "bad-possession";
  return {
    devices: changed(chain, device, { reclaimsAnnounced: device.reclaimsAnnounced + 1 }),
    usedKeys: [...chain.usedKeys, accountKey, recoveryKey],
    pendingReclaim: { device: device.device, accountKey, recoveryKey, announcedAt: at, alone: isAlone(chain) },
  };
}

function completeReclaim(chain: VerifiedChain, statement: Of<"reclaim">): Followed {
  const { accountKey, recoveryKey, at } = statement;
  const pending = chain.pendingReclaim;
  const device = deviceOf(chain, statement.device);
  if (pending === null || device === undefined || pending.device !== device.device) return "not-announced";
  if (!equalBytes(pending.accountKey, accountKey) || !equalBytes(pending.recoveryKey, recoveryKey))
    return "not-announced";
  if (at < opensAt(chain, pending)) return "too-early";
  if (!isSignedBy(device.signInKey, statement)) return "bad-signature";
  if (!provesAccountKey(chain, statement)) return "bad-possession";
  return { accountKey, recoveryKey, pendingReclaim: null, reclaims: chain.reclaims + 1 };
}

/** In seconds. Nobody is there to be warned when the announcing device was, and still is, the only one. */
function opensAt(chain: VerifiedChain, pending: PendingReclaim): number {
  return pending.announcedAt + (pending.alone && isAlone(chain) ? 0 : RECLAIM_NOTICE_SECONDS);
}

/** From when on, in seconds, a reclaim that this chain announces may be completed; null when it announces none. */
export function reclaimCompletesAt(chain: VerifiedChain): number | null {
  return chain.pendingReclaim === null ? null : opensAt(chain, chain.pendingReclaim);
}

function provesAccountKey(chain: VerifiedChain, { accountKey, recoveryKey, proof }: Of<"reclaim">): boolean {
  return verify(accountKey, LABEL.accountKeyPossession, accountKeyBody(chain.account, accountKey, recoveryKey), proof);
}

const isAlone = (chain: VerifiedChain): boolean => chain.devices.filter((device) => device.active).length === 1;

function deviceOf(chain: VerifiedChain, id: Uint8Array): ChainDevice | undefined {
  const device = deviceIdOf(id);
  return chain.devices.find((one) => one.device === device);
}

function changed(chain: VerifiedChain, device: ChainDevice, change: Partial<ChainDevice>): ChainDevice[] {
  return chain.devices.map((one) => (one === device ? { ...device, ...change } : one));
}
