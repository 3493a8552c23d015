import * as v from "valibot";
import { bytesOf } from "./byte-schemas.ts";
import { equalBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { Roster, sortRoster } from "./roster.ts";

/** Private-use MLS extension types (RFC 9420 §17.3). */
export const EXTENSION = {
  /** GroupContext: kind, accounts with roles, policy, hash of the profile. */
  conversation: 0xf0c1,
  /** GroupInfo: the log head that the signer had seen. */
  logHead: 0xf0c2,
  /** LeafNode: the identity chain of the leaf's account. */
  identityChain: 0xf0c3,
} as const;

export const KIND = { direct: 1, group: 2, room: 3, self: 4 } as const;
export const ConversationKind = v.picklist([KIND.direct, KIND.group, KIND.room, KIND.self]);
export type ConversationKind = v.InferOutput<typeof ConversationKind>;

const WhoMay = v.picklist(["admins", "members"]);
const TimerSeconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(366 * 24 * 3600));

export const Policy = v.strictObject({
  /** Who may add accounts: only admins (and owners), or every member. */
  add: WhoMay,
  /** Who may write posts, pin posts, and mention everybody at once. */
  post: WhoMay,
  pin: WhoMay,
  mentionAll: WhoMay,
  /** Closed: only listed accounts enter. Open: any account of the server may join by external commit. */
  join: v.picklist(["closed", "open"]),
  /** archive: sender and epoch keys are kept in members' archives. device-only: they never are. */
  history: v.picklist(["archive", "device-only"]),
  /** Posts disappear after so many seconds; 0 never. */
  timerSeconds: TimerSeconds,
});
export type Policy = v.InferOutput<typeof Policy>;

/** Every member may do what releases before the second version of a policy knew no rule for. */
export const MEMBERS_MAY = { post: "members", pin: "members", mentionAll: "members" } as const;

/**
 * What MLS itself makes every member agree on. `accounts` is complete in direct conversations, groups and self;
 * in an open room it holds only exceptions (admins and bans), where having a leaf is membership.
 */
export const ConversationExtension = v.strictObject({
  kind: ConversationKind,
  accounts: Roster,
  policy: Policy,
  /** SHA-256 of the encoded profile (name, topic, picture), or null without one. */
  profileHash: v.nullable(bytesOf(32)),
});
export type ConversationExtension = v.InferOutput<typeof ConversationExtension>;

/**
 * [Note: One encoding for each policy] Version 1 has no rules for posting, pinning and mentioning everybody: then every member may. It stays
 * the one encoding of such a policy, so that groups keep their bytes; version 2 has all rules and only where one isn't the default.
 */
const WireV1 = v.strictTuple([
  v.literal(1),
  v.strictObject({ ...ConversationExtension.entries, policy: v.omit(Policy, ["post", "pin", "mentionAll"]) }),
]);
const WireV2 = v.strictTuple([v.literal(2), ConversationExtension]);

export function encodeConversationExtension(extension: ConversationExtension): Uint8Array {
  const accounts = sortRoster(extension.accounts);
  const { post, pin, mentionAll, ...first } = extension.policy;
  return post === "members" && pin === "members" && mentionAll === "members"
    ? encodeCbor([1, { ...extension, accounts, policy: first }])
    : encodeCbor([2, { ...extension, accounts }]);
}

/** Reads the extension; undefined when it is malformed, not canonical, or names an account twice. */
export function decodeConversationExtension(bytes: Uint8Array): ConversationExtension | undefined {
  const decoded = decodeCbor(bytes);
  const extension = decoded.kind === "malformed" ? undefined : readWire(decoded.value);
  if (extension === undefined) return undefined;
  if (new Set(extension.accounts.map(([account]) => account)).size !== extension.accounts.length) return undefined;
  return equalBytes(encodeConversationExtension(extension), bytes) ? extension : undefined;
}

function readWire(value: unknown): ConversationExtension | undefined {
  const first = v.safeParse(WireV1, value);
  if (first.success) {
    const [, extension] = first.output;
    return { ...extension, policy: { ...MEMBERS_MAY, ...extension.policy } };
  }
  const second = v.safeParse(WireV2, value);
  return second.success ? second.output[1] : undefined;
}
