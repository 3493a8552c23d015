import type { ConversationId, Seq } from "@sotto/protocol";
import { markCloned } from "../account/account-notices.ts";
import { applyOutcomes, noEffects, type Effects } from "./apply-outcome.ts";
import { attemptOf, attemptedUpTo, clearAttempt, contradictsLog, markAttempt, markBatch } from "./attempts.ts";
import type { Context } from "../context.ts";
import { loadConversation, saveConversation, dropGroup, type ConversationRecord } from "./conversation-record.ts";
import { loadGroup, saveGroup } from "./group-store.ts";
import { ArchiveReader } from "../history/archive-reader.ts";
import {
  archiveEpoch,
  archiveRecordsFor,
  partRecords,
  storeArchiveRecords,
  type ArchiveRecord,
} from "../history/archive-records.ts";
import { dropPendingCommit, loadPendingCommit } from "./pending-commit.ts";
import { agreedProfile } from "./profile.ts";
import { keepPlace, placeOf, type Place } from "./places.ts";
import { readEntry, type Incoming, type Live, type Outcome } from "./read-entry.ts";
import { learnFromCommits } from "../people/learn-leaves.ts";
import { insertLines } from "../timeline/timeline.ts";

const PAGE_ENTRIES = 256;
/** Entries of one transaction. Large enough that catching up isn't a transaction an entry, small enough to stay responsive. */
const BATCH_ENTRIES = 256;

/**
 * One conversation's single writer. Everything that touches its state runs through {@link ConversationActor.exclusive}, one job
 * at a time; conversations don't wait for each other. Entries are computed first (MLS is asynchronous) and then written in one
 * transaction: new group state, posts, cursor. A failure anywhere leaves the old state as it was.
 */
export class ConversationActor {
  readonly context: Context;
  readonly id: ConversationId;
  /** What is open of the account's archive of this conversation. */
  readonly archive: ArchiveReader;
  #tail: Promise<void> = Promise.resolve();
  #historyTail: Promise<void> = Promise.resolve();
  #live: Live | undefined;
  /** This device has entered, and what lies before waits to be looked at. */
  hasEntered = false;
  /** The connection on which the log was last read to its end. */
  #readOn = 0;
  readonly #arrived = new Map<Seq, Incoming>();
  readonly #onEffects: (actor: ConversationActor, effects: Effects) => void;

  constructor(context: Context, id: ConversationId, onEffects: (actor: ConversationActor, effects: Effects) => void) {
    this.context = context;
    this.id = id;
    this.archive = new ArchiveReader(context, id);
    this.#onEffects = onEffects;
  }

  /** Runs `job` alone. Its failure is the caller's; the queue goes on. */
  exclusive<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job);
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Runs a job that reads older entries, one at a time, beside what {@link exclusive} does: neither waits for the other's network. */
  history<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#historyTail.then(job);
    this.#historyTail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** The state as of the last transaction. Only inside {@link exclusive}. */
  live(): Live {
    if (this.#live === undefined) {
      const record = loadConversation(this.context.store, this.id);
      if (record === undefined) throw new Error("an actor without a conversation");
      const { store, ports } = this.context;
      this.#live = {
        record,
        group: loadGroup(ports.provider, store, this.id),
        pending: loadPendingCommit(ports.provider, store, this.id),
      };
    }
    return this.#live;
  }

  /** After a transaction outside of the reading of entries has changed the conversation. */
  replace(live: Live): void {
    this.#live = live;
  }

  /** Reads rows again: another part wrote the row (draft, read mark) or a transaction failed. */
  forget(): void {
    this.#live = undefined;
  }

  /** Changes the row, and what `change` itself writes: it runs inside the transaction. */
  update(change: (record: ConversationRecord) => ConversationRecord): Promise<void> {
    return this.exclusive(async () => {
      const live = this.live();
      const record = this.context.store.transaction(() => {
        const changed = change(live.record);
        saveConversation(this.context.store, changed);
        return changed;
      });
      this.#live = { ...live, record };
    });
  }

  /** Takes an entry from the live connection. What lies between it and the cursor is fetched from the log. */
  arrive(entry: Incoming): void {
    if (this.#arrived.size >= PAGE_ENTRIES) this.#arrived.clear();
    this.#arrived.set(entry.seq, entry);
    if (this.#arrived.size > 1) return;
    void this.exclusive(() => this.#drain()).catch((error: unknown) => this.failed(error));
  }

  failed(error: unknown): void {
    this.context.ports.log("warn", "conversation/job-failed", {
      conversation: this.id,
      code: error instanceof Error && "code" in error ? String(error.code) : "internal/unexpected",
      name: error instanceof Error ? error.name : "unknown",
    });
  }

  async #drain(): Promise<void> {
    // Given up meanwhile, as after a join that failed. Should it come back, the log still has everything.
    if (loadConversation(this.context.store, this.id) === undefined) {
      this.#arrived.clear();
      return this.forget();
    }
    const { record } = this.live();
    const entries: Incoming[] = [];
    const stale: Incoming[] = [];
    for (const entry of this.#arrived.values()) if (entry.seq <= record.cursor) stale.push(entry);
    for (let seq = record.cursor + 1; this.#arrived.has(seq); seq++) entries.push(this.#arrived.get(seq)!);
    const last = Math.max(0, ...this.#arrived.keys());
    this.#arrived.clear();
    for (const entry of stale) this.#judgeRepeat(entry);
    if (entries.length > 0) await this.process(entries);
    if (last > this.live().record.cursor) await this.catchUp();
  }

  /** The server sent a place again: it must be the same entry. */
  #judgeRepeat(entry: Incoming): void {
    if (entry.kind !== "stored") return;
    const { record } = this.live();
    if (!contradictsLog(this.context.store, this.id, entry)) return;
    this.context.ports.log("error", "conversation/echo", { conversation: this.id, seq: entry.seq });
    const stopped: ConversationRecord = {
      ...record,
      state: { kind: "stopped", because: "fork", code: "conversation/fork" },
    };
    this.context.store.transaction(() => {
      insertLines(this.context.store, this.id, record.cursor, this.context.ports.clock.now(), [
        { kind: "alarm", alarm: "echo", claimedBy: null },
      ]);
      saveConversation(this.context.store, stopped);
    });
    this.#live = { ...this.live(), record: stopped };
    this.context.emit({ kind: "timeline", conversation: this.id });
  }

  /** The server said on this connection, by its number, that nothing lies beyond the cursor. */
  noteRead(connection: number): void {
    this.#readOn = connection;
  }

  /** Before anything of ours goes out: the log is read to its end, once a connection. Only inside {@link exclusive}. */
  async readToEnd(): Promise<void> {
    if (this.#readOn !== this.context.connectionNumber()) await this.catchUp();
  }

  /** Fetches and reads the log from the cursor to its end. Only inside {@link exclusive}. */
  async catchUp(): Promise<void> {
    const connection = this.context.connectionNumber();
    const fetched = (after: Seq) => this.context.online().logPage(this.id, after, PAGE_ENTRIES);
    let coming: { after: Seq; page: ReturnType<typeof fetched> } | undefined;
    for (;;) {
      const after = this.live().record.cursor;
      const page = await (coming?.after === after ? coming.page : fetched(after));
      coming = undefined;
      const end = page.rows.at(-1);
      if (page.more && end !== undefined) {
        // The next one is on its way while this one is read.
        coming = { after: end.seq, page: fetched(end.seq) };
        // Whether it came is asked when it is its turn, if ever.
        coming.page.catch(() => undefined);
      }
      // Contiguity is ours to check: what doesn't continue the cursor is not an entry of this log.
      const rows = page.rows.filter((row, index) => row.seq === after + 1 + index);
      if (rows.length !== page.rows.length)
        this.context.ports.log("error", "log/not-contiguous", { conversation: this.id, after });
      if (rows.length > 0) await this.process(rows);
      if (rows.length === 0 || !page.more) {
        if (!page.more && rows.length === page.rows.length) this.#readOn = connection;
        return;
      }
    }
  }

  /** Reads entries that continue the cursor, in transactions of up to {@link BATCH_ENTRIES}. */
  async process(entries: readonly Incoming[]): Promise<void> {
    let rest = entries;
    for (let [first] = rest; first !== undefined; [first] = rest) {
      const careful = this.context.careful(this.id);
      const isSuspect = careful && first.seq <= attemptedUpTo(this.context.store, this.id);
      const batch = rest.slice(0, isSuspect ? 1 : BATCH_ENTRIES);
      rest = rest.slice(batch.length);
      const done = await this.#processBatch(batch, careful);
      rest = done === batch.length ? rest : [];
    }
  }

  async #processBatch(batch: readonly Incoming[], careful: boolean): Promise<number> {
    const { store } = this.context;
    const start = this.live();
    const outcomes: Outcome[] = [];
    let live = start;
    const records: ArchiveRecord[] = [];
    const places: Place[] = [];
    /** Leaves whose keys of this epoch are kept: one look for each, and not for each of their posts. */
    const keptOf = new Set<number>();
    const last = batch.at(-1);
    const isAlone = careful && batch.length === 1;
    if (careful && !isAlone && last !== undefined) markBatch(store, this.id, last);
    for (const entry of batch) {
      const quarantined = isAlone && attemptOf(store, this.id, entry) >= 2;
      if (isAlone) markAttempt(store, this.id, entry);
      const read = await readEntry(this.context, live, entry, quarantined);
      if (read.outcome.kind === "post" && live.group !== undefined) {
        const { leafIndex } = read.outcome;
        if (!keptOf.has(leafIndex)) records.push(...archiveRecordsFor(this.context, live, live.group, leafIndex));
        keptOf.add(leafIndex);
      }
      const place = placeOf(live, read.live, read.outcome);
      if (place !== undefined) places.push(place);
      live = read.live;
      if (read.outcome.kind === "commit") keptOf.clear();
      if (read.outcome.kind === "commit" && live.group !== undefined)
        records.push(...archiveEpoch(this.context, live.record, live.group));
      outcomes.push(read.outcome);
      if (read.outcome.kind === "stop" || read.outcome.kind === "removed") break;
    }
    const effects: Effects = noEffects();
    const record = store.transaction(() => {
      // What it is called changes on the way: the entries are applied one after the other.
      const from = { ...live.record, profileHash: start.record.profileHash };
      const after = applyOutcomes(this.context, from, outcomes, effects);
      for (const place of places) keepPlace(this.context, after, place);
      storeArchiveRecords(this.context, this.id, records);
      const profile = after.profile?.hash === start.record.profile?.hash ? undefined : agreedProfile(store, after);
      if (profile !== undefined && after.policy.history === "archive")
        storeArchiveRecords(this.context, this.id, partRecords(this.context, this.id, profile));
      if (outcomes.some((outcome) => outcome.kind === "stop" && outcome.because === "clone")) markCloned(this.context);
      if (live.group === undefined) dropGroup(store, this.id);
      else if (live.group !== start.group) saveGroup(store, this.id, start.group, live.group);
      if (start.pending !== undefined && live.pending === undefined) dropPendingCommit(store, this.id);
      if (careful && last !== undefined) clearAttempt(store, this.id, last);
      saveConversation(store, after);
      learnFromCommits(this.context, outcomes, live.group);
      return after;
    });
    this.#live = { ...live, record };
    this.hasEntered ||= places.some(({ kind }) => kind === "entered");
    this.#onEffects(this, effects);
    return outcomes.length;
  }
}
