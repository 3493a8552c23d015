import { hash } from "node:crypto";
import * as v from "valibot";
import { nextHead } from "@sotto/crypto/verify";
import {
  ConversationId,
  ENTRY_KIND,
  KIND,
  ROLE,
  type AccountId,
  type LogRow,
  type Role,
  type Seq,
} from "@sotto/protocol";
import type { Arrival, ArrivalOutcome, Birth, CommitParts, Key } from "@sotto/delivery";
import { hasAccess, type CachedConversation, type ConversationCache, type Member } from "./conversation-cache.ts";
import { storeBundle } from "./bundles.ts";
import { bytesOf, numberOf, type Database, type Row } from "./database.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

const INSERT_ENTRY = `insert into entries (conversation, seq, accepted_at, device, send, envelope, head) values (?, ?, ?, ?, ?, ?, ?)
  on conflict (device, send) do nothing`;

/**
 * Takes envelopes in order (DL1 to DL9). Runs inside the caller's transaction; when that is rolled back the caller
 * clears the cache.
 */
export function appendAll(
  database: Database,
  cache: ConversationCache,
  arrivals: readonly Arrival[],
  acceptedAt: number,
): ArrivalOutcome[] {
  const touched = new Set<CachedConversation>();
  const outcomes = arrivals.map((arrival) => appendOne(database, cache, touched, arrival, acceptedAt));
  for (const { key, lastSeq, latestCommit, commits, logBytes } of touched)
    database.run(
      "update conversations set last_seq = ?, latest_commit = ?, commits = ?, log_bytes = ? where key = ?",
      lastSeq,
      latestCommit,
      commits,
      logBytes,
      key,
    );
  return outcomes;
}

function appendOne(
  database: Database,
  cache: ConversationCache,
  touched: Set<CachedConversation>,
  arrival: Arrival,
  acceptedAt: number,
): ArrivalOutcome {
  if (typeof arrival.conversation !== "number") {
    const repeated = findRepeated(database, arrival);
    if (repeated !== undefined) return repeated;
    const refused = whyNotBorn(database, arrival.conversation, arrival);
    if (refused !== undefined) return refused;
  }
  const conversation =
    typeof arrival.conversation === "number"
      ? cache.get(arrival.conversation)
      : giveBirth(database, cache, arrival.conversation, arrival.account);
  if (conversation === undefined) return { kind: "not-a-member" };

  if (arrival.seen !== conversation.latestCommit)
    return findRepeated(database, arrival) ?? { kind: "stale", latestCommit: conversation.latestCommit };
  if (!mayAppend(conversation, arrival)) return findRepeated(database, arrival) ?? { kind: "not-a-member" };
  if (arrival.parts !== null) {
    const repeated = findRepeated(database, arrival);
    if (repeated !== undefined) return repeated;
    if (isChunkMissing(database, conversation.key, arrival.parts)) return { kind: "chunk-missing" };
  }

  const seq = conversation.lastSeq + 1;
  const head = nextHead(conversation.head, seq, arrival.kind, arrival.hash, sha256);
  const inserted = database.run(
    INSERT_ENTRY,
    conversation.key,
    seq,
    acceptedAt,
    arrival.device,
    arrival.send,
    arrival.envelope,
    head,
  );
  if (inserted === 0) return findRepeated(database, arrival) ?? { kind: "send-reused" };
  conversation.lastSeq = seq;
  conversation.head = head;
  conversation.logBytes += arrival.envelope.length;
  touched.add(conversation);

  const lost = conversation.hasPending ? confirmCommits(database, conversation, arrival.account, arrival.applied) : [];
  if (arrival.parts === null) return { kind: "stored", conversation: conversation.key, seq, gained: [], lost };
  conversation.latestCommit = seq;
  conversation.commits++;
  const change = applyRoster(database, conversation, arrival, arrival.parts, seq);
  storeBundle(database, conversation.key, seq, arrival.parts);
  return {
    kind: "stored",
    conversation: conversation.key,
    seq,
    gained: change.gained,
    lost: [...lost, ...change.lost],
  };
}

/** Whether the author may write now. What a bundle changes was judged by delivery's role rules before it came here. */
function mayAppend(conversation: CachedConversation, arrival: Arrival): boolean {
  if (typeof arrival.conversation !== "number") return true;
  const member = conversation.members.get(arrival.account);
  if (hasAccess(member)) return true;
  return conversation.kind === KIND.room && arrival.parts !== null && member?.role !== ROLE.banned;
}

/** What the log holds under this device's send id. */
function findRepeated(database: Database, arrival: Arrival): ArrivalOutcome | undefined {
  const row = database.get(
    `select e.seq, e.accepted_at, e.envelope, e.erased, e.conversation, c.id from entries e join conversations c on c.key = e.conversation
     where e.device = ? and e.send = ?`,
    arrival.device,
    arrival.send,
  );
  if (row === undefined) return undefined;
  const isSame =
    typeof arrival.conversation === "number"
      ? row["conversation"] === arrival.conversation
      : row["id"] === arrival.conversation.conversation;
  const stored = logRowOf(row);
  return isSame ? { kind: "repeated", seq: stored.seq, stored } : { kind: "send-reused" };
}

export function logRowOf(row: Row): LogRow {
  const place = { seq: numberOf(row["seq"]), acceptedAt: numberOf(row["accepted_at"]) };
  if (row["envelope"] !== null) return { ...place, kind: "stored", envelope: bytesOf(row["envelope"]) };
  const erased = bytesOf(row["erased"]);
  return {
    ...place,
    kind: "erased",
    entry: erased[0] === ENTRY_KIND.commit ? ENTRY_KIND.commit : ENTRY_KIND.application,
    hash: erased.slice(1),
  };
}

const ownerOf = ({ kind }: Birth, creator: Key): Key | null => (kind === KIND.self ? creator : null);
const pairName = ([a, b]: readonly [Key, Key]): string => `${Math.min(a, b)}-${Math.max(a, b)}`;

function whyNotBorn(database: Database, birth: Birth, { account, parts }: Arrival): ArrivalOutcome | undefined {
  const winner = (column: "id" | "pair" | "room" | "owner", value: string | Key): ConversationId | undefined => {
    const row = database.get(`select id from conversations where ${column} = ?`, value);
    return row === undefined ? undefined : v.parse(ConversationId, row["id"]);
  };
  if (winner("id", birth.conversation) !== undefined) return { kind: "conversation-exists" };
  const direct = birth.pair === null ? undefined : winner("pair", pairName(birth.pair));
  if (direct !== undefined) return { kind: "direct-exists", conversation: direct };
  const owner = ownerOf(birth, account);
  const self = owner === null ? undefined : winner("owner", owner);
  if (self !== undefined) return { kind: "self-exists", conversation: self };
  const room = birth.room === null ? undefined : winner("room", birth.room);
  if (room !== undefined) return { kind: "room-taken", conversation: room };
  return parts === null || isChunkMissing(database, undefined, parts) ? { kind: "chunk-missing" } : undefined;
}

function giveBirth(
  database: Database,
  cache: ConversationCache,
  birth: Birth,
  creator: Key,
): CachedConversation | undefined {
  const key = database.insert(
    "insert into conversations (id, kind, room, pair, owner, last_seq, latest_commit) values (?, ?, ?, ?, ?, 0, 0)",
    birth.conversation,
    birth.kind,
    birth.room,
    birth.pair === null ? null : pairName(birth.pair),
    ownerOf(birth, creator),
  );
  return cache.get(key);
}

function isChunkMissing(database: Database, conversation: Key | undefined, parts: CommitParts): boolean {
  const brought = new Set(parts.newChunks.map(({ hash }) => hash.join()));
  return parts.treeChunks.some((hash) => {
    if (brought.has(hash.join())) return false;
    if (conversation === undefined) return true;
    return (
      database.get("select 1 from tree_chunks where conversation = ? and hash = ?", conversation, hash) === undefined
    );
  });
}

/**
 * A device of `account` stands on the commit at `applied`: accounts which that commit or one before it removed lose
 * their access, unless the removal is this account's own word (DL7). @returns the accounts that lost it.
 */
export function confirmCommits(
  database: Database,
  conversation: CachedConversation,
  account: Key,
  applied: Seq,
): Key[] {
  const lost: Key[] = [];
  let isPending = false;
  for (const member of conversation.members.values()) {
    if (member.lapses > 0 && member.lapses <= applied && member.lapsedBy !== account) {
      member.lapses = 0;
      if (!hasAccess(member)) lost.push(member.key);
      saveMember(database, conversation, member);
    }
    if (member.dropped > 0 && member.dropped <= applied && member.droppedBy !== account) {
      member.dropped = 0;
      member.hasLeft = false;
      database.run(
        "update members set statement = null where conversation = ? and account = ?",
        conversation.key,
        member.key,
      );
      saveMember(database, conversation, member);
    }
    if (member.lapses > 0 || member.dropped > 0) isPending = true;
  }
  conversation.hasPending = isPending;
  return lost;
}

function applyRoster(
  database: Database,
  conversation: CachedConversation,
  arrival: Arrival,
  parts: CommitParts,
  seq: Seq,
): { gained: Key[]; lost: Key[] } {
  const before = new Map(
    [...conversation.members.values()].map((member) => [member.account, { member, had: hasAccess(member) }]),
  );
  const named = new Set<AccountId>();
  const gained: Key[] = [];
  for (const [account, role] of parts.roster) {
    named.add(account);
    const known = before.get(account);
    const member = known?.member ?? enrol(database, conversation, account);
    if (member === undefined) continue;
    if (setRole(member, role, { seq, arrival, isNew: known === undefined })) saveMember(database, conversation, member);
    if (hasAccess(member) && known?.had !== true) gained.push(member.key);
  }
  for (const { member } of before.values())
    if (!named.has(member.account) && setRole(member, null, { seq, arrival, isNew: false }))
      saveMember(database, conversation, member);
  for (const member of conversation.members.values())
    if (member.lapses > 0 || member.dropped > 0) conversation.hasPending = true;
  const lost = [...before.values()]
    .filter(({ member, had }) => had && !hasAccess(member))
    .map(({ member }) => member.key);
  return { gained, lost };
}

type Change = { seq: Seq; arrival: Arrival; isNew: boolean };

/** What a commit's roster says of one account (null: nothing). @returns whether anything changed. */
function setRole(member: Member, role: Role | null, { seq, arrival, isNew }: Change): boolean {
  const was = JSON.stringify([member.role, member.lapses, member.hasLeft, member.dropped]);
  if (member.hasLeft) {
    if (role === null) {
      // Dropped again by a commit that doesn't stand on the one which dropped it first: only this one counts now.
      if (member.dropped === 0 || arrival.applied < member.dropped) {
        member.dropped = seq;
        member.droppedBy = arrival.account;
      }
    } else if (member.key === arrival.account || (member.dropped > 0 && arrival.applied >= member.dropped)) {
      // Back by its own commit (an open room), or invited again on top of the commit that took its leaves.
      member.hasLeft = false;
      member.dropped = 0;
    } else {
      member.dropped = 0;
    }
  }
  const had = hasAccess(member);
  const isRemoval = role === null || role === ROLE.banned;
  if (!isRemoval) {
    member.lapses = 0;
  } else if (had && (member.lapses === 0 || arrival.applied < member.lapses)) {
    member.lapses = seq;
    member.lapsedBy = arrival.account;
  }
  member.role = role;
  return isNew || JSON.stringify([member.role, member.lapses, member.hasLeft, member.dropped]) !== was;
}

/** An account that the roster names for the first time here. Undefined for one that is closed or unknown: it gets nothing. */
function enrol(database: Database, conversation: CachedConversation, account: AccountId): Member | undefined {
  const row = database.get("select key from accounts where id = ? and closed_at is null", account);
  if (row === undefined) return undefined;
  const member: Member = {
    key: numberOf(row["key"]),
    account,
    role: null,
    lapses: 0,
    lapsedBy: 0,
    hasLeft: false,
    dropped: 0,
    droppedBy: 0,
  };
  conversation.members.set(member.key, member);
  return member;
}

export function saveMember(database: Database, conversation: CachedConversation, member: Member): void {
  database.run(
    `insert into members (conversation, account, role, lapses, lapsed_by, dropped, dropped_by) values (?, ?, ?, ?, ?, ?, ?)
     on conflict do update set role = excluded.role, lapses = excluded.lapses, lapsed_by = excluded.lapsed_by,
       dropped = excluded.dropped, dropped_by = excluded.dropped_by`,
    conversation.key,
    member.key,
    member.role,
    member.lapses,
    member.lapsedBy,
    member.dropped,
    member.droppedBy,
  );
  if (!member.hasLeft)
    database.run(
      "update members set statement = null where conversation = ? and account = ? and statement is not null",
      conversation.key,
      member.key,
    );
}
