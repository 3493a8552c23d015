import {
  KIND,
  MEMBERS_MAY,
  type AccountId,
  type ConversationId,
  type ConversationKind,
  type Policy,
  type Role,
  type RoomName,
  type Seq,
} from "@sotto/protocol";
import type { ConversationState, PictureId } from "../api.ts";
import type { SqlRow, Store } from "../ports.ts";
import { bytesOf, numberOf, textOf, textOrNull } from "../rows.ts";

/** Who is in a conversation, as the last verified state of its group says. `devices` counts leaves. */
export type MemberRow = { account: AccountId; role: Role; devices: number };

/** What the log itself says. Whether the person holds sends back is computed (may-send.ts). */
export type StoredState = Exclude<ConversationState, { kind: "paused" | "blocked" }>;

/** Everything about a conversation that isn't MLS state, posts or queues: one row. */
export type ConversationRecord = {
  id: ConversationId;
  kind: ConversationKind;
  room: RoomName | null;
  name: string | null;
  state: StoredState;
  /** Seq and head of the last entry that was processed: the pinned log head. */
  cursor: Seq;
  head: Uint8Array;
  /** Seq of the commit by which this device entered; entries up to it are hashed, not read. */
  joinedSeq: Seq;
  /** Seq of the latest commit entry, valid or skipped, and of the one that made our epoch. */
  latestCommit: Seq;
  applied: Seq;
  /** Counter of this device's last sealed post. */
  counter: number;
  rekeyedAt: number;
  needsRekey: boolean;
  rejoinedAt: number;
  activeAt: number;
  /** ms: the newest time at which the server took an entry, so far. */
  acceptedFloor: number;
  /** What is known of what the conversation is called. Current only while its hash is {@link ConversationRecord.profileHash}. */
  profile: ProfileHead | null;
  members: MemberRow[];
  banned: AccountId[];
  /** Somebody in the group's list is an owner. */
  hasOwner: boolean;
  policy: Policy;
  /** Base64url of the hash on which the group agrees. */
  profileHash: string | null;
  createdHere: boolean;
  /** The person asked to enter, by name. */
  askedFor: boolean;
};

/** A profile without its bytes, which profile.ts keeps: they are large, and this is read with every post. */
export type ProfileHead = { hash: string; topic: string; picture: PictureId | null };

/** What the group agrees on, as one row keeps it. */
export type StoredRoll = Pick<ConversationRecord, "members" | "banned" | "hasOwner" | "policy" | "profileHash">;

/** Rows of older releases say nothing of bans, owners and newer rules: there were none. */
function readRoll(text: string): StoredRoll {
  const { policy, banned, hasOwner, ...roll } = JSON.parse(text) as Omit<StoredRoll, "banned" | "hasOwner"> &
    Partial<StoredRoll>;
  return { ...roll, banned: banned ?? [], hasOwner: hasOwner ?? false, policy: { ...MEMBERS_MAY, ...policy } };
}

function readProfile(row: SqlRow): ProfileHead | null {
  const hash = textOrNull(row, "known_profile");
  return hash === null ? null : { hash, topic: textOf(row, "topic"), picture: textOrNull(row, "picture") };
}

function fromRow(row: SqlRow): ConversationRecord {
  const roll = readRoll(textOf(row, "roll"));
  return {
    id: textOf(row, "id") as ConversationId,
    kind: numberOf(row, "kind") as ConversationKind,
    room: textOrNull(row, "room") as RoomName | null,
    name: textOrNull(row, "name"),
    state: JSON.parse(textOf(row, "state")) as StoredState,
    cursor: numberOf(row, "cursor"),
    head: bytesOf(row, "head"),
    joinedSeq: numberOf(row, "joined_seq"),
    latestCommit: numberOf(row, "latest_commit"),
    applied: numberOf(row, "applied"),
    counter: numberOf(row, "counter"),
    rekeyedAt: numberOf(row, "rekeyed_at"),
    needsRekey: numberOf(row, "needs_rekey") === 1,
    rejoinedAt: numberOf(row, "rejoined_at"),
    activeAt: numberOf(row, "active_at"),
    acceptedFloor: numberOf(row, "accepted_floor"),
    profile: readProfile(row),
    ...roll,
    createdHere: numberOf(row, "created_here") === 1,
    askedFor: numberOf(row, "asked_for") === 1,
  };
}

const ALL = `select c.*, r.roll, p.hash as known_profile, p.topic, p.picture
  from conversations c join rolls r on r.conversation = c.id left join profiles p on p.conversation = c.id`;

export function loadConversation(store: Store, id: ConversationId): ConversationRecord | undefined {
  const row = store.all(`${ALL} where c.id = ?`, [id])[0];
  return row === undefined ? undefined : fromRow(row);
}

/** The conversation of one's own devices, as far as this device knows it. */
export function selfConversation(store: Store): ConversationRecord | undefined {
  return store
    .all(`${ALL} where c.kind = ? order by c.id`, [KIND.self])
    .map(fromRow)
    .find(({ state }) => state.kind !== "left");
}

export function listConversations(store: Store): ConversationRecord[] {
  return store.all(`${ALL} order by c.active_at desc, c.id`).map(fromRow);
}

export function saveConversation(store: Store, record: ConversationRecord): void {
  saveRoll(store, record);
  store.run(
    `insert or replace into conversations (id, kind, room, name, state, cursor, head, joined_seq, latest_commit, applied,
      counter, rekeyed_at, needs_rekey, rejoined_at, active_at, accepted_floor, created_here, asked_for)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      record.id,
      record.kind,
      record.room,
      record.name,
      JSON.stringify(record.state),
      record.cursor,
      record.head,
      record.joinedSeq,
      record.latestCommit,
      record.applied,
      record.counter,
      record.rekeyedAt,
      record.needsRekey ? 1 : 0,
      record.rejoinedAt,
      record.activeAt,
      record.acceptedFloor,
      record.createdHere ? 1 : 0,
      record.askedFor ? 1 : 0,
    ],
  );
}

/** Who is in it is written when it changes, not with every post: a post's cost must not grow with the group. */
function saveRoll(store: Store, { id, members, banned, hasOwner, policy, profileHash }: ConversationRecord): void {
  const roll = JSON.stringify({ members, banned, hasOwner, policy, profileHash } satisfies StoredRoll);
  const stored = store.all("select roll from rolls where conversation = ?", [id])[0];
  if (stored !== undefined && textOf(stored, "roll") === roll) return;
  store.run("insert or replace into rolls (conversation, roll) values (?, ?)", [id, roll]);
}

/** Our own head at a seq, or undefined where this device never saw it. */
export function headAt(store: Store, id: ConversationId, seq: Seq): Uint8Array | undefined {
  const row = store.all("select head from log where conversation = ? and seq = ?", [id, seq])[0];
  return row === undefined ? undefined : bytesOf(row, "head");
}

/** When, by one's own clock (ms), a conversation was last seen read to its end: 0 for never. */
export function checkedAt(store: Store, id: ConversationId): number {
  const row = store.all("select at from checked where conversation = ?", [id])[0];
  return row === undefined ? 0 : numberOf(row, "at");
}

export function saveChecked(store: Store, ids: Iterable<ConversationId>, at: number): void {
  for (const id of ids)
    store.run(
      "insert into checked (conversation, at) values (?, ?) on conflict (conversation) do update set at = max(at, excluded.at)",
      [id, at],
    );
}

/** Forgets a conversation that never came to be here. */
export function forgetConversation(store: Store, id: ConversationId): void {
  store.run("delete from conversations where id = ?", [id]);
  store.run("delete from rolls where conversation = ?", [id]);
  store.run("delete from profiles where conversation = ?", [id]);
}

/** Forgets all that belongs to a conversation's MLS state, keeping what the person read and wrote. */
export function dropGroup(store: Store, id: ConversationId): void {
  store.run("delete from group_rows where conversation = ?", [id]);
  store.run("delete from pending_commits where conversation = ?", [id]);
}
