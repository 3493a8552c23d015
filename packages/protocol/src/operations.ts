import * as v from "valibot";
import { bytesOf, bytesUpTo } from "./byte-schemas.ts";
import { AccountId, ConversationId, DeviceId, InviteId, RoomName, SendId, Username } from "./ids.ts";
import { ConversationKind } from "./group-extension.ts";
import {
  APPLICATION_BYTES_MAX,
  ARCHIVE_FIND_KEYS_MAX,
  CHAINS_COMPARED_MAX,
  CHAIN_STATEMENTS_MAX,
  COMMIT_BYTES_MAX,
  GROUP_INFO_BYTES_MAX,
  INBOX_PAGE_ITEMS_MAX,
  INVITE_PREVIEW_BYTES_MAX,
  JOIN_REQUEST_BYTES_MAX,
  KEY_PACKAGES_MAX,
  KEY_PACKAGE_BYTES_MAX,
  LINK_MESSAGE_BYTES_MAX,
  LOG_PAGE_ENTRIES_MAX,
  SIGNAL_BYTES,
  STATEMENT_BYTES_MAX,
  TREE_BYTES_MAX,
  TREE_CHUNKS_MAX,
  VAULT_BYTES_MAX,
  WELCOMES_MAX,
  WELCOME_BYTES_MAX,
} from "./limits.ts";

export const SeqNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const OpaqueMessage = v.pipe(v.string(), v.maxLength(1024));
export const Chain = v.pipe(v.array(bytesUpTo(STATEMENT_BYTES_MAX)), v.minLength(1), v.maxLength(CHAIN_STATEMENTS_MAX));
const KeyPackageBytes = bytesUpTo(KEY_PACKAGE_BYTES_MAX);
const KeyPackages = v.pipe(v.array(KeyPackageBytes), v.maxLength(KEY_PACKAGES_MAX));

/** A welcome for one device. Devices added by one commit share the same bytes: `welcome` is an index into `welcomes`. */
const WelcomeFor = v.strictObject({
  account: AccountId,
  device: DeviceId,
  welcome: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** A commit and all that stands or falls with it: stored whole or not at all. */
export const Bundle = v.strictObject({
  send: SendId,
  /** An encoded commit {@link Envelope} whose body is a CommitBody. */
  envelope: bytesUpTo(COMMIT_BYTES_MAX),
  groupInfo: bytesUpTo(GROUP_INFO_BYTES_MAX),
  /** SHA-256 of every chunk of the resulting ratchet tree, in order; chunks that the server lacks travel in `newChunks`. */
  treeChunks: v.pipe(v.array(bytesOf(32)), v.minLength(1), v.maxLength(TREE_CHUNKS_MAX)),
  newChunks: v.pipe(v.array(bytesUpTo(TREE_BYTES_MAX)), v.maxLength(TREE_CHUNKS_MAX)),
  welcomes: v.pipe(v.array(bytesUpTo(WELCOME_BYTES_MAX)), v.maxLength(16)),
  welcomeFor: v.pipe(v.array(WelcomeFor), v.maxLength(WELCOMES_MAX)),
});
export type Bundle = v.InferOutput<typeof Bundle>;

/** Short enough to be typed: eight characters of Crockford's base32, without dashes. */
export const LinkCode = v.pipe(v.string(), v.regex(/^[0-9A-HJKMNP-TV-Z]{8}$/));
/** One-time code of the server's owner (`sotto admin reset`): 16 characters of Crockford's base32, without dashes. */
export const ResetCode = v.pipe(v.string(), v.regex(/^[0-9A-HJKMNP-TV-Z]{16}$/));
/** What a proof of the password or the recovery key opens. */
const OpenedAccount = v.strictObject({
  account: AccountId,
  username: Username,
  vault: bytesUpTo(VAULT_BYTES_MAX),
  chain: Chain,
});

const Accepted = v.strictObject({ seq: SeqNumber, hash: bytesOf(32) });
const Empty = v.strictObject({});

const DeviceKeyPackages = v.strictObject({ keyPackages: KeyPackages, lastResort: v.nullable(KeyPackageBytes) });

/** One kind of row that the server holds about an account, such as "vault" or "archive records". */
const Holding = v.strictObject({
  what: v.pipe(v.string(), v.maxLength(64)),
  rows: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** Every operation: who may ask ("anyone": before authentication), what goes in, what comes out. */
export const OPERATIONS = {
  "session.challenge": { who: "anyone", parameters: Empty, result: v.strictObject({ challenge: bytesOf(32) }) },
  /** `signature`: see crypto's session challenge. Subscribes the connection to the account's conversations. */
  "session.authenticate": {
    who: "anyone",
    parameters: v.strictObject({
      account: AccountId,
      device: DeviceId,
      origin: v.pipe(v.string(), v.maxLength(256)),
      signature: bytesOf(64),
    }),
    result: v.strictObject({ username: Username, nowMs: v.number(), keyPackagesLeft: v.number() }),
  },
  /** `resetCode`: a one-time code of the server's owner, by which a name that is taken goes to a new account; null otherwise. */
  "sign-up.start": {
    who: "anyone",
    parameters: v.strictObject({
      username: v.pipe(v.string(), v.maxLength(64)),
      registrationRequest: OpaqueMessage,
      resetCode: v.nullable(ResetCode),
    }),
    result: v.strictObject({ registrationResponse: OpaqueMessage }),
  },
  /** One transaction: name, OPAQUE record, vault, genesis and addDevice, key packages; with a reset code, the end of the old account. */
  "sign-up.finish": {
    who: "anyone",
    parameters: v.strictObject({
      username: Username,
      resetCode: v.nullable(ResetCode),
      registrationRecord: OpaqueMessage,
      vault: bytesUpTo(VAULT_BYTES_MAX),
      chain: Chain,
      device: DeviceId,
      ...DeviceKeyPackages.entries,
    }),
    result: v.strictObject({ account: AccountId }),
  },
  "sign-in.start": {
    who: "anyone",
    parameters: v.strictObject({ username: v.pipe(v.string(), v.maxLength(64)), startLoginRequest: OpaqueMessage }),
    result: v.strictObject({ signIn: bytesOf(16), loginResponse: OpaqueMessage }),
  },
  /** Proves the password. The connection may then add a device to this account for some minutes. */
  "sign-in.finish": {
    who: "anyone",
    parameters: v.strictObject({ signIn: bytesOf(16), finishLoginRequest: OpaqueMessage }),
    result: OpenedAccount,
  },
  /** Answered alike for names that exist and names that don't. */
  "recovery.start": {
    who: "anyone",
    parameters: v.strictObject({ username: v.pipe(v.string(), v.maxLength(64)) }),
    result: v.strictObject({ challenge: bytesOf(32) }),
  },
  /** Proves the recovery key (crypto's recovery challenge). Counts as a proof of the password does, on this connection. */
  "recovery.finish": {
    who: "anyone",
    parameters: v.strictObject({ origin: v.pipe(v.string(), v.maxLength(256)), signature: bytesOf(64) }),
    result: OpenedAccount,
  },
  /** First half of a new password: on a connection that has proved the account, or by one of its devices. */
  "password.start": {
    who: "anyone",
    parameters: v.strictObject({ account: AccountId, registrationRequest: OpaqueMessage }),
    result: v.strictObject({ registrationResponse: OpaqueMessage }),
  },
  /**
   * One transaction on a connection that has proved the account: the vault made from the one whose SHA-256 is `replaces` (else
   * vault/stale), a new OPAQUE record if the password changed, and a statement (revokeDevice, rotateRecoveryKey, rotateAccountKey).
   */
  "vault.replace": {
    who: "anyone",
    parameters: v.strictObject({
      account: AccountId,
      replaces: bytesOf(32),
      vault: bytesUpTo(VAULT_BYTES_MAX),
      registrationRecord: v.nullable(OpaqueMessage),
      statement: v.nullable(bytesUpTo(STATEMENT_BYTES_MAX)),
    }),
    result: Empty,
  },
  /** The second stage of a reclaim, with the vault and password that belong to the new account key. One transaction. */
  "reclaim.complete": {
    who: "device",
    parameters: v.strictObject({
      statement: bytesUpTo(STATEMENT_BYTES_MAX),
      vault: bytesUpTo(VAULT_BYTES_MAX),
      registrationRecord: OpaqueMessage,
    }),
    result: Empty,
  },
  /** A new device asks to be linked. `code`: for people, single use, taken within a minute or gone. */
  "link.open": {
    who: "anyone",
    parameters: v.strictObject({ commitment: bytesOf(32) }),
    result: v.strictObject({ code: LinkCode, expiresAt: v.number() }),
  },
  /** A device of the account takes the code: from here on both sides may send. */
  "link.claim": {
    who: "device",
    parameters: v.strictObject({ code: LinkCode }),
    result: v.strictObject({ commitment: bytesOf(32) }),
  },
  /** Hands a message to the other side of a link, which hears it as an event. */
  "link.send": {
    who: "anyone",
    parameters: v.strictObject({ code: LinkCode, message: bytesUpTo(LINK_MESSAGE_BYTES_MAX) }),
    result: Empty,
  },
  /** Either side ends it; the other hears it. */
  "link.cancel": { who: "anyone", parameters: v.strictObject({ code: LinkCode }), result: Empty },
  /**
   * `statement` extends the chain by an addDevice; refused as account/stale-chain when it doesn't continue the stored head. The
   * account key's signature on it is all the proof that it needs: a linked device has never proved a password.
   */
  "device.add": {
    who: "anyone",
    parameters: v.strictObject({
      account: AccountId,
      statement: bytesUpTo(STATEMENT_BYTES_MAX),
      device: DeviceId,
      ...DeviceKeyPackages.entries,
    }),
    result: Empty,
  },
  /** Any other statement: revokeDevice, closeAccount, ... */
  "chain.append": {
    who: "device",
    parameters: v.strictObject({ account: AccountId, statement: bytesUpTo(STATEMENT_BYTES_MAX) }),
    result: Empty,
  },
  /** `replacedBy`: the account that the server's owner gave the name to. A hint; what people make of it is theirs to decide. */
  "chain.fetch": {
    who: "device",
    parameters: v.strictObject({ accounts: v.pipe(v.array(AccountId), v.maxLength(100)) }),
    result: v.strictObject({
      accounts: v.array(
        v.strictObject({ account: AccountId, username: Username, chain: Chain, replacedBy: v.nullable(AccountId) }),
      ),
    }),
  },
  /**
   * Which of these chains have another length than the one that the device has pinned, and whose name went to another account: what a
   * device that was away fetches again.
   */
  "chain.changed": {
    who: "device",
    parameters: v.strictObject({
      accounts: v.pipe(
        v.array(v.strictObject({ account: AccountId, length: SeqNumber })),
        v.minLength(1),
        v.maxLength(CHAINS_COMPARED_MAX),
      ),
    }),
    result: v.strictObject({ accounts: v.array(AccountId) }),
  },
  "name.lookup": {
    who: "device",
    parameters: v.strictObject({ username: Username }),
    result: v.strictObject({ account: AccountId, username: Username, chain: Chain }),
  },
  "key-packages.publish": {
    who: "device",
    parameters: DeviceKeyPackages,
    result: v.strictObject({ left: v.number() }),
  },
  /** Takes one key package of every active device of each account; null where a device has none left at all. */
  "key-packages.claim": {
    who: "device",
    parameters: v.strictObject({ accounts: v.pipe(v.array(AccountId), v.minLength(1), v.maxLength(100)) }),
    result: v.strictObject({
      accounts: v.array(
        v.strictObject({
          account: AccountId,
          username: Username,
          chain: Chain,
          devices: v.array(v.strictObject({ device: DeviceId, keyPackage: v.nullable(KeyPackageBytes) })),
        }),
      ),
    }),
  },
  /**
   * Born by its first bundle, whose envelope has seen = applied = 0. direct: `pair` is the other account. room: `room` is its name.
   * self: one an account (conversation/self-exists names the one that is there).
   */
  "conversation.create": {
    who: "device",
    parameters: v.strictObject({
      conversation: ConversationId,
      kind: ConversationKind,
      pair: v.nullable(AccountId),
      room: v.nullable(RoomName),
      bundle: Bundle,
    }),
    result: Accepted,
  },
  "conversation.commit": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, bundle: Bundle }),
    result: Accepted,
  },
  /** What an external joiner needs. Members of the roster, and anyone for an open room. `applied`: seq of the commit that made this epoch. */
  "conversation.group-info": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId }),
    result: v.strictObject({
      applied: SeqNumber,
      latestCommit: SeqNumber,
      groupInfo: bytesUpTo(GROUP_INFO_BYTES_MAX),
      treeChunks: v.array(bytesUpTo(TREE_BYTES_MAX)),
    }),
  },
  /** The tree of the epoch made by the commit at `seq`, for a device that was welcomed there. */
  "conversation.tree": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, seq: SeqNumber }),
    result: v.strictObject({ treeChunks: v.array(bytesUpTo(TREE_BYTES_MAX)) }),
  },
  /** Where something happened last comes first: a new device enters them in this order. */
  "conversation.list": {
    who: "device",
    parameters: Empty,
    result: v.strictObject({
      conversations: v.array(
        v.strictObject({
          conversation: ConversationId,
          kind: ConversationKind,
          room: v.nullable(RoomName),
          lastSeq: SeqNumber,
          latestCommit: SeqNumber,
          /** How many commit entries the log holds: whoever is far behind enters anew first. */
          commits: SeqNumber,
        }),
      ),
    }),
  },
  /** This device has processed the commit at `seq`: accounts that it removed may lose access now. */
  "conversation.acknowledge": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, seq: SeqNumber }),
    result: Empty,
  },
  /** The server stops serving the account at once; members commit the Remove with the statement as evidence. */
  "conversation.leave": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, statement: bytesUpTo(STATEMENT_BYTES_MAX) }),
    result: Empty,
  },
  /** Statements of accounts that left and whose leaves are still in the tree. */
  "conversation.leavers": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId }),
    result: v.strictObject({ statements: v.array(bytesUpTo(STATEMENT_BYTES_MAX)) }),
  },
  /**
   * A link into a group. The server knows that there is one, whose it is and until when (ms; null: until it is taken back), and a preview
   * that it can't read. Every member may ask; who may say so inside the group, members judge.
   */
  "invite.create": {
    who: "device",
    parameters: v.strictObject({
      conversation: ConversationId,
      invite: InviteId,
      expiresAt: v.nullable(SeqNumber),
      preview: bytesUpTo(INVITE_PREVIEW_BYTES_MAX),
    }),
    result: Empty,
  },
  /** Links that haven't run out. */
  "invite.list": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId }),
    result: v.strictObject({
      invites: v.array(v.strictObject({ invite: InviteId, by: AccountId, expiresAt: v.nullable(SeqNumber) })),
    }),
  },
  /** By whoever made it, and by admins and owners. */
  "invite.revoke": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, invite: InviteId }),
    result: Empty,
  },
  /** For anybody who knows its id. One answer for what never was, was taken back, or has run out. */
  "invite.look": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, invite: InviteId }),
    result: v.strictObject({ preview: bytesUpTo(INVITE_PREVIEW_BYTES_MAX) }),
  },
  /** Asks to be let in. One request an account and conversation, the newest; members hear of it. */
  "invite.ask": {
    who: "device",
    parameters: v.strictObject({
      conversation: ConversationId,
      invite: InviteId,
      request: bytesUpTo(JOIN_REQUEST_BYTES_MAX),
    }),
    result: Empty,
  },
  /** Who asks, as far as the link by which they ask still is one. For members. */
  "join.requests": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId }),
    result: v.strictObject({
      requests: v.array(
        v.strictObject({
          account: AccountId,
          invite: InviteId,
          at: SeqNumber,
          request: bytesUpTo(JOIN_REQUEST_BYTES_MAX),
        }),
      ),
    }),
  },
  /** Takes a request away without letting anybody in: by members, and by who asked. */
  "join.decline": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, account: AccountId }),
    result: Empty,
  },
  /**
   * Hands something that is only worth knowing now to the connected devices of the conversation's other accounts. Sealed for its members;
   * stored nowhere, and who isn't there never hears of it.
   */
  "signal.send": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, signal: bytesOf(SIGNAL_BYTES) }),
    result: Empty,
  },
  "room.lookup": {
    who: "device",
    parameters: v.strictObject({ room: RoomName }),
    result: v.strictObject({ conversation: ConversationId, people: v.number() }),
  },
  /** Answered by a page frame. */
  "log.page": {
    who: "device",
    parameters: v.strictObject({
      conversation: ConversationId,
      after: SeqNumber,
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LOG_PAGE_ENTRIES_MAX)),
    }),
    result: v.never(),
  },
  /**
   * head(seq) of the log as the server computed it. Nothing to believe: a page between two heads proves both, since the last one
   * is known (crypto's log head).
   */
  "log.head": {
    who: "device",
    parameters: v.strictObject({ conversation: ConversationId, seq: SeqNumber }),
    result: v.strictObject({ head: bytesOf(32) }),
  },
  "inbox.page": {
    who: "device",
    parameters: v.strictObject({
      after: SeqNumber,
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(INBOX_PAGE_ITEMS_MAX)),
    }),
    result: v.strictObject({
      more: v.boolean(),
      items: v.array(
        v.strictObject({
          position: SeqNumber,
          conversation: ConversationId,
          kind: ConversationKind,
          room: v.nullable(RoomName),
          seq: SeqNumber,
          welcome: bytesUpTo(WELCOME_BYTES_MAX),
        }),
      ),
    }),
  },
  "inbox.acknowledge": { who: "device", parameters: v.strictObject({ upTo: SeqNumber }), result: Empty },
  /** Sealed archive records: appended by a device, read by any device of the account. */
  "archive.store": {
    who: "device",
    parameters: v.strictObject({
      records: v.pipe(
        v.array(v.strictObject({ conversation: ConversationId, key: bytesUpTo(64), record: bytesUpTo(2048) })),
        v.minLength(1),
        v.maxLength(256),
      ),
    }),
    result: Empty,
  },
  "archive.page": {
    who: "device",
    parameters: v.strictObject({
      conversation: ConversationId,
      after: SeqNumber,
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256)),
    }),
    result: v.strictObject({
      more: v.boolean(),
      records: v.array(v.strictObject({ position: SeqNumber, key: bytesUpTo(64), record: bytesUpTo(2048) })),
    }),
  },
  /** Every record of these keys, whoever of the account's devices wrote it; `writer` is a hint that its sealing proves or not. */
  "archive.find": {
    who: "device",
    parameters: v.strictObject({
      conversation: ConversationId,
      keys: v.pipe(v.array(bytesUpTo(64)), v.minLength(1), v.maxLength(ARCHIVE_FIND_KEYS_MAX)),
    }),
    result: v.strictObject({
      records: v.array(v.strictObject({ key: bytesUpTo(64), writer: DeviceId, record: bytesUpTo(2048) })),
    }),
  },
  /** When each active device of the account was last connected, to the hour, in ms; null: never since it was added. */
  "devices.seen": {
    who: "device",
    parameters: Empty,
    result: v.strictObject({
      devices: v.array(v.strictObject({ device: DeviceId, lastSeenAt: v.nullable(v.number()) })),
    }),
  },
  /** What the server holds about the account: counts and sizes of its rows, by kind. */
  "account.holdings": {
    who: "device",
    parameters: Empty,
    result: v.strictObject({ holdings: v.array(Holding) }),
  },
  "account.close": {
    who: "device",
    parameters: v.strictObject({ statement: bytesUpTo(STATEMENT_BYTES_MAX) }),
    result: Empty,
  },
} as const;

export type Operation = keyof typeof OPERATIONS;
export type Parameters<O extends Operation> = v.InferInput<(typeof OPERATIONS)[O]["parameters"]>;
export type ParsedParameters<O extends Operation> = v.InferOutput<(typeof OPERATIONS)[O]["parameters"]>;
export type Result<O extends Operation> = v.InferOutput<(typeof OPERATIONS)[O]["result"]>;

/** What the server says without being asked. All of it is a hint: what it means is decided from verified data. */
export const ServerEvent = v.variant("event", [
  v.strictObject({ event: v.literal("inbox") }),
  v.strictObject({ event: v.literal("conversations") }),
  v.strictObject({ event: v.literal("chain"), account: AccountId }),
  v.strictObject({ event: v.literal("left"), conversation: ConversationId }),
  /** Somebody asks to be let in. */
  v.strictObject({ event: v.literal("asked"), conversation: ConversationId }),
  v.strictObject({ event: v.literal("signed-out") }),
  v.strictObject({ event: v.literal("signal"), conversation: ConversationId, signal: bytesOf(SIGNAL_BYTES) }),
  /** A message of the other side of a link; null: the other side ended it, or its time is over. */
  v.strictObject({
    event: v.literal("link"),
    code: LinkCode,
    message: v.nullable(bytesUpTo(LINK_MESSAGE_BYTES_MAX)),
  }),
]);
export type ServerEvent = v.InferOutput<typeof ServerEvent>;

export const APPLICATION_ENVELOPE_BYTES_MAX = APPLICATION_BYTES_MAX + 18;
