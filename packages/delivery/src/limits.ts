/** Tokens that may be spent at once, and how long one takes to come back. */
export type Rate = { burst: number; refillMs: number };

/** What one account, connection or address may ask of this server. Defaults: {@link DEFAULT_LIMITS}. */
export type Limits = {
  /** Frames of one connection. */
  framesPerConnection: Rate;
  /** Requests before authentication, per address. */
  anonymousPerAddress: Rate;
  signUpsPerAddress: Rate;
  /** Attempts counted when they start, given back when the password proves right. */
  signInsPerAddress: Rate;
  signInsPerAccount: Rate;
  /**
   * Attempts with a recovery key, counted like sign-ins. Apart, so that guessing at a password doesn't block it; and soon back, since
   * nobody guesses 128 bits, but strangers could keep its owner out.
   */
  recoveriesPerAccount: Rate;
  /** Statements and vaults, by who speaks for the account: each of its devices, and who has proved it. */
  changesPerAccount: Rate;
  /** Devices to be added, by where they come from: for which account, anybody may claim. */
  addsPerAddress: Rate;
  /** Links that wait for their code to be taken, by who opens them; and codes tried, by who tries. */
  linksPerAddress: Rate;
  linkClaimsPerAccount: Rate;
  /** Counting all that is held about an account reads much of it. */
  holdingsPerAccount: Rate;
  postsPerAccount: Rate;
  /** Passing things on to who is there: who is writing, and nothing that lasts. */
  signalsPerAccount: Rate;
  commitsPerAccount: Rate;
  conversationsPerAccount: Rate;
  /** People whom one account brings into conversations: whoever writes to everybody they can find is slow (T93). */
  contactsPerAccount: Rate;
  /** Accounts whose key packages one account claims, and claims of one account's key packages by anyone. */
  claimsPerRequester: Rate;
  claimsPerTarget: Rate;
  lookupsPerAccount: Rate;
  /** Links that an account makes, and requests to be let in: by the day, since each of them asks something of many. */
  invitesPerAccount: Rate;
  asksPerAccount: Rate;
  archiveRecordsPerAccount: Rate;
  linksPerConnectionMax: number;
  /** Requests of one connection that wait for their turn. */
  waitingRequestsMax: number;
  waitingRequestBytesMax: number;
  /** A peer that has more than this waiting is disconnected; it comes back and reads the log. */
  bufferedBytesMax: number;
  /** Envelopes of all connections that wait for the next append. */
  waitingEnvelopesMax: number;
  waitingEnvelopeBytesMax: number;
  connectionsPerDeviceMax: number;
  connectionsPerAddressMax: number;
};

const second = 1_000;
const minute = 60 * second;
const mebibyte = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  framesPerConnection: { burst: 2_000, refillMs: 5 },
  anonymousPerAddress: { burst: 300, refillMs: 100 },
  signUpsPerAddress: { burst: 100, refillMs: 10 * second },
  signInsPerAddress: { burst: 100, refillMs: 6 * second },
  signInsPerAccount: { burst: 10, refillMs: minute },
  recoveriesPerAccount: { burst: 30, refillMs: 2 * second },
  changesPerAccount: { burst: 60, refillMs: 5 * second },
  addsPerAddress: { burst: 100, refillMs: second },
  linksPerAddress: { burst: 60, refillMs: 10 * second },
  linkClaimsPerAccount: { burst: 10, refillMs: 10 * second },
  holdingsPerAccount: { burst: 10, refillMs: 30 * second },
  postsPerAccount: { burst: 400, refillMs: 50 },
  signalsPerAccount: { burst: 30, refillMs: second },
  // A new device enters everything that its account is in, and one that is ended is taken out of as much.
  commitsPerAccount: { burst: 1_000, refillMs: second },
  conversationsPerAccount: { burst: 100, refillMs: 10 * second },
  // As many as a conversation holds, then so many a day.
  contactsPerAccount: { burst: 1_000, refillMs: 2 * minute },
  claimsPerRequester: { burst: 400, refillMs: 2 * second },
  claimsPerTarget: { burst: 60, refillMs: 10 * second },
  lookupsPerAccount: { burst: 200, refillMs: 500 },
  invitesPerAccount: { burst: 40, refillMs: 36 * minute },
  asksPerAccount: { burst: 40, refillMs: 36 * minute },
  archiveRecordsPerAccount: { burst: 20_000, refillMs: 20 },
  linksPerConnectionMax: 3,
  waitingRequestsMax: 256,
  waitingRequestBytesMax: 32 * mebibyte,
  bufferedBytesMax: 32 * mebibyte,
  waitingEnvelopesMax: 20_000,
  waitingEnvelopeBytesMax: 256 * mebibyte,
  connectionsPerDeviceMax: 4,
  connectionsPerAddressMax: 1_000,
};
