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

export const Policy = v.strictObject({
  /** Who may add accounts: only admins, or every member. */
  add: v.picklist(["admins", "members"]),
  /** Closed: only listed accounts enter. Open: any account of the server may join by external commit. */
  join: v.picklist(["closed", "open"]),
  /** archive: sender and epoch keys are kept in members' archives. device-only: they never are. */
  history: v.picklist(["archive", "device-only"]),
  /** Posts disappear after so many seconds; 0 never. */
  timerSeconds: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(366 * 24 * 3600)),
});
export type Policy = v.InferOutput<typeof Policy>;

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

const VERSION = 1;
const Wire = v.strictTuple([v.literal(VERSION), ConversationExtension]);

export function encodeConversationExtension(extension: ConversationExtension): Uint8Array {
  return encodeCbor([VERSION, { ...extension, accounts: sortRoster(extension.accounts) }]);
}

/** Reads the extension; undefined when it is malformed, not canonical, or names an account twice. */
export function decodeConversationExtension(bytes: Uint8Array): ConversationExtension | undefined {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed") return undefined;
  const parsed = v.safeParse(Wire, decoded.value);
  if (!parsed.success) return undefined;
  const extension = parsed.output[1];
  if (new Set(extension.accounts.map(([account]) => account)).size !== extension.accounts.length) return undefined;
  return equalBytes(encodeConversationExtension(extension), bytes) ? extension : undefined;
}
