import * as v from "valibot";
import { compareBytes, equalBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { AccountId, idBytes } from "./ids.ts";
import { LEAVES_MAX } from "./limits.ts";

/** What an account may do in a conversation. Numbers are wire values. */
export const ROLE = { banned: 0, member: 1, admin: 2, owner: 3 } as const;
export const Role = v.picklist([ROLE.banned, ROLE.member, ROLE.admin, ROLE.owner]);
export type Role = v.InferOutput<typeof Role>;

/** An account with its role. */
export const RosterRow = v.strictTuple([AccountId, Role]);
export type RosterRow = v.InferOutput<typeof RosterRow>;

/**
 * The accounts of a conversation with their roles, sorted by the bytes of the account id. For the delivery
 * service's access control only. For an open room: everyone who has a leaf, and the exceptions of its list.
 */
export const Roster = v.pipe(v.array(RosterRow), v.maxLength(2 * LEAVES_MAX));
export type Roster = v.InferOutput<typeof Roster>;

const ROSTER_VERSION = 1;

export function sortRoster(rows: readonly RosterRow[]): Roster {
  return [...rows].sort(([a], [b]) => compareBytes(idBytes(a), idBytes(b)));
}

/** Canonical bytes of a roster: [version, [[account id, role], ...]]. */
export function encodeRoster(roster: Roster): Uint8Array {
  return encodeCbor([ROSTER_VERSION, sortRoster(roster)]);
}

const RosterWire = v.strictTuple([v.literal(ROSTER_VERSION), Roster]);

/** Reads canonical roster bytes; undefined when they are malformed, unsorted or name an account twice. */
export function decodeRoster(bytes: Uint8Array): Roster | undefined {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed") return undefined;
  const parsed = v.safeParse(RosterWire, decoded.value);
  if (!parsed.success) return undefined;
  const roster = parsed.output[1];
  if (new Set(roster.map(([account]) => account)).size !== roster.length) return undefined;
  return equalBytes(encodeRoster(roster), bytes) ? roster : undefined;
}
