import {
  ENTRY_KIND,
  KIND,
  decodeCommitBody,
  decodeEnvelope,
  decodeRoster,
  equalBytes,
  idBytes,
  type AccountId,
  type Bundle,
  type ConversationId,
  type ConversationKind,
  type Envelope,
  type Role,
  type Roster,
  type Seq,
} from "@sotto/protocol";
import { Refused, refuse, tooMany } from "./refusal.ts";
import { mayBeBorn, mayChange, rosterChange, type RosterVerdict } from "./roster-rules.ts";
import { ANSWERED, type Asked, type DeviceHandler, type Service } from "./service.ts";
import type { Identity } from "./session.ts";
import type { Arrival, Birth, CommitParts, Key } from "./store.ts";

/** A bundle whose parts fit together, before anything was asked of the store. */
type ReadBundle = { envelope: Envelope; roster: Roster };

function readBundle(bundle: Bundle): ReadBundle | undefined {
  const envelope = decodeEnvelope(bundle.envelope);
  const body = envelope?.kind === ENTRY_KIND.commit ? decodeCommitBody(envelope.body) : undefined;
  const roster = body === undefined ? undefined : decodeRoster(body.roster);
  if (envelope === undefined || roster === undefined) return undefined;
  return bundle.welcomeFor.every(({ welcome }) => welcome < bundle.welcomes.length) ? { envelope, roster } : undefined;
}

const refuseRoster = (verdict: Exclude<RosterVerdict, "allowed">): Refused =>
  refuse(verdict === "full" ? "conversation/full" : "conversation/forbidden-change");

/** Born by its first bundle: unique by id, by the pair of a direct conversation, by the name of a room (DL4, DL5). */
export const create: DeviceHandler<"conversation.create"> = async (
  service,
  asked,
  { conversation, kind, pair, room, bundle },
) => {
  const { identity } = asked;
  const wait =
    service.limiters.conversations.take(identity.accountKey) || service.limiters.commits.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const read = readBundle(bundle);
  if (read === undefined || read.envelope.seen !== 0) return refuse("conversation/bundle-invalid");
  if ((kind === KIND.direct) !== (pair !== null) || (kind === KIND.room) !== (room !== null))
    return refuse("conversation/bundle-invalid");
  const verdict = mayBeBorn(kind, identity.account, pair, read.roster);
  if (verdict !== "allowed") return refuseRoster(verdict);
  const accounts = await keysOf(
    service,
    read.roster.map(([account]) => account),
  );
  if (accounts instanceof Refused) return accounts;
  const waitForPeople = waitToBring(service, identity, read.roster.length - 1);
  if (waitForPeople > 0) return tooMany(waitForPeople);
  const other = pair === null ? undefined : accounts.get(pair);
  if (pair !== null && other === undefined) return refuse("conversation/bundle-invalid");
  const birth: Birth = { conversation, kind, pair: other === undefined ? null : [identity.accountKey, other], room };
  return handOver(service, asked, { target: birth, conversation, bundle, read, accounts });
};

/** How long until an account may bring so many people more into conversations, ms (T93). Who brings nobody waits for nothing. */
const waitToBring = ({ limiters }: Service, { accountKey }: Identity, people: number): number =>
  people > 0 ? limiters.contacts.take(accountKey, people) : 0;

/** A commit and all that stands or falls with it (DL4, DL6). */
export const commit: DeviceHandler<"conversation.commit"> = async (service, asked, { conversation, bundle }) => {
  const { identity } = asked;
  const wait = service.limiters.commits.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const read = readBundle(bundle);
  if (read === undefined || read.envelope.seen === 0) return refuse("conversation/bundle-invalid");
  const row = await service.ports.store.conversation(conversation);
  if (row === undefined) return refuse("conversation/unknown");
  const access = await service.ports.store.access(row.key, identity.accountKey);
  const mayJoin = row.kind === KIND.room && access !== "banned";
  if (access !== "granted" && !mayJoin)
    return refuse(access === "none" && row.kind !== KIND.room ? "conversation/unknown" : "conversation/not-a-member");

  // Behind the log it can only be a repeat, which is answered, or stale: its change was judged when it was new, if ever, and by
  // what held then (a leaver whom it removed is no leaver any more).
  if (read.envelope.seen < row.latestCommit)
    return handOver(service, asked, { target: row.key, conversation, bundle, read, accounts: new Map() });
  const before = await rosterAt(service, row.key, read.envelope.applied);
  // A stale bundle is judged by the log: a repeat is answered, the rest hears which commit is the latest.
  if (before === undefined) return refuse("conversation/bundle-invalid");
  const change = rosterChange(before, read.roster);
  const gone = change.removed.length > 0 ? await mayGo(service, row.key, change.removed) : new Set<AccountId>();
  const verdict = mayChange(row.kind, identity.account, before, read.roster, (account) => gone.has(account));
  if (verdict !== "allowed") return refuseRoster(verdict);
  const accounts = await keysOf(
    service,
    change.added.map(({ account }) => account),
  );
  if (accounts instanceof Refused) return accounts;
  const others = change.added.filter(({ account }) => account !== identity.account).length;
  const waitForPeople = waitToBring(service, identity, others);
  if (waitForPeople > 0) return tooMany(waitForPeople);
  return handOver(service, asked, { target: row.key, conversation, bundle, read, accounts });
};

/** Accounts that any member may take out: they left by their own statement, or closed. */
async function mayGo({ ports }: Service, conversation: Key, removed: readonly AccountId[]): Promise<Set<AccountId>> {
  const gone = new Set(await ports.store.leavers(conversation));
  for (const { account, isClosed, replacedBy } of await ports.store.accounts(removed))
    if (isClosed && replacedBy === null) gone.add(account);
  return gone;
}

/** The roster that the commit at `seq` established: its body is in the log for everyone to see. */
async function rosterAt({ ports }: Service, conversation: Key, seq: Seq): Promise<Roster | undefined> {
  const bytes = await ports.store.commitAt(conversation, seq);
  const envelope = bytes === undefined ? undefined : decodeEnvelope(bytes);
  const body = envelope === undefined ? undefined : decodeCommitBody(envelope.body);
  return body === undefined ? undefined : decodeRoster(body.roster);
}

/** What an account is in the newest roster; undefined when it isn't named there. */
export async function roleOf(
  service: Service,
  { key, latestCommit }: { key: Key; latestCommit: Seq },
  account: AccountId,
): Promise<Role | undefined> {
  const roster = await rosterAt(service, key, latestCommit);
  return roster?.find(([listed]) => listed === account)?.[1];
}

/** Store keys of accounts that must exist; a closed one can't be added any more. */
async function keysOf({ ports }: Service, accounts: readonly AccountId[]): Promise<Map<AccountId, Key> | Refused> {
  const rows = await ports.store.accounts(accounts);
  if (rows.length !== accounts.length) return refuse("account/unknown");
  if (rows.some(({ replacedBy }) => replacedBy !== null)) return refuse("account/replaced");
  if (rows.some(({ isClosed }) => isClosed)) return refuse("account/closed");
  return new Map(rows.map(({ account, key }) => [account, key]));
}

type HandOver = {
  target: Key | Birth;
  conversation: ConversationId;
  bundle: Bundle;
  read: ReadBundle;
  accounts: Map<AccountId, Key>;
};

/** Queues a judged bundle behind what arrived before it, and answers once it is in the log or refused. */
async function handOver(
  service: Service,
  { session, request, identity }: Asked & { identity: Identity },
  over: HandOver,
): Promise<typeof ANSWERED | Refused> {
  const { bundle, read } = over;
  if (service.appender.isFull) return tooMany(1_000);
  const welcomed = await welcomedDevices(service, over);
  if (welcomed instanceof Refused) return welcomed;
  const hash = service.ports.hash;
  const parts: CommitParts = {
    roster: read.roster,
    groupInfo: bundle.groupInfo,
    treeChunks: bundle.treeChunks,
    // What the tree doesn't name is not kept, whoever sends it.
    newChunks: bundle.newChunks
      .map((bytes) => ({ hash: hash(bytes), bytes }))
      .filter((chunk) => bundle.treeChunks.some((named) => equalBytes(named, chunk.hash))),
    welcomes: bundle.welcomes,
    welcomeFor: welcomed,
  };
  const arrival: Arrival = {
    conversation: over.target,
    account: identity.accountKey,
    device: identity.deviceKey,
    send: idBytes(bundle.send),
    kind: ENTRY_KIND.commit,
    seen: read.envelope.seen,
    applied: read.envelope.applied,
    envelope: bundle.envelope,
    hash: hash(bundle.envelope),
    parts,
  };
  await new Promise<void>((settled) => {
    service.appender.add({
      arrival,
      conversation: over.conversation,
      conversationBytes: idBytes(over.conversation),
      session,
      request,
      settled,
      welcomed,
    });
  });
  return ANSWERED;
}

type Welcomed = { account: Key; device: Key; welcome: number };

/** Devices that a welcome is for. One that was revoked meanwhile gets none; the rest must belong to the new roster. */
async function welcomedDevices(service: Service, { bundle, read }: HandOver): Promise<Welcomed[] | Refused> {
  const named = new Set(read.roster.map(([account]) => account));
  const welcomed: Welcomed[] = [];
  for (const { account, device, welcome } of bundle.welcomeFor) {
    if (!named.has(account)) return refuse("conversation/bundle-invalid");
    const row = await service.ports.store.device(account, device);
    if (row?.isActive === true) welcomed.push({ account: row.accountKey, device: row.key, welcome });
  }
  return welcomed;
}

/** A conversation that the account may read now; else the refusal that tells it no more than it knew. */
export async function readable(
  service: Service,
  identity: Identity,
  conversation: ConversationId,
): Promise<{ key: Key; kind: ConversationKind; lastSeq: Seq; latestCommit: Seq } | Refused> {
  const row = await service.ports.store.conversation(conversation);
  if (row === undefined) return refuse("conversation/unknown");
  const access = await service.ports.store.access(row.key, identity.accountKey);
  if (access === "granted") return row;
  return refuse(access === "none" && row.kind !== KIND.room ? "conversation/unknown" : "conversation/not-a-member");
}

export const groupInfo: DeviceHandler<"conversation.group-info"> = async (service, { identity }, { conversation }) => {
  const { store } = service.ports;
  const row = await store.conversation(conversation);
  if (row === undefined) return refuse("conversation/unknown");
  const access = await store.access(row.key, identity.accountKey);
  const mayRead = access === "granted" || (row.kind === KIND.room && access !== "banned");
  if (!mayRead)
    return refuse(access === "none" && row.kind !== KIND.room ? "conversation/unknown" : "conversation/not-a-member");
  return (await store.groupInfo(row.key)) ?? refuse("conversation/unknown");
};

export const tree: DeviceHandler<"conversation.tree"> = async (service, { identity }, { conversation, seq }) => {
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  const treeChunks = await service.ports.store.tree(row.key, seq);
  return treeChunks === undefined ? refuse("conversation/tree-chunk-missing") : { treeChunks };
};

export const list: DeviceHandler<"conversation.list"> = async ({ ports }, { identity }) => {
  const rows = await ports.store.conversationsOf(identity.accountKey);
  return {
    conversations: rows.map(({ conversation, kind, room, lastSeq, latestCommit, commits }) => ({
      conversation,
      kind,
      room,
      lastSeq,
      latestCommit,
      commits,
    })),
  };
};

export const acknowledge: DeviceHandler<"conversation.acknowledge"> = async (
  service,
  { identity },
  { conversation, seq },
) => {
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  service.hall.withdraw(row.key, await service.ports.store.acknowledge(row.key, identity.accountKey, seq));
  return {};
};

export const leavers: DeviceHandler<"conversation.leavers"> = async (service, { identity }, { conversation }) => {
  const row = await readable(service, identity, conversation);
  return row instanceof Refused ? row : { statements: await service.ports.store.leaveStatements(row.key) };
};

/** Which rooms exist is public on this server; who is in one is for its members. */
export const lookUpRoom: DeviceHandler<"room.lookup"> = async ({ ports, limiters }, { identity }, { room }) => {
  const wait = limiters.lookups.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const found = await ports.store.room(room);
  return found === undefined ? refuse("room/unknown") : { conversation: found.conversation, people: found.people };
};
