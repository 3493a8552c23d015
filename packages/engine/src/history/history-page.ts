import { entryHash, nextHead } from "@sotto/crypto";
import { epochOfMessage, openArchive, type ArchivedPost, type LeafIdentity } from "@sotto/mls";
import {
  APPLICATION_BYTES_MAX,
  ENTRY_KIND,
  ENVELOPE_HEADER_BYTES,
  LOG_PAGE_ENTRIES_MAX,
  SottoError,
  decodeEnvelope,
  decodePostData,
  equalBytes,
  unpad,
  type ConversationId,
  type Envelope,
  type LogRow,
  type PostData,
  type Seq,
} from "@sotto/protocol";
import type { ArchiveReader, EpochKey } from "./archive-reader.ts";
import type { Context } from "../context.ts";
import { headAt } from "../conversation/conversation-record.ts";
import type { RefusedBecause } from "../conversation/read-entry.ts";
import { bytesOf as blobOf } from "../rows.ts";

/** One entry of the log, read from the archive. */
export type BackEntry = { seq: Seq; at: number; hash: Uint8Array; head: Uint8Array } & (
  | {
      kind: "post";
      sender: LeafIdentity;
      leafIndex: number;
      epoch: bigint;
      data: PostData;
      /** What opened it. `own`: the account's own devices saw that epoch; else another member says how it was. */
      keys: { epochKey: Uint8Array; senderKey: Uint8Array; own: boolean };
    }
  /** The archive has no keys that fit: no device of the account was there, or they were withheld. */
  | { kind: "missing"; epoch: bigint }
  | { kind: "commit" }
  | { kind: "erased" }
  | { kind: "refused"; because: RefusedBecause }
);

/** Entries that end where one asked, oldest first. */
export type BackPage = {
  from: Seq;
  /** The log's head before the first of them: where the next page ends. */
  headBefore: Uint8Array;
  entries: readonly BackEntry[];
};

const START = new Uint8Array(32);

/**
 * Reads a page of the log backwards, by the archive. The page is proven before anything in it is looked at: its entries lead from the
 * head that the server claims before it to the head that is known at its end, so neither can be another. Posts are opened with the
 * account's archive keys; who wrote them is proven by their signatures alone.
 * @param place the last entry of the page, and the log's head after it, which is known here
 * @throws SottoError connection/unreachable; conversation/fork when what the server sent isn't the log that is known here
 */
export async function readBack(
  context: Context,
  archive: ArchiveReader,
  conversation: ConversationId,
  place: { through: Seq; head: Uint8Array; limit: number },
): Promise<BackPage> {
  const after = Math.max(0, place.through - Math.min(place.limit, LOG_PAGE_ENTRIES_MAX));
  const [headBefore, rows] = await Promise.all([
    headBeforePage(context, conversation, after),
    fetchRows(context, conversation, after, place.through),
  ]);
  const proven = prove(rows, { after, headBefore, through: place.through, head: place.head });
  if (proven === undefined) {
    context.ports.log("error", "history/not-this-log", { conversation, after, through: place.through });
    throw new SottoError("conversation/fork", "The server's older entries aren't those that this device knows of.");
  }
  return { from: after + 1, headBefore, entries: await readEntries(context, archive, proven) };
}

async function headBeforePage(context: Context, conversation: ConversationId, after: Seq): Promise<Uint8Array> {
  if (after === 0) return START;
  const known = headAt(context.store, conversation, after);
  if (known !== undefined) return known;
  return (await context.online().request("log.head", { conversation, seq: after })).head;
}

async function fetchRows(context: Context, conversation: ConversationId, after: Seq, through: Seq): Promise<LogRow[]> {
  const rows: LogRow[] = [];
  while (after + rows.length < through) {
    const start = after + rows.length;
    const page = await context.online().logPage(conversation, start, through - start);
    if (page.rows.length === 0) break;
    rows.push(...page.rows);
  }
  return rows;
}

/** An entry whose place in the log is beyond doubt. */
export type Proven = { row: LogRow; hash: Uint8Array; head: Uint8Array };

/** The entries with their heads, or undefined when they aren't the ones that lead from one head to the other. */
function prove(
  rows: readonly LogRow[],
  { after, headBefore, through, head }: { after: Seq; headBefore: Uint8Array; through: Seq; head: Uint8Array },
): Proven[] | undefined {
  if (rows.length !== through - after) return undefined;
  let current = headBefore;
  const proven: Proven[] = [];
  for (const [index, row] of rows.entries()) {
    if (row.seq !== after + 1 + index) return undefined;
    const hash = row.kind === "erased" ? row.hash : entryHash(row.envelope);
    const kind = row.kind === "erased" ? row.entry : (row.envelope[1] ?? 0);
    current = nextHead(current, row.seq, kind, hash);
    proven.push({ row, hash, head: current });
  }
  return equalBytes(current, head) ? proven : undefined;
}

type Candidate = Proven & { envelope: Envelope; epoch: bigint };

/**
 * Fetches entries again that were proven before: each is held against the hash that is known of it. What the server doesn't serve as it was
 * is left out.
 */
export async function fetchKnown(
  context: Context,
  conversation: ConversationId,
  range: { from: Seq; through: Seq },
): Promise<Proven[]> {
  const rows = await fetchRows(context, conversation, range.from - 1, range.through);
  return rows.flatMap((row) => {
    const known = context.store.all("select hash, head from log where conversation = ? and seq = ?", [
      conversation,
      row.seq,
    ])[0];
    if (known === undefined) return [];
    const hash = row.kind === "erased" ? row.hash : entryHash(row.envelope);
    const head = blobOf(known, "head");
    if (!equalBytes(hash, blobOf(known, "hash"))) return [];
    if (row.kind === "erased") {
      // Which kind it was is in the head alone.
      const before = row.seq === 1 ? START : headAt(context.store, conversation, row.seq - 1);
      if (before === undefined || !equalBytes(nextHead(before, row.seq, row.entry, hash), head)) return [];
    }
    return [{ row, hash, head }];
  });
}

/** Opens what entries hold. They must be proven: from here on their places are believed. */
export async function readEntries(
  context: Context,
  archive: ArchiveReader,
  proven: readonly Proven[],
): Promise<BackEntry[]> {
  const looked = proven.map((one): Candidate | BackEntry => look(one));
  const posts = looked.filter((one) => "envelope" in one);
  // The epoch after tells where this one ended.
  await archive.loadEpochs(posts.flatMap(({ epoch }) => [epoch, epoch + 1n]));
  const leaves = new Map<Candidate, readonly number[]>();
  for (const post of posts) leaves.set(post, await leavesOf(context, archive, post));
  await archive.loadSenders([...leaves].flatMap(([{ epoch }, list]) => list.map((leaf) => ({ epoch, leaf }))));
  const readers: Readers = new Map();
  const entries: BackEntry[] = [];
  let newestEpoch = -1n;
  let latestCommit: Seq | undefined;
  for (const one of looked) {
    if (!("envelope" in one)) {
      if (one.kind === "commit") latestCommit = one.seq;
      entries.push(one);
      continue;
    }
    const isOutOfPlace = one.epoch < newestEpoch || (latestCommit !== undefined && one.envelope.seen !== latestCommit);
    const read = isOutOfPlace
      ? refused(one, "stale-epoch")
      : await open(context, archive, readers, one, leaves.get(one) ?? []);
    if (read.kind === "post") newestEpoch = one.epoch;
    entries.push(read);
  }
  return entries;
}

const placeOf = ({ row, hash, head }: Proven) => ({ seq: row.seq, at: row.acceptedAt, hash, head });
const refused = (proven: Proven, because: RefusedBecause): BackEntry => ({
  ...placeOf(proven),
  kind: "refused",
  because,
});

function look(proven: Proven): Candidate | BackEntry {
  const { row } = proven;
  if (row.kind === "erased") return { ...placeOf(proven), kind: row.entry === ENTRY_KIND.commit ? "commit" : "erased" };
  if (row.envelope[1] === ENTRY_KIND.commit) return { ...placeOf(proven), kind: "commit" };
  const envelope = decodeEnvelope(row.envelope);
  if (envelope === undefined) return refused(proven, "malformed");
  if (envelope.body.length > APPLICATION_BYTES_MAX + ENVELOPE_HEADER_BYTES) return refused(proven, "too-large");
  const epoch = epochOfMessage(envelope.body);
  return epoch === undefined ? refused(proven, "unprotect") : { ...proven, envelope, epoch };
}

/** Which leaves' keys could open this post, by its header. More than one only if somebody put a false epoch key into the archive. */
async function leavesOf(context: Context, archive: ArchiveReader, post: Candidate): Promise<number[]> {
  const leaves = new Set<number>();
  for (const { key } of archive.epoch(post.epoch)) {
    const opened = await openArchive(context.ports.provider, key, [])?.open(post.envelope.body);
    if (opened?.kind === "no-sender-key") leaves.add(opened.leafIndex);
  }
  return [...leaves];
}

/** Every post of an epoch is an entry of the log, but for so many at most that were sealed and never taken: none is passed over live either. */
const GENERATIONS_UNSENT = 200;

type Readers = Map<string, NonNullable<ReturnType<typeof openArchive>>>;

/**
 * [Note: A post belongs into its epoch] Keys of a past epoch open whatever is encrypted for it, also what somebody put into the log after
 * the epoch was over: a removed member, together with the server. So a post counts only between the entry that made its epoch and
 * the one that made the next, as it does for whoever reads the log as it grows.
 */
async function open(
  context: Context,
  archive: ArchiveReader,
  readers: Readers,
  post: Candidate,
  leaves: readonly number[],
): Promise<BackEntry> {
  const keys = archive.epoch(post.epoch);
  const missing: BackEntry = { ...placeOf(post), kind: "missing", epoch: post.epoch };
  if (keys.length === 0) return missing;
  let isOutOfPlace = false;
  let isUnsure = false;
  let wasOpenable = false;
  for (const [which, epochKey] of keys.entries()) {
    for (const leaf of leaves) {
      for (const [index, sender] of archive.sender(post.epoch, leaf).entries()) {
        wasOpenable ||= epochKey.applied > 0 && !sender.given;
        const name = `${post.epoch}/${which}/${leaf}/${index}`;
        const reader = readers.get(name) ?? openArchive(context.ports.provider, epochKey.key, [sender.key]);
        if (reader === undefined) continue;
        readers.set(name, reader);
        const reached = post.row.seq - epochKey.applied + GENERATIONS_UNSENT;
        const opened: ArchivedPost = await reader.open(post.envelope.body, reached);
        if (opened.kind !== "post") continue;
        const next = archive.epoch(post.epoch + 1n);
        if (!isWithin(post, epochKey, next)) {
          isOutOfPlace = true;
          isUnsure ||= isContradicted(post, epochKey, keys) || isContradicted(post, undefined, next);
          continue;
        }
        const unpadded = unpad(opened.data);
        const data = unpadded === undefined ? undefined : decodePostData(unpadded);
        if (data === undefined) return refused(post, "content");
        const { identity, leafIndex } = opened.sender;
        return {
          ...placeOf(post),
          kind: "post",
          sender: identity,
          leafIndex,
          epoch: post.epoch,
          data,
          keys: { epochKey: epochKey.key, senderKey: sender.key, own: epochKey.applied > 0 },
        };
      }
    }
  }
  if (isOutOfPlace) return isUnsure ? missing : refused(post, "stale-epoch");
  // A header that no epoch key opens, or a body that no key of its leaf does, was never readable for anybody: as far as the account's own
  // devices saw the epoch. Keys that others gave prove nothing against an entry.
  const wasSeen = keys.some(({ applied }) => applied > 0);
  return wasSeen && (leaves.length === 0 || wasOpenable) ? refused(post, "unprotect") : missing;
}

/** Do the records themselves disagree about which entry made the epoch, or is it one that came after what the epoch's key opens? */
function isContradicted(post: Candidate, key: EpochKey | undefined, records: readonly EpochKey[]): boolean {
  if (key !== undefined && key.applied >= post.row.seq) return true;
  return new Set(records.map(({ applied }) => applied).filter((applied) => applied > 0)).size > 1;
}

function isWithin(post: Candidate, { applied }: EpochKey, next: readonly EpochKey[]): boolean {
  const { seq } = post.row;
  if (applied > 0 && (applied >= seq || post.envelope.applied !== applied)) return false;
  return !next.some((after) => after.applied > 0 && after.applied < seq);
}
