import { sessionChallengeMessage, verifySessionChallenge, type SessionChallenge } from "@sotto/crypto/verify";
import type { AccountId, DeviceId } from "@sotto/protocol";
import type { DeliveryPorts } from "./ports.ts";
import { refuse } from "./refusal.ts";
import type { OpenHandler, Service } from "./service.ts";
import type { Session } from "./session.ts";

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
  const row = await deviceNow(service, account, device);
  // A device that was never here and a wrong signature look alike: a stranger learns no device ids.
  if (row === undefined || !isAnswer(ports, row.signInKey, { origin, challenge: signed, account, device }, signature))
    return refuse("session/bad-signature");
  if (row.isReplaced) return refuse("account/replaced");
  if (!row.isActive) return refuse("session/device-revoked");
  if (session.isClosed) return refuse("session/expired");
  session.identity = { accountKey: row.accountKey, deviceKey: row.key, account, device, username: row.username };
  closeOldest(service, session);
  hall.enter(session, row.accountKey);
  session.seenAt = row.lastSeenAt ?? undefined;
  service.seen.note(session);
  await subscribe(service, session);
  return { username: row.username, nowMs: ports.clock.now(), keyPackagesLeft: row.keyPackagesLeft };
};

const isAnswer = (
  { verify }: DeliveryPorts,
  publicKey: Uint8Array,
  asked: SessionChallenge,
  signature: Uint8Array,
): boolean =>
  verify === undefined
    ? verifySessionChallenge({ ...asked, publicKey, signature })
    : verify(publicKey, sessionChallengeMessage(asked), signature);

/**
 * Read again when access changed meanwhile: a revocation ends the sessions that it finds, and one that is about to begin isn't
 * there yet (T70).
 */
async function deviceNow({ ports, hall }: Service, account: AccountId, device: DeviceId) {
  for (;;) {
    const changes = hall.changes;
    const row = await ports.store.device(account, device);
    if (changes === hall.changes) return row;
  }
}

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
