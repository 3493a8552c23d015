import { entryHash, nextHead, sha256 } from "@sotto/crypto";
import {
  epochAuthenticator,
  members,
  open,
  stageCommit,
  type GroupState,
  type LeafIdentity,
  type Staged,
} from "@sotto/mls";
import {
  ENTRY_KIND,
  ENVELOPE_HEADER_BYTES,
  APPLICATION_BYTES_MAX,
  COMMIT_BYTES_MAX,
  decodeCommitBody,
  decodeEnvelope,
  decodePostData,
  equalBytes,
  toBase64Url,
  unpad,
  type AccountId,
  type EntryKind,
  type Envelope,
  type PostData,
  type SendId,
  type Seq,
} from "@sotto/protocol";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "./conversation-record.ts";
import type { Pending } from "./pending-commit.ts";
import { rollOf, type Roll } from "./roll.ts";
import { sentAs } from "./outbox.ts";
import { standingNow, type Standing } from "./standing.ts";

/** An entry as it came from the server, on the live connection or in a page. */
export type Incoming = { seq: Seq; acceptedAt: number } & (
  | { kind: "stored"; envelope: Uint8Array }
  | { kind: "erased"; entry: EntryKind; hash: Uint8Array }
);

/** A conversation while its log is read: the row, the MLS state, and the own commit that waits for its verdict. */
export type Live = {
  record: ConversationRecord;
  group: GroupState | undefined;
  pending: Pending | undefined;
};

export type RefusedBecause =
  | "malformed"
  | "stale-epoch"
  | "too-large"
  | "quarantined"
  | "erased"
  | "policy"
  | "unprotect"
  | "content";

/** What one entry turned out to be. Data only: applying it is {@link applyOutcomes}' work, in one transaction. */
export type Outcome = { seq: Seq; at: number; hash: Uint8Array; head: Uint8Array } & (
  | { kind: "unread" }
  | { kind: "own-post"; send: SendId }
  | {
      kind: "post";
      sender: LeafIdentity;
      leafIndex: number;
      data: PostData;
      epochMatches: boolean;
      /** What its author was at this entry. */
      standing: Standing;
    }
  | { kind: "commit"; change: Change; own: boolean }
  | { kind: "removed"; by: LeafIdentity }
  | { kind: "refused"; because: RefusedBecause; detail: string }
  | { kind: "stop"; because: "frozen" | "clone"; detail: string }
);

/** What a valid commit changed, for the lines that are shown and the work that follows. */
export type Change = Movement & { before: Roll; after: Roll };

type Movement = {
  committer: LeafIdentity;
  external: boolean;
  added: readonly LeafIdentity[];
  removed: readonly LeafIdentity[];
  /** Accounts whose signed leave is the evidence of their removal. */
  leavers: readonly AccountId[];
};

/**
 * Reads one entry on top of a live state. Pure but for lookups in the sent-journal: what breaks format or policy is
 * skipped by all alike; what fails cryptographically freezes this conversation (docs/spec/conversations.md).
 * [Note: Order is checked before content] `seen` and `applied` are held against our own place in the log, so an entry's epoch
 * always equals the epoch at its place and nothing from a removed member's old epoch is ever opened.
 */
export async function readEntry(
  context: Context,
  live: Live,
  entry: Incoming,
  quarantined: boolean,
): Promise<{ outcome: Outcome; live: Live }> {
  const hash = entry.kind === "erased" ? entry.hash : entryHash(entry.envelope);
  const envelope = entry.kind === "stored" ? decodeEnvelope(entry.envelope) : undefined;
  // The kind byte is part of the chain even when the rest is malformed, so that all devices compute the same head.
  const kindByte = entry.kind === "erased" ? entry.entry : (entry.envelope[1] ?? 0);
  const head = nextHead(live.record.head, entry.seq, kindByte, hash);
  const base = { seq: entry.seq, at: entry.acceptedAt, hash, head };
  const moved: Live = {
    ...live,
    record: {
      ...live.record,
      cursor: entry.seq,
      head,
      latestCommit: kindByte === ENTRY_KIND.commit ? entry.seq : live.record.latestCommit,
    },
  };
  const refuse = (because: RefusedBecause, detail = ""): { outcome: Outcome; live: Live } => ({
    outcome: { ...base, kind: "refused", because, detail },
    live: moved,
  });

  if (entry.seq === live.record.joinedSeq && live.pending === undefined) {
    return {
      outcome: { ...base, kind: "unread" },
      live: { ...moved, record: { ...moved.record, applied: entry.seq } },
    };
  }
  const own = toBase64Url(hash);
  if (live.pending?.hash === own) return applyOwnCommit(base, moved, live.pending, context, live);
  const isBefore = live.group === undefined || entry.seq <= live.record.joinedSeq;
  if (live.group === undefined || isBefore || (entry.kind === "erased" && kindByte === ENTRY_KIND.commit))
    return { outcome: { ...base, kind: "unread" }, live: moved };
  if (entry.kind === "erased") {
    const sent = sentAs(context.store, live.record.id, own);
    // That something stood here is seen, whoever took it away.
    return sent === undefined ? refuse("erased") : { outcome: { ...base, kind: "own-post", send: sent }, live: moved };
  }
  if (quarantined) return refuse("quarantined");
  if (envelope === undefined) return refuse("malformed");
  const cap = envelope.kind === ENTRY_KIND.commit ? COMMIT_BYTES_MAX : APPLICATION_BYTES_MAX;
  if (envelope.body.length > cap + ENVELOPE_HEADER_BYTES) return refuse("too-large");

  const send = envelope.kind === ENTRY_KIND.application ? sentAs(context.store, live.record.id, own) : undefined;
  if (send !== undefined) return { outcome: { ...base, kind: "own-post", send }, live: moved };
  if (wasEnteredInVain(live, envelope)) return stopped(base, moved, "frozen", "our entry was passed over");
  if (envelope.seen !== live.record.latestCommit || envelope.applied !== live.record.applied)
    return refuse("stale-epoch");

  return envelope.kind === ENTRY_KIND.application
    ? readPost(context, base, moved, live.group, envelope, refuse)
    : readCommit(context, base, moved, live.group, envelope, refuse);
}

/**
 * Does this commit show that the others passed over the external commit by which this device entered? Somebody who has seen that
 * entry still stands in an earlier epoch. It happens when the GroupInfo that one entered by belonged to a commit that all skipped:
 * nobody else is in the epoch that it opened, so this device enters anew. What one hostile member can provoke by it is one rejoin.
 */
function wasEnteredInVain({ record }: Live, envelope: Envelope): boolean {
  return (
    envelope.kind === ENTRY_KIND.commit &&
    record.applied === record.joinedSeq &&
    envelope.seen >= record.joinedSeq &&
    envelope.applied < record.joinedSeq
  );
}

type Base = Pick<Outcome, "seq" | "at" | "hash" | "head">;
type Read = { outcome: Outcome; live: Live };
type Refuse = (because: RefusedBecause, detail?: string) => Read;

async function readPost(
  context: Context,
  base: Base,
  moved: Live,
  group: GroupState,
  envelope: Envelope,
  refuse: Refuse,
): Promise<Read> {
  const opened = await open(group, envelope.body);
  if (opened.kind === "refused") return refuse("unprotect", opened.because);
  // Our own leaf, and a ciphertext that we never made: a copy of this device is at work, or its disk was rolled back.
  // Only with our signature, though: any member can write a header that names our leaf.
  // And only if it says what we never signed: any member can also encrypt anew what we did (T27).
  if (opened.kind === "own-echo") {
    if (!opened.signed) return refuse("unprotect", "names our leaf");
    const isKnown =
      opened.data !== undefined &&
      sentAs(context.store, moved.record.id, toBase64Url(sha256(opened.data))) !== undefined;
    return isKnown ? refuse("unprotect", "replayed") : stopped(base, moved, "clone", "unknown own ciphertext");
  }
  const live = { ...moved, group: opened.next };
  const unpadded = unpad(opened.data);
  const data = unpadded === undefined ? undefined : decodePostData(unpadded);
  if (data === undefined)
    return { outcome: { ...base, kind: "refused", because: "content", detail: "post data" }, live };
  const epochMatches = equalBytes(data.context.epochDigest, epochDigest(group));
  return {
    outcome: {
      ...base,
      kind: "post",
      sender: opened.sender.identity,
      leafIndex: opened.sender.leafIndex,
      data,
      epochMatches,
      standing: standingNow(moved.record, opened.sender.identity.account),
    },
    live,
  };
}

/** The state can't be followed any further: it is dropped, the log is only hashed, and the device rejoins. */
function stopped(base: Base, moved: Live, because: "frozen" | "clone", detail: string): Read {
  return {
    outcome: { ...base, kind: "stop", because, detail },
    live: { ...moved, group: undefined, pending: undefined },
  };
}

/** SHA-256 of the epoch authenticator (RFC 9420 §8.7): equal only for those who stand in the same epoch. */
export function epochDigest(group: GroupState): Uint8Array {
  const authenticator = epochAuthenticator(group);
  let digest = digests.get(authenticator);
  if (digest === undefined) digests.set(authenticator, (digest = sha256(authenticator)));
  return digest;
}

/** By the identity of the authenticator, which stays the same for all posts of an epoch. */
const digests = new WeakMap<Uint8Array, Uint8Array>();

async function readCommit(
  context: Context,
  base: Base,
  moved: Live,
  group: GroupState,
  envelope: Envelope,
  refuse: Refuse,
): Promise<Read> {
  const body = decodeCommitBody(envelope.body);
  if (body === undefined) return refuse("malformed", "commit body");
  const result = await stageCommit(group, body.commit, { judge: context.judge, roster: body.roster });
  switch (result.kind) {
    case "skip":
      return refuse("policy", result.because);
    case "cryptographic":
      return stopped(base, moved, "frozen", result.because);
    case "own-echo":
      return result.signed
        ? stopped(base, moved, "clone", "unknown own commit")
        : refuse("unprotect", "names our leaf");
    case "removed":
      return {
        outcome: { ...base, kind: "removed", by: result.by.identity },
        live: { ...moved, group: undefined, pending: undefined },
      };
    case "staged":
      return applied(base, moved, group, result.staged.next, {
        ...movementOf(context, moved, result.staged),
        own: false,
      });
  }
}

function movementOf(context: Context, live: Live, staged: Staged): Movement {
  const leavers = staged.evidence.flatMap((evidence) =>
    evidence.kind === "leave"
      ? staged.removed.flatMap(
          (leaf) => context.judge.leaves(evidence.statement, live.record.id, leaf.chain)?.account ?? [],
        )
      : [],
  );
  return {
    committer: staged.committer.identity,
    external: staged.external,
    added: staged.added.map(({ identity }) => identity),
    removed: staged.removed.map(({ identity }) => identity),
    leavers,
  };
}

function applyOwnCommit(base: Base, moved: Live, { next, leavers }: Pending, context: Context, live: Live): Read {
  const self = { account: context.account, device: context.device };
  if (live.group === undefined) return entered(base, moved, next, self);
  const before = members(live.group).map(({ identity }) => identity);
  const after = members(next).map(({ identity }) => identity);
  const has = (list: readonly LeafIdentity[], one: LeafIdentity) =>
    list.some((other) => other.device === one.device && other.account === one.account);
  return applied(base, moved, live.group, next, {
    committer: self,
    external: false,
    added: after.filter((leaf) => !has(before, leaf)),
    removed: before.filter((leaf) => !has(after, leaf)),
    leavers,
    own: true,
  });
}

/** Our own external commit or creation was taken: here our membership begins. */
function entered(base: Base, moved: Live, next: GroupState, self: LeafIdentity): Read {
  const roll = rollOf(next);
  const record = { ...moved.record, ...roll.summary, applied: base.seq, joinedSeq: base.seq };
  const change: Change = {
    committer: self,
    external: true,
    added: [self],
    removed: [],
    leavers: [],
    before: roll,
    after: roll,
  };
  return { outcome: { ...base, kind: "commit", change, own: true }, live: { record, group: next, pending: undefined } };
}

function applied(
  base: Base,
  moved: Live,
  old: GroupState,
  next: GroupState,
  { own, ...movement }: Movement & { own: boolean },
): Read {
  const after = rollOf(next);
  const change: Change = { ...movement, before: rollOf(old), after };
  const record = { ...moved.record, ...after.summary, applied: base.seq };
  // Whoever won the race, a commit made for the old epoch can't be stored any more.
  return { outcome: { ...base, kind: "commit", change, own }, live: { record, group: next, pending: undefined } };
}
