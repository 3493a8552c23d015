import * as v from "valibot";
import {
  DEVICES_MAX,
  USERNAME_LENGTH_MAX,
  Username,
  equalBytes,
  fromBase64Url,
  toBase64Url,
  type AccountId,
} from "@sotto/protocol";
import { verifySessionChallenge } from "@sotto/crypto/verify";
import { activeDevices, extendIdentity, openIdentity } from "./identity.ts";
import { Refused, refuse, tooMany } from "./refusal.ts";
import type { DeviceHandler, OpenHandler, Service } from "./service.ts";
import type { Session } from "./session.ts";
import type { AccountRow, StatementEffect } from "./store.ts";

const PROOF_MS = 10 * 60_000;
const SIGN_IN_MS = 60_000;
/** Password proofs under way on one connection. */
const SIGN_INS_MAX = 4;

export const challenge: OpenHandler<"session.challenge"> = ({ ports }, { session }) => {
  session.challenge = ports.random(32);
  return Promise.resolve({ challenge: session.challenge });
};

/** Single use, this connection, this origin (T67): what was signed for another can't be used here. */
export const authenticate: OpenHandler<"session.authenticate"> = async (
  service,
  { session },
  { account, device, origin, signature },
) => {
  const { ports, hall } = service;
  const signed = session.challenge;
  session.challenge = undefined;
  if (signed === undefined) return refuse("session/expired", { retryAfterMs: 0 });
  if (session.identity !== undefined) return refuse("request/malformed");
  if (!ports.isOwnOrigin(origin)) return refuse("session/wrong-origin");
  const row = await ports.store.device(account, device);
  // A device that was never here and a wrong signature look alike: a stranger learns no device ids.
  if (
    row === undefined ||
    !verifySessionChallenge({ publicKey: row.signInKey, origin, challenge: signed, account, device, signature })
  )
    return refuse("session/bad-signature");
  if (!row.isActive) return refuse("session/device-revoked");
  if (session.isClosed) return refuse("session/expired");
  session.identity = { accountKey: row.accountKey, deviceKey: row.key, account, device, username: row.username };
  closeOldest(service, session);
  hall.enter(session, row.accountKey);
  await subscribe(service, session);
  return { username: row.username, nowMs: ports.clock.now(), keyPackagesLeft: row.keyPackagesLeft };
};

/** Hears everything that the account may read. Reads the list again when it changed meanwhile. */
async function subscribe({ ports, hall }: Service, session: Session): Promise<void> {
  const account = session.identity?.accountKey;
  if (account === undefined) return;
  for (;;) {
    const changes = hall.changes;
    const rows = await ports.store.conversationsOf(account);
    if (changes !== hall.changes) continue;
    if (!session.isClosed) for (const row of rows) hall.subscribe(session, row);
    return;
  }
}

/** A device that lost its link comes back before the old connection is known to be dead. */
function closeOldest({ ports, hall }: Service, session: Session): void {
  const { identity } = session;
  if (identity === undefined) return;
  const same = hall
    .sessionsOf(identity.accountKey)
    .filter((each) => each.identity?.deviceKey === identity.deviceKey && !each.isClosed);
  for (const oldest of same.slice(0, Math.max(0, same.length + 1 - ports.limits.connectionsPerDeviceMax))) {
    oldest.isClosed = true;
    hall.leave(oldest);
    oldest.peer.close(4000, "replaced");
  }
}

export const startSignUp: OpenHandler<"sign-up.start"> = async (
  { ports, limiters },
  { session },
  { username, registrationRequest },
) => {
  if (!ports.signUpOpen) return refuse("account/sign-up-closed");
  const wait = limiters.signUps.take(session.peer.address);
  if (wait > 0) return tooMany(wait);
  const name = v.safeParse(Username, username);
  if (!name.success) return refuse("account/name-invalid");
  if ((await ports.store.accountByName(name.output)) !== undefined) return refuse("account/name-taken");
  const registrationResponse = ports.passwords.startRegistration(name.output, registrationRequest);
  return registrationResponse === undefined ? refuse("request/malformed") : { registrationResponse };
};

/** One transaction: name, OPAQUE record, vault, genesis and addDevice, key packages (DL10). */
export const finishSignUp: OpenHandler<"sign-up.finish"> = async ({ ports }, { session }, parameters) => {
  if (!ports.signUpOpen) return refuse("account/sign-up-closed");
  const { username, registrationRecord, vault, chain, device, keyPackages, lastResort } = parameters;
  if (!isRecord(registrationRecord)) return refuse("request/malformed");
  const identity = openIdentity(chain);
  const only = identity?.devices[0];
  if (
    identity === undefined ||
    identity.closed ||
    identity.devices.length !== 1 ||
    only?.device !== device ||
    !only.active
  )
    return refuse("account/bad-statement");
  const account = { account: identity.account, username, passwordRecord: registrationRecord, vault, chain };
  const outcome = await ports.store.createAccount({
    ...account,
    device: { device, signInKey: only.signInKey, keyPackages, lastResort },
  });
  if (outcome.kind === "name-taken" || outcome.kind === "account-exists") {
    // A repeat after a lost answer: the same statements under the same name are the same sign-up.
    const stored = await ports.store.accountByName(username);
    const isRepeat = stored !== undefined && !stored.isClosed && stored.account === identity.account;
    if (!isRepeat) return refuse(outcome.kind === "name-taken" ? "account/name-taken" : "account/bad-statement");
  }
  session.proven.set(identity.account, ports.clock.now() + PROOF_MS);
  return { account: identity.account };
};

/** An OPAQUE record is base64url of at least its three parts (RFC 9807 §5: public key, masking key, envelope). */
const isRecord = (text: string): boolean => (fromBase64Url(text)?.length ?? 0) >= 96;

/**
 * An attempt counts from here (T59): one who stops before the last message has guessed all the same. Known and unknown
 * names take the same path and get answers of the same shape (T60).
 */
export const startSignIn: OpenHandler<"sign-in.start"> = async (
  { ports, limiters },
  { session },
  { username, startLoginRequest },
) => {
  const name = v.safeParse(Username, username);
  if (!name.success || username.length > USERNAME_LENGTH_MAX) return refuse("account/sign-in-failed");
  const wait = limiters.signInsByAddress.take(session.peer.address) || limiters.signInsByName.take(name.output);
  if (wait > 0) return tooMany(wait);
  const row = await ports.store.accountByName(name.output);
  const secrets = row === undefined ? undefined : await ports.store.secretsOf(row.key);
  const started = ports.passwords.startLogin(name.output, secrets?.passwordRecord, startLoginRequest);
  if (started === undefined) return refuse("request/malformed");
  const signIn = ports.random(16);
  if (session.signIns.size >= SIGN_INS_MAX)
    for (const oldest of session.signIns.keys()) {
      session.signIns.delete(oldest);
      break;
    }
  session.signIns.set(toBase64Url(signIn), {
    state: started.state,
    username: name.output,
    account: secrets === undefined ? undefined : row?.key,
    expiresAt: ports.clock.now() + SIGN_IN_MS,
  });
  return { signIn, loginResponse: started.loginResponse };
};

export const finishSignIn: OpenHandler<"sign-in.finish"> = async (
  { ports, limiters },
  { session },
  { signIn, finishLoginRequest },
) => {
  const id = toBase64Url(signIn);
  const started = session.signIns.get(id);
  session.signIns.delete(id);
  if (started === undefined || started.expiresAt <= ports.clock.now())
    return refuse("session/expired", { retryAfterMs: 0 });
  const isRight = ports.passwords.finishLogin(started.state, finishLoginRequest);
  if (!isRight || started.account === undefined) return refuse("account/sign-in-failed");
  limiters.signInsByName.giveBack(started.username);
  limiters.signInsByAddress.giveBack(session.peer.address, 1);
  const row = await ports.store.accountByName(started.username);
  const secrets = row === undefined ? undefined : await ports.store.secretsOf(row.key);
  if (row === undefined || secrets === undefined) return refuse("account/closed");
  session.proven.set(row.account, ports.clock.now() + PROOF_MS);
  return { account: row.account, username: row.username, vault: secrets.vault, chain: row.chain };
};

/** Whether this connection may speak for the account itself: by its password some minutes ago, or as one of its devices. */
const speaksFor = ({ ports }: Service, session: Session, account: AccountId): boolean =>
  session.identity?.account === account || session.hasProven(account, ports.clock.now());

export const addDevice: OpenHandler<"device.add"> = async (
  service,
  { session },
  { account, statement, device, keyPackages, lastResort },
) => {
  if (!speaksFor(service, session, account)) return refuse("request/not-signed-in");
  const row = await accountRow(service, account);
  if (row instanceof Refused) return row;
  // The same statement again, after a lost answer: it is there.
  if (row.chain.some((known) => equalBytes(known, statement))) return {};
  const extended = extendIdentity(row.chain, statement);
  if (extended === "stale") return refuse("account/stale-chain", { retryAfterMs: 0 });
  if (extended === undefined) return refuse(isFull(row.chain) ? "account/too-many-devices" : "account/bad-statement");
  const added = extended.after.devices.find((each) => each.device === device && each.active);
  if (added === undefined || extended.after.devices.length !== extended.before.devices.length + 1)
    return refuse("account/bad-statement");
  const adds = { device, signInKey: added.signInKey, keyPackages, lastResort };
  return appendTo(service, row, statement, { adds, revokes: [], closes: false });
};

const isFull = (chain: readonly Uint8Array[]): boolean => {
  const verified = openIdentity(chain);
  return verified !== undefined && activeDevices(verified).length >= DEVICES_MAX;
};

export const appendChain: DeviceHandler<"chain.append"> = async (service, { identity }, { account, statement }) => {
  if (identity.account !== account) return refuse("account/unknown");
  return appendOwn(service, account, statement, false);
};

export const closeAccount: DeviceHandler<"account.close"> = (service, { identity }, { statement }) =>
  appendOwn(service, identity.account, statement, true);

/** Any statement that adds no device. */
async function appendOwn(
  service: Service,
  account: AccountId,
  statement: Uint8Array,
  mustClose: boolean,
): Promise<Record<string, never> | Refused> {
  const row = await accountRow(service, account);
  if (row instanceof Refused) return row;
  if (row.chain.some((known) => equalBytes(known, statement))) return {};
  const extended = extendIdentity(row.chain, statement);
  if (extended === "stale") return refuse("account/stale-chain", { retryAfterMs: 0 });
  if (extended === undefined) return refuse("account/bad-statement");
  const { before, after } = extended;
  if (after.devices.length > before.devices.length || (mustClose && !after.closed))
    return refuse("account/bad-statement");
  const still = new Set(activeDevices(after));
  const revokes = activeDevices(before).filter((device) => !still.has(device));
  return appendTo(service, row, statement, { adds: null, revokes, closes: after.closed });
}

async function appendTo(
  service: Service,
  row: AccountRow,
  statement: Uint8Array,
  effect: StatementEffect,
): Promise<Record<string, never> | Refused> {
  const { store } = service.ports;
  const concerned = await concernedBy(service, row);
  const outcome = await store.appendStatement(row.key, row.chain.length, statement, effect);
  if (outcome === "stale") return refuse("account/stale-chain", { retryAfterMs: 0 });
  for (const session of concerned) service.hall.tell(session, { event: "chain", account: row.account });
  for (const session of service.hall.sessionsOf(row.key)) {
    const device = session.identity?.device;
    if (!effect.closes && (device === undefined || !effect.revokes.includes(device))) continue;
    service.hall.tell(session, { event: "signed-out" });
    service.hall.leave(session);
    session.identity = undefined;
    session.end(4001, "signed out");
  }
  service.hall.changes++;
  return {};
}

/** Everyone connected who shares a conversation with the account, and its own devices. */
async function concernedBy({ ports, hall }: Service, row: AccountRow): Promise<Set<Session>> {
  const concerned = new Set(hall.sessionsOf(row.key));
  for (const { key } of await ports.store.conversationsOf(row.key))
    for (const session of hall.channel(key)?.sessions ?? []) concerned.add(session);
  return concerned;
}

async function accountRow({ ports }: Service, account: AccountId): Promise<AccountRow | Refused> {
  const [row] = await ports.store.accounts([account]);
  if (row === undefined) return refuse("account/unknown");
  return row.isClosed ? refuse("account/closed") : row;
}
