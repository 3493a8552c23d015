import * as v from "valibot";
import { bytesOf, bytesUpTo } from "./byte-schemas.ts";
import { AccountId, ConversationId, DeviceId, RoomName, SendId, Username } from "./ids.ts";
import { ConversationKind } from "./group-extension.ts";
import {
  APPLICATION_BYTES_MAX,
  CHAIN_STATEMENTS_MAX,
  COMMIT_BYTES_MAX,
  GROUP_INFO_BYTES_MAX,
  INBOX_PAGE_ITEMS_MAX,
  KEY_PACKAGES_MAX,
  KEY_PACKAGE_BYTES_MAX,
  LOG_PAGE_ENTRIES_MAX,
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

const Accepted = v.strictObject({ seq: SeqNumber, hash: bytesOf(32) });
const Empty = v.strictObject({});

const DeviceKeyPackages = v.strictObject({ keyPackages: KeyPackages, lastResort: v.nullable(KeyPackageBytes) });

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
  "sign-up.start": {
    who: "anyone",
    parameters: v.strictObject({ username: v.pipe(v.string(), v.maxLength(64)), registrationRequest: OpaqueMessage }),
    result: v.strictObject({ registrationResponse: OpaqueMessage }),
  },
  /** One transaction: name, OPAQUE record, vault, genesis and addDevice, key packages. */
  "sign-up.finish": {
    who: "anyone",
    parameters: v.strictObject({
      username: Username,
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
    result: v.strictObject({ account: AccountId, username: Username, vault: bytesUpTo(VAULT_BYTES_MAX), chain: Chain }),
  },
  /** `statement` extends the chain by an addDevice; refused as account/stale-chain when it doesn't continue the stored head. */
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
  "chain.fetch": {
    who: "device",
    parameters: v.strictObject({ accounts: v.pipe(v.array(AccountId), v.maxLength(100)) }),
    result: v.strictObject({
      accounts: v.array(v.strictObject({ account: AccountId, username: Username, chain: Chain })),
    }),
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
  /** Born by its first bundle, whose envelope has seen = applied = 0. direct: `pair` is the other account. room: `room` is its name. */
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
  v.strictObject({ event: v.literal("signed-out") }),
]);
export type ServerEvent = v.InferOutput<typeof ServerEvent>;

export const APPLICATION_ENVELOPE_BYTES_MAX = APPLICATION_BYTES_MAX + 18;
