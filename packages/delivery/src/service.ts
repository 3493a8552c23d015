import type { AccountId, Operation, ParsedParameters, Result, Username } from "@sotto/protocol";
import type { Appender } from "./appender.ts";
import type { Hall } from "./hall.ts";
import type { Links } from "./links.ts";
import type { DeliveryPorts } from "./ports.ts";
import { RateLimiter } from "./rate-limit.ts";
import type { Refused } from "./refusal.ts";
import type { Seen } from "./seen.ts";
import type { Identity, Session } from "./session.ts";
import type { Key } from "./store.ts";

export type Limiters = ReturnType<typeof createLimiters>;

export function createLimiters({ limits, clock }: DeliveryPorts) {
  const now = () => clock.now();
  return {
    frames: new RateLimiter<Session>(limits.framesPerConnection, now),
    anonymous: new RateLimiter<string>(limits.anonymousPerAddress, now),
    signUps: new RateLimiter<string>(limits.signUpsPerAddress, now),
    signInsByAddress: new RateLimiter<string>(limits.signInsPerAddress, now),
    signInsByName: new RateLimiter<string>(limits.signInsPerAccount, now),
    recoveriesByName: new RateLimiter<Username>(limits.recoveriesPerAccount, now),
    changes: new RateLimiter<string>(limits.changesPerAccount, now),
    adds: new RateLimiter<string>(limits.addsPerAddress, now),
    links: new RateLimiter<string>(limits.linksPerAddress, now),
    linkClaims: new RateLimiter<Key>(limits.linkClaimsPerAccount, now),
    holdings: new RateLimiter<Key>(limits.holdingsPerAccount, now),
    posts: new RateLimiter<Key>(limits.postsPerAccount, now),
    signals: new RateLimiter<Key>(limits.signalsPerAccount, now),
    commits: new RateLimiter<Key>(limits.commitsPerAccount, now),
    conversations: new RateLimiter<Key>(limits.conversationsPerAccount, now),
    contacts: new RateLimiter<Key>(limits.contactsPerAccount, now),
    claimsBy: new RateLimiter<Key>(limits.claimsPerRequester, now),
    claimsOf: new RateLimiter<AccountId>(limits.claimsPerTarget, now),
    lookups: new RateLimiter<Key>(limits.lookupsPerAccount, now),
    invites: new RateLimiter<Key>(limits.invitesPerAccount, now),
    asks: new RateLimiter<Key>(limits.asksPerAccount, now),
    archive: new RateLimiter<Key>(limits.archiveRecordsPerAccount, now),
  };
}

/**
 * Under what changes of an account are counted. What one of its devices asks is counted apart: a stolen one must not use up what its
 * owner needs to end it (T59, T70).
 */
export const changesBy = ({ identity }: Session, account: AccountId): string =>
  identity?.account === account ? `${account} ${identity.device}` : account;

/** What every operation works with. */
export type Service = {
  ports: DeliveryPorts;
  hall: Hall;
  appender: Appender;
  limiters: Limiters;
  links: Links;
  seen: Seen;
  /** Every open connection, signed in or not. */
  sessions: Set<Session>;
};

/** The operation sends its own frames: a page of the log, or the answer to a bundle. */
export const ANSWERED = Symbol("answered");

type Answer<O extends Operation> =
  | (O extends "log.page" | "conversation.create" | "conversation.commit" ? typeof ANSWERED : Result<O>)
  | Refused;

export type Asked = { session: Session; request: number };
/** An operation that anyone may ask for. */
export type OpenHandler<O extends Operation> = (
  service: Service,
  asked: Asked,
  parameters: ParsedParameters<O>,
) => Promise<Answer<O>>;
/** An operation of an authenticated device. */
export type DeviceHandler<O extends Operation> = (
  service: Service,
  asked: Asked & { identity: Identity },
  parameters: ParsedParameters<O>,
) => Promise<Answer<O>>;
