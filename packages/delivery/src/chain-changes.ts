import { DEVICES_MAX, equalBytes, type AccountId } from "@sotto/protocol";
import { reclaimCompletesAt } from "@sotto/crypto/verify";
import {
  activeDevices,
  announcesReclaim,
  completesReclaim,
  extendIdentity,
  openIdentity,
  timesSaid,
  type Extended,
} from "./identity.ts";
import { isRecord } from "./proofs.ts";
import { Refused, refuse, tooMany } from "./refusal.ts";
import { changesBy, type DeviceHandler, type OpenHandler, type Service } from "./service.ts";
import type { Session } from "./session.ts";
import { concernedBy, dropProofs, endSessions } from "./sign-out.ts";
import type { AccountRow, StatementEffect } from "./store.ts";

/** How far the time in a statement may be from the server's. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

type Done = Record<string, never>;
/** A statement that continues the stored chain, and what it changes. */
type Change = Extended & { bytes: Uint8Array; effect: StatementEffect };

/** The account key's signature is all the proof that a new device needs (DL11): a linked one has never proved a password. */
export const addDevice: OpenHandler<"device.add"> = async (
  service,
  { session },
  { account, statement, device, keyPackages, lastResort },
) => {
  const row = await accountRow(service, account);
  if (row instanceof Refused) return row;
  // The same statement again, after a lost answer: it is there.
  if (isThere(row, statement)) return {};
  // Not counted against the account: strangers must not keep its owner from changing it (T59).
  const wait = service.limiters.adds.take(session.peer.address);
  if (wait > 0) return tooMany(wait);
  const change = readChange(service, row, statement);
  if (change instanceof Refused)
    return change.refusal.code === "account/bad-statement" && isFull(row.chain)
      ? refuse("account/too-many-devices")
      : change;
  const { before, after } = change;
  const added = after.devices.find((each) => each.device === device && each.active);
  if (added === undefined || after.devices.length !== before.devices.length + 1) return refuse("account/bad-statement");
  const adds = { device, signInKey: added.signInKey, keyPackages, lastResort };
  return append(service, row, { ...change, effect: { ...change.effect, adds } });
};

const isFull = (chain: readonly Uint8Array[]): boolean => {
  const verified = openIdentity(chain);
  return verified !== undefined && activeDevices(verified).length >= DEVICES_MAX;
};

/**
 * Statements that stand alone: a revocation, a reclaim's announcement, the end. New keys come with the vault that belongs to
 * them, or nobody could open it any more.
 */
export const appendChain: DeviceHandler<"chain.append"> = async (
  service,
  { session, identity },
  { account, statement },
) => {
  if (identity.account !== account) return refuse("account/unknown");
  const row = await accountRow(service, account);
  if (row instanceof Refused) return row;
  if (isThere(row, statement)) return {};
  const wait = service.limiters.changes.take(changesBy(session, account));
  if (wait > 0) return tooMany(wait);
  const change = readChange(service, row, statement);
  if (change instanceof Refused) return change;
  if (addsDevice(change) || changesKeys(change)) return refuse("account/bad-statement");
  return append(service, row, change);
};

export const closeAccount: DeviceHandler<"account.close"> = async (service, { identity }, { statement }) => {
  const row = await accountRow(service, identity.account);
  if (row instanceof Refused) return row;
  const change = readChange(service, row, statement);
  if (change instanceof Refused) return change;
  return change.after.closed ? append(service, row, change) : refuse("account/bad-statement");
};

/** The vault, and with it a new password record, a revocation or a new key: whole or not at all (DL18). */
export const replaceVault: OpenHandler<"vault.replace"> = async (
  service,
  { session },
  { account, replaces, vault, registrationRecord, statement },
) => {
  const { ports, limiters } = service;
  if (!session.hasProven(account, ports.clock.now())) return refuse("request/not-signed-in");
  if (registrationRecord !== null && !isRecord(registrationRecord)) return refuse("request/malformed");
  const row = await accountRow(service, account);
  if (row instanceof Refused) return row;
  const secrets = await ports.store.secretsOf(row.key);
  if (secrets === undefined) return refuse("account/closed");
  const isRepeat =
    equalBytes(secrets.vault, vault) &&
    (registrationRecord === null || registrationRecord === secrets.passwordRecord) &&
    (statement === null || isThere(row, statement));
  if (isRepeat) return {};
  const wait = limiters.changes.take(changesBy(session, account));
  if (wait > 0) return tooMany(wait);
  if (!equalBytes(ports.hash(secrets.vault), replaces)) return refuse("vault/stale", { retryAfterMs: 0 });
  const change = statement === null ? null : readChange(service, row, statement);
  if (change instanceof Refused) return change;
  const isOther =
    change !== null &&
    (addsDevice(change) || change.after.closed || completesReclaim(change) || announcesReclaim(change));
  if (isOther) return refuse("account/bad-statement");
  const concerned = await concernedBy(service, row);
  const outcome = await ports.store.replaceVault(row.key, {
    before: secrets.vault,
    vault,
    passwordRecord: registrationRecord,
    statement: change === null ? null : { length: row.chain.length, bytes: change.bytes, effect: change.effect },
  });
  if (outcome === "stale-vault") return refuse("vault/stale", { retryAfterMs: 0 });
  if (outcome === "stale-chain") return refuse("account/stale-chain", { retryAfterMs: 0 });
  if (registrationRecord !== null || change !== null) dropProofs(service, account, session);
  if (change !== null) conclude(service, row, change.effect, concerned);
  return {};
};

/** The vault is another account key's: which one it replaces, a device that lost the password can't say. The chain can. */
export const completeReclaim: DeviceHandler<"reclaim.complete"> = async (
  service,
  { session, identity },
  { statement, vault, registrationRecord },
) => {
  const { ports, limiters } = service;
  if (!isRecord(registrationRecord)) return refuse("request/malformed");
  const row = await accountRow(service, identity.account);
  if (row instanceof Refused) return row;
  if (isThere(row, statement)) return {};
  const wait = limiters.changes.take(changesBy(session, identity.account));
  if (wait > 0) return tooMany(wait);
  const change = readChange(service, row, statement);
  if (change instanceof Refused) return change;
  if (!completesReclaim(change)) return refuse("account/bad-statement");
  const concerned = await concernedBy(service, row);
  const outcome = await ports.store.replaceVault(row.key, {
    before: null,
    vault,
    passwordRecord: registrationRecord,
    statement: { length: row.chain.length, bytes: statement, effect: change.effect },
  });
  if (outcome !== "replaced") return refuse("account/stale-chain", { retryAfterMs: 0 });
  dropProofs(service, identity.account, session);
  conclude(service, row, change.effect, concerned);
  return {};
};

const isThere = ({ chain }: AccountRow, statement: Uint8Array): boolean =>
  chain.some((known) => equalBytes(known, statement));

const addsDevice = ({ before, after }: Change): boolean => after.devices.length > before.devices.length;
const changesKeys = ({ before, after }: Change): boolean =>
  !equalBytes(before.accountKey, after.accountKey) || !equalBytes(before.recoveryKey, after.recoveryKey);

/**
 * What a statement does to the stored chain, or why it can't stand there. Times in statements are their signers'; the server
 * refuses those that its own clock contradicts, so that nobody revokes into the past or shortens a notice.
 */
function readChange({ ports }: Service, row: AccountRow, statement: Uint8Array): Change | Refused {
  const extended = extendIdentity(row.chain, statement);
  if (extended === "stale") return refuse("account/stale-chain", { retryAfterMs: 0 });
  if (extended === "too-early") return refuse("reclaim/too-early");
  if (extended === undefined) return refuse("account/bad-statement");
  const now = ports.clock.now();
  if (timesSaid(extended).some((seconds) => Math.abs(seconds * 1_000 - now) > CLOCK_TOLERANCE_MS))
    return refuse("account/clock-off");
  // The statement's own time is its author's; a notice is over when this clock says so too.
  const completesAt = completesReclaim(extended) ? reclaimCompletesAt(extended.before) : null;
  if (completesAt !== null && completesAt * 1_000 - CLOCK_TOLERANCE_MS > now) return refuse("reclaim/too-early");
  const still = new Set(activeDevices(extended.after));
  const revokes = activeDevices(extended.before).filter((device) => !still.has(device));
  return { bytes: statement, ...extended, effect: { adds: null, revokes, closes: extended.after.closed } };
}

async function append(service: Service, row: AccountRow, change: Change): Promise<Done | Refused> {
  const concerned = await concernedBy(service, row);
  const outcome = await service.ports.store.appendStatement(row.key, row.chain.length, change.bytes, change.effect);
  if (outcome === "stale") return refuse("account/stale-chain", { retryAfterMs: 0 });
  if (change.effect.revokes.length > 0 || change.effect.closes) dropProofs(service, row.account);
  conclude(service, row, change.effect, concerned);
  return {};
}

/** Everyone concerned hears of the change, and the devices that it took out are out at once. */
function conclude(
  service: Service,
  row: AccountRow,
  { revokes, closes }: StatementEffect,
  concerned: ReadonlySet<Session>,
): void {
  for (const session of concerned) service.hall.tell(session, { event: "chain", account: row.account });
  endSessions(service, row, closes ? "all" : revokes, "signed out");
}

async function accountRow({ ports }: Service, account: AccountId): Promise<AccountRow | Refused> {
  const [row] = await ports.store.accounts([account]);
  if (row === undefined) return refuse("account/unknown");
  if (row.replacedBy !== null) return refuse("account/replaced");
  return row.isClosed ? refuse("account/closed") : row;
}
