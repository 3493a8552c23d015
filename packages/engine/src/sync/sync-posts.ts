import {
  SYNC_ENTRIES_MAX,
  decodeCbor,
  decodeContent,
  decodeSync,
  encodeCbor,
  encodeContent,
  encodeSync,
  meaningOf,
  sendIdOf,
  syncPost,
  toHex,
  type ConversationId,
  type PostId,
  type SnapshotPart,
  type SyncContent,
  type SyncEntry,
} from "@sotto/protocol";
import type { Context } from "../context.ts";
import { enqueue } from "../conversation/outbox.ts";
import { takeOwnProfile } from "../people/own-profile.ts";
import { eraseForgotten, takeAcceptance } from "../requests/deciding.ts";
import { numberOf } from "../rows.ts";
import { forgetPost } from "../timeline/marks.ts";
import { SYNC } from "./sync-state.ts";

/** So many posts after a snapshot, whoever writes next writes another: a new device never reads much further back. */
export const SNAPSHOT_EVERY = 200;
const POST_ENTRIES_BYTES_MAX = 48 * 1024;
/** Travels with a snapshot and is kept nowhere: up to which entry its writer had read when it was made. */
const SNAPSHOT_AFTER = "snapshot/after";
const ARCHIVE = SYNC.archive(0).slice(0, -1);

type SelfState = { since: number; whole: boolean };

export function loadSelfState({ store }: Pick<Context, "store">, conversation: ConversationId): SelfState {
  const row = store.all("select since, whole from self where conversation = ?", [conversation])[0];
  return row === undefined
    ? { since: 0, whole: false }
    : { since: numberOf(row, "since"), whole: numberOf(row, "whole") === 1 };
}

export function saveSelfState(
  { store }: Pick<Context, "store">,
  conversation: ConversationId,
  { since, whole }: SelfState,
): void {
  store.run("insert or replace into self (conversation, since, whole) values (?, ?, ?)", [
    conversation,
    since,
    whole ? 1 : 0,
  ]);
}

/**
 * Puts what the other devices haven't been told into the outbox, in as few posts as it takes; now and then the whole state, by which a new
 * device begins. Only a device that has the whole state writes that. @param cursor the newest entry that this device has read there
 * @returns whether there was anything.
 */
export function writeSync(context: Context, conversation: ConversationId, cursor: number): boolean {
  const { store, sync, ports } = context;
  return store.transaction(() => {
    const waiting = sync.waiting();
    if (waiting.length === 0) return false;
    const { since, whole } = loadSelfState(context, conversation);
    const isSnapshot = whole && since >= SNAPSHOT_EVERY;
    const after: SyncEntry = { key: SNAPSHOT_AFTER, value: encodeCbor(cursor), stamp: ports.clock.now() };
    const posts = postsOf(isSnapshot ? [after, ...sync.all()] : waiting);
    const id = ports.random(16);
    posts.forEach((entries, part) =>
      enqueueSync(context, conversation, { entries, snapshot: isSnapshot ? { id, part, parts: posts.length } : null }),
    );
    sync.sent(waiting);
    saveSelfState(context, conversation, { since: isSnapshot ? 0 : since + posts.length, whole });
    return true;
  });
}

function enqueueSync(context: Context, conversation: ConversationId, sync: SyncContent): void {
  enqueue(context.store, {
    conversation,
    send: sendIdOf(context.ports.random(16)),
    post: null,
    content: encodeContent(syncPost(encodeSync(sync), context.ports.random(16))),
    at: context.ports.clock.now(),
  });
}

/** Entries in the order given, in posts of a size that the server takes. */
export function postsOf(entries: readonly SyncEntry[]): SyncEntry[][] {
  const posts: SyncEntry[][] = [];
  let current: SyncEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.key.length + (entry.value?.length ?? 0) + 16;
    if (current.length > 0 && (current.length >= SYNC_ENTRIES_MAX || bytes + size > POST_ENTRIES_BYTES_MAX)) {
      posts.push(current);
      current = [];
      bytes = 0;
    }
    current.push(entry);
    bytes += size;
  }
  if (current.length > 0) posts.push(current);
  return posts;
}

/** What a post in one's own conversation says; undefined for anything else, which is for no eyes. */
export function readSync(content: Uint8Array): SyncContent | undefined {
  const decoded = decodeContent(content);
  const meaning = decoded === undefined ? undefined : meaningOf(decoded);
  return meaning?.kind === "sync" ? decodeSync(meaning.bytes) : undefined;
}

/** Does a post tell a key of the archive, alone or with all the rest? */
export function tellsGeneration(content: Uint8Array): boolean {
  return readSync(content)?.entries.some(({ key }) => key.startsWith(ARCHIVE)) ?? false;
}

/**
 * Takes what another own device said, and makes it count. Inside the transaction that keeps the post's place.
 * @returns the keys whose values changed
 */
export function applySync(context: Context, content: SyncContent): string[] {
  const changed = context.sync.apply(content.entries.filter(({ key }) => key !== SNAPSHOT_AFTER));
  for (const key of changed) takeEffect(context, key);
  return changed;
}

/** The same for a post as it comes in; counts it, so that the next snapshot is due in time. */
export function receiveSync(context: Context, conversation: ConversationId, bytes: Uint8Array): string[] {
  const content = readSync(bytes);
  if (content === undefined) {
    context.ports.log("warn", "sync/unreadable", { conversation });
    return [];
  }
  const state = loadSelfState(context, conversation);
  const isLastPart = content.snapshot !== null && content.snapshot.part === content.snapshot.parts - 1;
  saveSelfState(context, conversation, { ...state, since: isLastPart ? 0 : state.since + 1 });
  return applySync(context, content);
}

/** What isn't only looked up is written where it belongs. */
function takeEffect(context: Context, key: string): void {
  const [kind, conversation, post] = key.split("/") as [string, ConversationId?, PostId?];
  if (kind === "gone" && conversation !== undefined && post !== undefined)
    return forgetPost(context.store, conversation, post);
  if (key === SYNC.displayName || key === SYNC.status || key === SYNC.picture) return takeOwnProfile(context);
  if (kind !== "accepted" || conversation === undefined) return;
  if (context.sync.get(key) === true) takeAcceptance(context, conversation);
  else eraseForgotten(context, conversation);
}

/** Which parts of snapshots were seen, reading backwards, and down to which entry one has to read for one of them. */
export class SnapshotSearch {
  readonly #seen = new Map<string, { parts: Set<number>; after: number | undefined }>();
  #after: number | undefined;

  /** The entry down to which everything is to be read; undefined while no snapshot is whole. */
  get after(): number | undefined {
    return this.#after;
  }

  add({ entries, snapshot }: SyncContent): void {
    if (snapshot === null) return;
    const found = this.#part(snapshot);
    const claim = entries.find(({ key }) => key === SNAPSHOT_AFTER);
    if (claim !== undefined) found.after = positionOf(claim.value);
    if (found.parts.size === snapshot.parts && found.after !== undefined && this.#after === undefined)
      this.#after = found.after;
  }

  #part({ id, part }: SnapshotPart) {
    const name = toHex(id);
    const found = this.#seen.get(name) ?? { parts: new Set<number>(), after: undefined };
    found.parts.add(part);
    this.#seen.set(name, found);
    return found;
  }
}

function positionOf(value: Uint8Array | null): number | undefined {
  const decoded = value === null ? undefined : decodeCbor(value);
  return decoded?.kind === "value" && typeof decoded.value === "number" && Number.isSafeInteger(decoded.value)
    ? decoded.value
    : undefined;
}
