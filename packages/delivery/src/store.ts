import type {
  AccountId,
  ConversationId,
  ConversationKind,
  DeviceId,
  EntryKind,
  LogRow,
  RoomName,
  Roster,
  Seq,
  Username,
} from "@sotto/protocol";

/** A row's own number inside one store: small, never sent to anybody, never reused. */
export type Key = number;

export type NewDevice = {
  device: DeviceId;
  /** 32 bytes, Ed25519: verifies the connection's challenge. */
  signInKey: Uint8Array;
  keyPackages: readonly Uint8Array[];
  lastResort: Uint8Array | null;
};

/** A code of the server's owner, by which a name goes to a new account: only its hash is ever stored. */
export type ResetProof = { codeHash: Uint8Array; at: number };

export type NewAccount = {
  account: AccountId;
  username: Username;
  passwordRecord: string;
  vault: Uint8Array;
  chain: readonly Uint8Array[];
  device: NewDevice;
};

export type AccountRow = {
  key: Key;
  account: AccountId;
  /** For an account that was replaced: the name that it had. */
  username: Username;
  /** Closed by its owner, or replaced. */
  isClosed: boolean;
  /** The account that has the name now, when the server's owner gave it away. */
  replacedBy: AccountId | null;
  chain: Uint8Array[];
};

export type DeviceRow = {
  key: Key;
  accountKey: Key;
  username: Username;
  signInKey: Uint8Array;
  isActive: boolean;
  /** Its account's name was given to another account. */
  isReplaced: boolean;
  keyPackagesLeft: number;
  /** The hour (ms) in which it was last seen; null: never. */
  lastSeenAt: number | null;
};

/** What a new statement of a chain does to the account's rows. */
export type StatementEffect = {
  adds: NewDevice | null;
  /** Devices that are no longer active: their key packages and inboxes go. */
  revokes: readonly DeviceId[];
  /** The account is closed: nothing of it is served any more, and its name stays taken for ever. */
  closes: boolean;
};

/** What else changes in the transaction that replaces a vault. */
export type VaultChange = {
  /** The vault that must still be there; null: whichever is. */
  before: Uint8Array | null;
  vault: Uint8Array;
  /** Null: the password stays. */
  passwordRecord: string | null;
  statement: { length: number; bytes: Uint8Array; effect: StatementEffect } | null;
};

/** Rows and bytes of one kind that the server holds about an account. */
export type Holding = { what: string; rows: number; bytes: number };

export type ClaimedDevice = { device: DeviceId; keyPackage: Uint8Array | null };

export type ConversationRow = {
  key: Key;
  conversation: ConversationId;
  kind: ConversationKind;
  room: RoomName | null;
  lastSeq: Seq;
  latestCommit: Seq;
  /** How many entries of the log are commits. */
  commits: number;
};

/** What a conversation is born as. `pair`: the two accounts of a direct conversation, in any order. */
export type Birth = {
  conversation: ConversationId;
  kind: ConversationKind;
  pair: readonly [Key, Key] | null;
  room: RoomName | null;
};

/** All that stands or falls with a commit. */
export type CommitParts = {
  roster: Roster;
  groupInfo: Uint8Array;
  /** SHA-256 of each chunk of the tree, in order. */
  treeChunks: readonly Uint8Array[];
  newChunks: readonly { hash: Uint8Array; bytes: Uint8Array }[];
  welcomes: readonly Uint8Array[];
  welcomeFor: readonly { device: Key; welcome: number }[];
};

/** An envelope on its way into the log. */
export type Arrival = {
  /** The conversation, or what it is born as. */
  conversation: Key | Birth;
  account: Key;
  device: Key;
  /** 16 bytes, unique for the device. */
  send: Uint8Array;
  kind: EntryKind;
  seen: Seq;
  applied: Seq;
  envelope: Uint8Array;
  /** SHA-256 of the envelope. */
  hash: Uint8Array;
  /** With commits, and only with them. */
  parts: CommitParts | null;
};

export type ArrivalOutcome =
  | {
      kind: "stored";
      conversation: Key;
      seq: Seq;
      /** Accounts that may read from here on and couldn't before. */
      gained: readonly Key[];
      /** Accounts that could read and may not from here on. */
      lost: readonly Key[];
    }
  /** This device has sent this before. `stored` is what the log holds. */
  | { kind: "repeated"; seq: Seq; stored: LogRow }
  /** The send id was used for another conversation. */
  | { kind: "send-reused" }
  | { kind: "stale"; latestCommit: Seq }
  | { kind: "not-a-member" }
  | { kind: "chunk-missing" }
  | { kind: "conversation-exists" }
  | { kind: "direct-exists"; conversation: ConversationId }
  | { kind: "self-exists"; conversation: ConversationId }
  | { kind: "room-taken"; conversation: ConversationId };

/** "lost": was a member once. "banned": on the list of those who may not come back. */
export type Access = "granted" | "lost" | "banned" | "none";

/**
 * The delivery service's data. Each operation is one transaction: it happens whole and durably before its promise
 * resolves, or not at all (then the promise rejects). Hostile input never reaches it: its callers parsed and judged.
 */
export interface DeliveryStore {
  // Accounts and devices
  /**
   * With a reset proof the name's holder ends in the same transaction: everything but its chain and its place in rosters
   * goes, and the code is used up (DL17). `replaced`: the account that ended.
   */
  createAccount(
    account: NewAccount,
    reset: ResetProof | null,
  ): Promise<
    | { kind: "created"; replaced: AccountId | null }
    | { kind: "name-taken" }
    | { kind: "account-exists" }
    | { kind: "reset-code-wrong" }
  >;
  /** Whether the proof would open the way now. */
  mayReset(username: Username, proof: ResetProof): Promise<boolean>;
  /** Keeps the hash of a code until `expiresAt` (ms); one a name, the newest. "closed": its owner closed the account. */
  issueReset(username: Username, codeHash: Uint8Array, expiresAt: number): Promise<"issued" | "unknown" | "closed">;
  /** The account that has the name now. */
  accountByName(username: Username): Promise<AccountRow | undefined>;
  /** How many statements each chain has, and whether its name went to another account. Unknown ones are left out. */
  chainLengths(accounts: readonly AccountId[]): Promise<{ account: AccountId; length: number; isReplaced: boolean }[]>;
  /** In the order asked; unknown ones are left out. */
  accounts(accounts: readonly AccountId[]): Promise<AccountRow[]>;
  /** What sign-in needs. Undefined when the account is unknown or closed. */
  secretsOf(account: Key): Promise<{ passwordRecord: string; vault: Uint8Array } | undefined>;
  device(account: AccountId, device: DeviceId): Promise<DeviceRow | undefined>;
  activeDevices(accounts: readonly Key[]): Promise<{ key: Key; accountKey: Key; device: DeviceId }[]>;
  /** Appends one statement if the chain still has `length` statements. */
  appendStatement(
    account: Key,
    length: number,
    statement: Uint8Array,
    effect: StatementEffect,
  ): Promise<"appended" | "stale">;

  /** The vault, and what changes with it, in one transaction. */
  replaceVault(account: Key, change: VaultChange): Promise<"replaced" | "stale-vault" | "stale-chain">;
  devicesSeen(account: Key): Promise<{ device: DeviceId; lastSeenAt: number | null }[]>;
  /** Moves what is known forward, never back; devices that are no longer active are left out. */
  sawDevices(seen: readonly { device: Key; at: number }[]): Promise<void>;
  holdings(account: Key): Promise<Holding[]>;

  // Key packages
  /** Adds to the device's pile up to `max`, oldest first; `lastResort` replaces the one before. @returns how many there are now. */
  publishKeyPackages(
    device: Key,
    keyPackages: readonly Uint8Array[],
    lastResort: Uint8Array | null,
    max: number,
  ): Promise<number>;
  /**
   * Takes one key package of each active device: the oldest ordinary one, else a copy of the last resort, else null.
   * With "last-resort" the piles stay as they are.
   */
  claimKeyPackages(account: Key, from: "oldest" | "last-resort"): Promise<ClaimedDevice[]>;

  // Conversations
  /**
   * Takes envelopes in order, in one transaction. An outcome other than "stored" changes nothing for that envelope and
   * touches no other. Rules DL1 to DL9 of docs/spec/delivery.md.
   */
  append(arrivals: readonly Arrival[], acceptedAt: number): Promise<ArrivalOutcome[]>;
  conversation(conversation: ConversationId): Promise<ConversationRow | undefined>;
  room(room: RoomName): Promise<{ key: Key; conversation: ConversationId; people: number } | undefined>;
  conversationsOf(account: Key): Promise<ConversationRow[]>;
  access(conversation: Key, account: Key): Promise<Access>;
  /** The envelope of the commit entry at `seq`; undefined when there is no commit there. Its body holds the roster. */
  commitAt(conversation: Key, seq: Seq): Promise<Uint8Array | undefined>;
  /** Accounts that left and whose leaves are still in the tree. */
  leavers(conversation: Key): Promise<AccountId[]>;
  groupInfo(
    conversation: Key,
  ): Promise<{ applied: Seq; latestCommit: Seq; groupInfo: Uint8Array; treeChunks: Uint8Array[] } | undefined>;
  tree(conversation: Key, seq: Seq): Promise<Uint8Array[] | undefined>;
  /** A device of `account` works on top of the commit at `seq`. @returns the accounts that lost access by it. */
  acknowledge(conversation: Key, account: Key, seq: Seq): Promise<Key[]>;
  /** Ends the account's access and keeps its statement. @returns false when it had no access. */
  leave(conversation: Key, account: Key, statement: Uint8Array): Promise<boolean>;
  leaveStatements(conversation: Key): Promise<Uint8Array[]>;

  // Links into a conversation
  /** @returns "full" when there are `max` that haven't run out. Run-out ones go. A repeat changes nothing. */
  createInvite(invite: InviteRow & { preview: Uint8Array; now: number; max: number }): Promise<"created" | "full">;
  /** Those that haven't run out, oldest first. */
  invites(conversation: Key, now: number): Promise<{ invite: Uint8Array; by: AccountId; expiresAt: number | null }[]>;
  /** Undefined for what isn't there or has run out. */
  invite(conversation: Key, invite: Uint8Array, now: number): Promise<{ by: Key; preview: Uint8Array } | undefined>;
  /** The link, and all that was asked by it. */
  dropInvite(conversation: Key, invite: Uint8Array): Promise<void>;
  /** The newest request of an account takes the place of the one before. @returns "full" when `max` others wait. */
  ask(request: AskRow & { max: number }): Promise<"asked" | "full">;
  /** Of accounts that aren't in it, not older than `since` (ms), by links that haven't run out; oldest first. The others go. */
  requests(
    conversation: Key,
    now: number,
    since: number,
  ): Promise<{ account: AccountId; invite: Uint8Array; at: number; request: Uint8Array }[]>;
  dropRequest(conversation: Key, account: Key): Promise<void>;

  // Reading
  /** head(seq) of the log (crypto's log head), 32 bytes; undefined beyond its end. */
  logHead(conversation: Key, seq: Seq): Promise<Uint8Array | undefined>;
  /** Entries after `after` in order: at most `limit`, and at most `bytesMax` unless the first alone is larger. */
  logPage(conversation: Key, after: Seq, limit: number, bytesMax: number): Promise<{ more: boolean; rows: LogRow[] }>;
  inboxPage(
    device: Key,
    after: number,
    limit: number,
    bytesMax: number,
  ): Promise<{ more: boolean; items: InboxItem[] }>;
  inboxAcknowledge(device: Key, upTo: number): Promise<void>;
  archiveStore(account: Key, device: Key, records: readonly ArchiveRecord[]): Promise<void>;
  archivePage(
    account: Key,
    conversation: ConversationId,
    after: number,
    limit: number,
  ): Promise<{ more: boolean; records: { position: number; key: Uint8Array; record: Uint8Array }[] }>;
  /** The records of these keys, of all devices: first the first of each device under each key, and so on, up to `bytesMax`. */
  archiveFind(
    account: Key,
    conversation: ConversationId,
    keys: readonly Uint8Array[],
    bytesMax: number,
  ): Promise<{ key: Uint8Array; writer: DeviceId; record: Uint8Array }[]>;
}

/** `invite`: 16 bytes. */
export type InviteRow = { conversation: Key; invite: Uint8Array; by: Key; expiresAt: number | null };
export type AskRow = { conversation: Key; account: Key; invite: Uint8Array; at: number; request: Uint8Array };
export type InboxItem = {
  position: number;
  conversation: ConversationId;
  kind: ConversationKind;
  room: RoomName | null;
  seq: Seq;
  welcome: Uint8Array;
};
export type ArchiveRecord = { conversation: ConversationId; key: Uint8Array; record: Uint8Array };
