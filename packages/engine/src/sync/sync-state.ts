import {
  SYNC_VALUE_BYTES_MAX,
  compareBytes,
  decodeCbor,
  encodeCbor,
  equalBytes,
  type AccountId,
  type ConversationId,
  type DeviceId,
  type InviteId,
  type PostId,
  type SyncEntry,
} from "@sotto/protocol";
import type { Clock, SqlRow, Store } from "../ports.ts";
import { PENDING_ORDER } from "../schema.ts";
import { joinedBytes } from "./thread-places.ts";
import { bytesOf, bytesOrNull, numberOf, numberOrNull, textOf } from "../rows.ts";

/** Plain data of a key: text, numbers, bytes, lists of these. What a reader finds was written by one's own devices, of any release. */
export type SyncValue = string | number | boolean | null | Uint8Array | readonly SyncValue[];

/**
 * What all devices of one account share, one value a key. Reading is a look at the database; writing takes part in a transaction
 * that is open, and travels to the other devices a little later, many values in one post.
 */
export type Sync = {
  /** Undefined where nothing is, or it was deleted. Parse what comes: another release may have written it. */
  get(key: string): unknown;
  /** Everything under a prefix, by key. */
  list(prefix: string): [key: string, value: unknown][];
  /** Nothing happens where the value is this one already. */
  set(key: string, value: SyncValue): void;
  delete(key: string): void;
  /** Hears of keys that another device changed, once that is in the database. @returns stops it. */
  onChange(prefix: string, listener: (key: string) => void): () => void;
};

/** The keys that there are. */
export const SYNC = {
  /** Order of the newest line that the person saw. */
  read: (conversation: ConversationId) => `read/${conversation}`,
  /** How far threads were read, where that is another place (thread-places.ts). */
  threads: (conversation: ConversationId) => `threads/${conversation}`,
  draft: (conversation: ConversationId) => `draft/${conversation}`,
  mute: (conversation: ConversationId) => `mute/${conversation}`,
  pin: (conversation: ConversationId) => `pin/${conversation}`,
  /** "mentions" or "none"; nothing: all. */
  notify: (conversation: ConversationId) => `notify/${conversation}`,
  /** Archived. */
  shelf: (conversation: ConversationId) => `shelf/${conversation}`,
  favourite: (conversation: ConversationId) => `favourite/${conversation}`,
  /** Name, and the conversations in it. */
  folder: (folder: string) => `folder/${folder}`,
  star: (conversation: ConversationId, post: PostId) => `star/${conversation}/${post}`,
  /** Deleted for oneself. */
  gone: (conversation: ConversationId, post: PostId) => `gone/${conversation}/${post}`,
  /** Order from which on everything is unread by the person's own will. */
  unread: (conversation: ConversationId) => `unread/${conversation}`,
  preference: (name: string) => `pref/${name}`,
  /** True: begun, written in, or let in by the person. A number: a request that was deleted when so much of it was there. */
  accepted: (conversation: ConversationId) => `accepted/${conversation}`,
  /** What is pinned for everybody, with its place in the log: [order, ids]. */
  pins: (conversation: ConversationId) => `pins/${conversation}`,
  /** A link into a group that this account made: secret, end in ms or null, whether somebody has to agree. */
  invite: (conversation: ConversationId, invite: InviteId) => `invite/${conversation}/${invite}`,
  /** What the person calls somebody. */
  name: (account: AccountId) => `name/${account}`,
  trust: (account: AccountId) => `trust/${account}`,
  /** What the person calls a device of their own. */
  device: (device: DeviceId) => `device/${device}`,
  /** Key of a generation of the archive. */
  archive: (generation: number) => `archive/${generation}`,
  dismissed: (notice: string) => `notice/${notice}`,
  displayName: "profile/display-name",
  status: "profile/status",
  /** The bytes of the person's picture. */
  picture: "profile/picture",
  /** ms: when the account's password was last changed. */
  passwordChangedAt: "account/password-changed-at",
  /** The recovery key, by its public half, of which the person has confirmed that it is saved. */
  recoveryKeySaved: "account/recovery-key-saved",
} as const;

/** Positions only ever move forward, whichever device says so and whenever it arrives. */
const onlyGrows = (key: string): boolean => key.startsWith(SYNC.read("" as ConversationId));

/** Does `next` replace `current`? Total: the same of two wins on every device, in whatever order they arrive and through whom. */
export function replaces(next: SyncEntry, current: SyncEntry): boolean {
  if (onlyGrows(next.key)) {
    const [ours, theirs] = [positionOf(current.value), positionOf(next.value)];
    if (ours !== theirs) return theirs > ours;
  }
  if (next.stamp !== current.stamp) return next.stamp > current.stamp;
  return compareBytes(next.value ?? DELETED, current.value ?? DELETED) > 0;
}

/**
 * What is left of two entries of one key, of which the one was here: the one that stays, or what both of them say. Total, like
 * {@link replaces}. The places of threads are joined: else what one device has seen would be unread again by what another has.
 */
function leftOf(next: SyncEntry, current: SyncEntry | undefined): SyncEntry {
  if (next.key.startsWith(THREADS)) {
    const value = joinedBytes(next.value, current?.value ?? null);
    if (value !== null) return { key: next.key, value, stamp: Math.max(next.stamp, current?.stamp ?? 0) };
  }
  return current === undefined || replaces(next, current) ? next : current;
}

const THREADS = SYNC.threads("" as ConversationId);
const DELETED = new Uint8Array(0);

/** What no log reaches is no position: it would swallow all that is ever said. */
function positionOf(value: Uint8Array | null): number {
  const read = value === null ? undefined : valueOf(value);
  return typeof read === "number" && Number.isSafeInteger(read) && read < PENDING_ORDER ? read : -1;
}

function valueOf(bytes: Uint8Array): unknown {
  const decoded = decodeCbor(bytes);
  return decoded.kind === "value" ? decoded.value : undefined;
}

const COLUMNS = "key, value, stamp";

function entryOf(row: SqlRow): SyncEntry {
  return {
    key: textOf(row, "key"),
    value: bytesOrNull(row, "value"),
    stamp: numberOf(row, "stamp"),
  };
}

/** The values as they are read: in memory after the first look, since every name and every badge on a screen asks for some. */
export class SyncValues implements Pick<Sync, "get" | "list"> {
  readonly #store: Store;
  /** By the part of the key before the first slash, so that a list costs what is listed. */
  #loaded: Map<string, Map<string, unknown>> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  get(key: string): unknown {
    return this.#all().get(kindOf(key))?.get(key);
  }

  list(prefix: string): [string, unknown][] {
    const found = [...(this.#all().get(kindOf(prefix)) ?? [])].filter(([key]) => key.startsWith(prefix));
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** After the row was written. */
  put({ key, value }: SyncEntry): void {
    if (this.#loaded !== undefined) this.#put(this.#loaded, key, value);
  }

  /** A cache is only as good as the last committed transaction: call after one was rolled back. */
  forgetCache(): void {
    this.#loaded = undefined;
  }

  #all(): Map<string, Map<string, unknown>> {
    if (this.#loaded !== undefined) return this.#loaded;
    const loaded = new Map<string, Map<string, unknown>>();
    for (const row of this.#store.all("select key, value from sync where value is not null"))
      this.#put(loaded, textOf(row, "key"), bytesOf(row, "value"));
    return (this.#loaded = loaded);
  }

  #put(loaded: Map<string, Map<string, unknown>>, key: string, value: Uint8Array | null): void {
    const kind = kindOf(key);
    const values = loaded.get(kind) ?? new Map<string, unknown>();
    if (value === null) values.delete(key);
    else values.set(key, valueOf(value));
    loaded.set(kind, values);
  }
}

const kindOf = (key: string): string => key.split("/", 1)[0]!;

/** How far ahead another device's clock may be. */
const AHEAD_MAX_MS = 24 * 60 * 60 * 1000;

/** The map itself: one row a key, the last writer's. `waiting` marks what the other devices haven't been told yet. */
export class SyncState implements Sync {
  readonly #store: Store;
  readonly #clock: Pick<Clock, "now">;
  readonly #changed: (key: string) => void;
  readonly #values: SyncValues;
  readonly #listeners = new Set<{ prefix: string; listener: (key: string) => void }>();

  /** @param changed is told of every key that this device wrote. */
  constructor(store: Store, clock: Pick<Clock, "now">, changed: (key: string) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#changed = changed;
    this.#values = new SyncValues(store);
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  list(prefix: string): [string, unknown][] {
    return this.#values.list(prefix);
  }

  forgetCache(): void {
    this.#values.forgetCache();
  }

  set(key: string, value: SyncValue): void {
    this.#write(key, encodeCbor(value));
  }

  delete(key: string): void {
    if (this.get(key) !== undefined) this.#write(key, null);
  }

  onChange(prefix: string, listener: (key: string) => void): () => void {
    const entry = { prefix, listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  #write(key: string, value: Uint8Array | null): void {
    const current = this.#entry(key);
    const newest = this.#store.all("select max(stamp) as newest from sync")[0];
    const stamp = Math.max(
      this.#clock.now(),
      ((newest === undefined ? null : numberOrNull(newest, "newest")) ?? 0) + 1,
    );
    const next: SyncEntry = { key, value, stamp };
    if (current !== undefined && sameValue(current.value, value)) return;
    const left = leftOf(next, current);
    if (current !== undefined && sameValue(current.value, left.value)) return;
    this.#put(left, travels(left));
    this.#changed(key);
  }

  /**
   * Takes what another device said, as far as it is news. What claims to come from the future is passed over: a device that is ended later
   * must not have had the last word for ever, nor use up the numbers that others count on with. Inside a transaction.
   * @returns the keys whose values changed
   */
  apply(entries: readonly SyncEntry[]): string[] {
    const latest = this.#clock.now() + AHEAD_MAX_MS;
    return entries.flatMap((entry) => {
      if (entry.stamp > latest || (onlyGrows(entry.key) && positionOf(entry.value) < 0)) return [];
      if (entry.key.startsWith(THREADS) && joinedBytes(entry.value, null) === null) return [];
      const current = this.#entry(entry.key);
      const left = leftOf(entry, current);
      if (current !== undefined && left.stamp === current.stamp && sameValue(left.value, current.value)) return [];
      // What both say is told by those who have said the one and the other, or waits to be told here.
      const isTold = left.stamp === entry.stamp && sameValue(left.value, entry.value);
      this.#put(left, !isTold && this.#waits(entry.key));
      return current !== undefined && sameValue(current.value, left.value) ? [] : [entry.key];
    });
  }

  /** Tells who listens. Once the transaction of {@link apply} is done. */
  announce(keys: readonly string[]): void {
    for (const key of keys)
      for (const { prefix, listener } of this.#listeners) if (key.startsWith(prefix)) listener(key);
  }

  /** What the other devices haven't been told yet, oldest first. */
  waiting(): SyncEntry[] {
    return this.#store.all(`select ${COLUMNS} from sync where waiting = 1 order by stamp, key`).map(entryOf);
  }

  get isWaiting(): boolean {
    return this.#store.all("select 1 as one from sync where waiting = 1 limit 1").length > 0;
  }

  /** The whole map, as far as it travels. */
  all(): SyncEntry[] {
    return this.#store.all(`select ${COLUMNS} from sync order by key`).map(entryOf).filter(travels);
  }

  /** These are on their way: in the outbox, in the same transaction. */
  sent(entries: readonly SyncEntry[]): void {
    for (const { key, stamp } of entries)
      this.#store.run("update sync set waiting = 0 where key = ? and stamp = ?", [key, stamp]);
  }

  /** The other devices may not have been told: everything waits again. */
  tellAll(): void {
    this.#store.run("update sync set waiting = 1 where value is null or length(value) <= ?", [SYNC_VALUE_BYTES_MAX]);
  }

  #entry(key: string): SyncEntry | undefined {
    const row = this.#store.all(`select ${COLUMNS} from sync where key = ?`, [key])[0];
    return row === undefined ? undefined : entryOf(row);
  }

  #waits(key: string): boolean {
    return this.#store.all("select 1 as one from sync where key = ? and waiting = 1", [key]).length > 0;
  }

  #put(entry: SyncEntry, waiting: boolean): void {
    const { key, value, stamp } = entry;
    this.#store.run("insert or replace into sync (key, value, stamp, waiting) values (?, ?, ?, ?)", [
      key,
      value,
      stamp,
      waiting ? 1 : 0,
    ]);
    this.#values.put(entry);
  }
}

/** A draft longer than that stays on the device on which it is written. */
const travels = ({ value }: SyncEntry): boolean => value === null || value.length <= SYNC_VALUE_BYTES_MAX;

function sameValue(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return equalBytes(a, b);
}
