import * as v from "valibot";
import { verifyRecoveryChallenge } from "@sotto/crypto/verify";
import {
  USERNAME_LENGTH_MAX,
  Username,
  fromBase64Url,
  toBase64Url,
  type AccountId,
  type Result,
} from "@sotto/protocol";
import { openIdentity } from "./identity.ts";
import { refuse, tooMany } from "./refusal.ts";
import { changesBy, type OpenHandler, type Service } from "./service.ts";
import { PROOF_MS, type Session } from "./session.ts";
import type { AccountRow } from "./store.ts";

const ATTEMPT_MS = 60_000;
/** Password proofs under way on one connection. */
const SIGN_INS_MAX = 4;
/** Verified against where there is no account, so that the work is the same (RFC 8032 §7.1, test 1). What it says is ignored. */
const NOBODYS_KEY = Uint8Array.from(
  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a".match(/../g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);

const NOBODY = v.parse(Username, "nobody");

/** An OPAQUE record is base64url of at least its three parts (RFC 9807 §5: public key, masking key, envelope). */
export const isRecord = (text: string): boolean => (fromBase64Url(text)?.length ?? 0) >= 96;

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
  const counted = countedFor(session, name.output);
  const wait = limiters.signInsByAddress.take(session.peer.address) || limiters.signInsByName.take(counted);
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
    counted,
    record: secrets?.passwordRecord,
    expiresAt: ports.clock.now() + ATTEMPT_MS,
  });
  return { signIn, loginResponse: started.loginResponse };
};

/**
 * What strangers try at a name is counted together. What one of the account's own devices tries on its own connection is counted
 * apart, or else they could keep its owner from ending a device (T59).
 */
const countedFor = ({ identity }: Session, username: Username): string =>
  identity?.username === username ? `${username} ${identity.device}` : username;

export const finishSignIn: OpenHandler<"sign-in.finish"> = async (
  service,
  { session },
  { signIn, finishLoginRequest },
) => {
  const { ports, limiters } = service;
  const id = toBase64Url(signIn);
  const started = session.signIns.get(id);
  session.signIns.delete(id);
  if (started === undefined || started.expiresAt <= ports.clock.now())
    return refuse("session/expired", { retryAfterMs: 0 });
  const isRight = ports.passwords.finishLogin(started.state, finishLoginRequest);
  if (!isRight || started.record === undefined) return refuse("account/sign-in-failed");
  limiters.signInsByName.giveBack(started.counted);
  limiters.signInsByAddress.giveBack(session.peer.address, 1);
  const row = await ports.store.accountByName(started.username);
  // A proof of the password that was changed meanwhile proves nothing any more.
  return (await opened(service, session, row, started.record)) ?? refuse("account/closed");
};

/** What a proof opens: the vault and the chain, and this connection for some minutes. Undefined: there is nothing to open. */
async function opened(
  { ports }: Service,
  session: Session,
  row: AccountRow | undefined,
  record?: string,
): Promise<Result<"sign-in.finish"> | undefined> {
  const secrets = row === undefined ? undefined : await ports.store.secretsOf(row.key);
  if (row === undefined || secrets === undefined) return undefined;
  if (record !== undefined && secrets.passwordRecord !== record) return undefined;
  session.proven.set(row.account, ports.clock.now() + PROOF_MS);
  return { account: row.account, username: row.username, vault: secrets.vault, chain: row.chain };
}

/** Counted like a sign-in. Nothing is looked up yet, so there is nothing to tell apart (T60). */
export const startRecovery: OpenHandler<"recovery.start"> = ({ ports, limiters }, { session }, { username }) => {
  const name = v.safeParse(Username, username);
  const wait =
    limiters.signInsByAddress.take(session.peer.address) ||
    (name.success ? limiters.recoveriesByName.take(name.output) : 0);
  if (wait > 0) return Promise.resolve(tooMany(wait));
  const challenge = ports.random(32);
  session.recovery = {
    challenge,
    username: name.success ? name.output : undefined,
    expiresAt: ports.clock.now() + ATTEMPT_MS,
  };
  return Promise.resolve({ challenge });
};

/** Single use, this connection, this origin (T67), and one refusal for every reason that has to do with the name (T60). */
export const finishRecovery: OpenHandler<"recovery.finish"> = async (service, { session }, { origin, signature }) => {
  const { ports, limiters } = service;
  const started = session.recovery;
  session.recovery = undefined;
  if (started === undefined || started.expiresAt <= ports.clock.now())
    return refuse("session/expired", { retryAfterMs: 0 });
  if (!ports.isOwnOrigin(origin)) return refuse("session/wrong-origin");
  const { challenge, username } = started;
  const row = username === undefined ? undefined : await ports.store.accountByName(username);
  const chain = row === undefined || row.isClosed ? undefined : openIdentity(row.chain);
  const publicKey = chain?.recoveryKey ?? NOBODYS_KEY;
  const isRight = verifyRecoveryChallenge({ publicKey, origin, challenge, username: username ?? NOBODY, signature });
  if (!isRight || username === undefined || chain === undefined) return refuse("account/recovery-failed");
  limiters.recoveriesByName.giveBack(username);
  limiters.signInsByAddress.giveBack(session.peer.address, 1);
  return (await opened(service, session, row)) ?? refuse("account/recovery-failed");
};

/** Whether this connection may speak for the account itself: by a proof some minutes ago, or as one of its devices. */
const speaksFor = ({ ports }: Service, session: Session, account: AccountId): boolean =>
  session.identity?.account === account || session.hasProven(account, ports.clock.now());

/** First half of a new password. What it makes is worth nothing before `vault.replace` or `reclaim.complete`. */
export const startPassword: OpenHandler<"password.start"> = async (
  service,
  { session },
  { account, registrationRequest },
) => {
  const { ports, limiters } = service;
  if (!speaksFor(service, session, account)) return refuse("request/not-signed-in");
  const wait = limiters.changes.take(changesBy(session, account));
  if (wait > 0) return tooMany(wait);
  const [row] = await ports.store.accounts([account]);
  if (row === undefined || row.isClosed) return refuse("account/closed");
  const registrationResponse = ports.passwords.startRegistration(row.username, registrationRequest);
  return registrationResponse === undefined ? refuse("request/malformed") : { registrationResponse };
};
