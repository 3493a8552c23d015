import { keysAnswerInfo, postIdOfContent } from "@sotto/crypto";
import { aboutEpochKey, generateSealKeyPair, openSealed, sealTo, type LeafIdentity } from "@sotto/mls";
import {
  KEYS_REQUEST_EPOCHS_MAX,
  KIND,
  ROLE,
  decodeKeysAnswer,
  decodeKeysRequest,
  encodeContent,
  encodeKeysAnswer,
  encodeKeysRequest,
  keysAnswerPost,
  keysRequestPost,
  sendIdOf,
  type AccountId,
  type Content,
  type ConversationId,
  type PostId,
  type Seq,
} from "@sotto/protocol";
import { ArchiveReader } from "./archive-reader.ts";
import {
  archivedSenders,
  epochRecords,
  sealRecord,
  storeArchiveRecords,
  type ArchiveRecord,
} from "./archive-records.ts";
import type { Context } from "./context.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { loadConversation, type ConversationRecord } from "./conversation-record.ts";
import { insertHistory } from "./history-insert.ts";
import { fetchKnown, readEntries, type BackEntry } from "./history-page.ts";
import { decodeKeysPayload, encodeKeysPayloads, type EpochKeys } from "./keys-payload.ts";
import { missingEntries, setMissingState, settleMissing, type MissingEntry } from "./missing-lines.ts";
import { isHeldBack } from "./may-send.ts";
import { enqueue } from "./outbox.ts";
import { bytesOf, numberOf, textOf } from "./rows.ts";

/** A post about keys, as it arrived: its signature is verified, what it says is its sender's claim. */
export type KeysPost = {
  what: "keys-request" | "keys-answer";
  post: PostId;
  sender: LeafIdentity;
  bytes: Uint8Array;
  at: number;
};

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long one waits for an answer before one says that none came. */
const PATIENCE_MS = 10 * 60 * 1000;
const TIMES_A_DAY = 3;
const ANSWER_POSTS_MAX = 4;
const ANSWERS_AN_HOUR = 8;
const HOUR_MS = 60 * 60 * 1000;
const RANGE_ENTRIES = 256;

/**
 * [Note: Keys that nobody of the account has] When no device of an account was there in an epoch, its archive has no keys of it. The account
 * asks the conversation under a fresh key. Whoever answers decides by their own record of the epoch whether the account was a member then:
 * the list of accounts in it is what all members agreed on and sign with every post. And the asker believes no key: it keeps those
 * that open what the log holds, under signatures of the people that its own identity checks know.
 */
export class MissingKeys {
  readonly #context: Context;
  readonly #flush: (conversation: ConversationId) => Promise<void>;
  readonly #upload: () => void;
  /** Requests that somebody answered, as far as this life has seen. */
  readonly #answered = new Set<PostId>();
  readonly #answers = new Map<AccountId, number[]>();

  constructor(context: Context, flush: (conversation: ConversationId) => Promise<void>, upload: () => void) {
    this.#context = context;
    this.#flush = flush;
    this.#upload = upload;
  }

  /** Looks into the own archive once more, and asks the others for what still isn't there. */
  async seek(actor: ConversationActor): Promise<void> {
    const { store } = this.#context;
    if (missingEntries(store, actor.id).length === 0) return;
    await actor.history(() => this.#readAgain(actor, actor.archive, undefined));
    await this.#ask(actor);
    this.#giveUp(actor.id);
  }

  /** Is this post of anybody's concern here, after a while in which others may have done it? */
  isToAnswer({ what, post, sender, bytes, at }: KeysPost): boolean {
    const { account, ports } = this.#context;
    if (what !== "keys-request" || sender.account === account || ports.clock.now() - at > DAY_MS) return false;
    return !this.#answered.has(post) && decodeKeysRequest(bytes) !== undefined;
  }

  /** Notes what a post about keys says. @returns whether it answers a request of this account */
  async take(actor: ConversationActor, { what, sender, bytes }: KeysPost): Promise<boolean> {
    const { store, account, ports } = this.#context;
    if (what === "keys-request") {
      // Another own device asks: what comes of it comes to the archive of both.
      if (sender.account === account) {
        const epochs = decodeKeysRequest(bytes)?.epochs ?? [];
        store.transaction(() => this.#noteAsked(actor.id, epochs, ports.clock.now()));
      }
      return false;
    }
    const answer = decodeKeysAnswer(bytes);
    if (answer === undefined) return false;
    this.#answered.add(answer.request);
    const row = store.all("select private_key, epochs from key_requests where conversation = ? and post = ?", [
      actor.id,
      answer.request,
    ])[0];
    if (row === undefined) return missingEntries(store, actor.id).length > 0;
    const epochs = (JSON.parse(textOf(row, "epochs")) as string[]).map(BigInt);
    const info = keysAnswerInfo(actor.id, answer.request);
    const plaintext = await openSealed(ports.provider, bytesOf(row, "private_key"), info, answer);
    const payload = plaintext === undefined ? undefined : decodeKeysPayload(plaintext);
    const asked = new Set(epochs);
    const keys = (payload ?? []).filter(({ epoch }) => asked.has(epoch));
    const opened = keys.length === 0 ? 0 : await actor.history(() => this.#tryKeys(actor, keys));
    if (opened === 0) this.#refuseAnswer(actor.id, sender.account, epochs);
    else this.#finish(actor.id, answer.request, epochs);
    return opened > 0;
  }

  /** Gives a member keys of epochs in which they were a member. Says nothing to anybody else. */
  async answer(actor: ConversationActor, request: KeysPost): Promise<void> {
    const { store, ports } = this.#context;
    if (!this.isToAnswer(request) || !this.#mayAnswerAgain(request.sender.account)) return;
    const asked = decodeKeysRequest(request.bytes);
    const record = loadConversation(store, actor.id);
    if (asked === undefined || record === undefined || !isOpenFor(this.#context, record, request.sender.account))
      return;
    const keys = await this.#keysFor(actor, record, request.sender.account, asked.epochs);
    if (keys.length === 0) {
      ports.log("info", "keys/not-answered", { conversation: actor.id, epochs: asked.epochs.length });
      return;
    }
    // While the archive was looked through, somebody else may have answered.
    if (this.#answered.has(request.post)) return;
    this.#answered.add(request.post);
    const info = keysAnswerInfo(actor.id, request.post);
    for (const payload of encodeKeysPayloads(keys).slice(0, ANSWER_POSTS_MAX)) {
      const sealed = await sealTo(ports.provider, asked.publicKey, info, payload);
      if (sealed === undefined) return;
      const answer = encodeKeysAnswer({ request: request.post, ...sealed });
      this.#enqueue(actor.id, (salt) => keysAnswerPost(request.post, answer, salt));
    }
    ports.log("info", "keys/answered", { conversation: actor.id, epochs: keys.length });
    await this.#flush(actor.id);
  }

  async #keysFor(
    actor: ConversationActor,
    record: ConversationRecord,
    asker: AccountId,
    epochs: readonly bigint[],
  ): Promise<EpochKeys[]> {
    const { archive } = actor;
    await archive.loadEpochs(epochs);
    const mayHave = epochs.flatMap((epoch) => {
      const epochKeys = archive
        .epoch(epoch)
        .map(({ key }) => key)
        .filter((key) => wasMember(key, asker, record));
      return epochKeys.length === 0 ? [] : [{ epoch, epochKeys }];
    });
    const senders = mayHave.flatMap(({ epoch }) =>
      archivedSenders(this.#context, actor.id, epoch).map((leaf) => ({ epoch, leaf })),
    );
    await archive.loadSenders(senders);
    return mayHave.flatMap(({ epoch, epochKeys }) => {
      const senderKeys = senders
        .filter((sender) => sender.epoch === epoch)
        .flatMap(({ leaf }) => archive.sender(epoch, leaf).map(({ key }) => key));
      return senderKeys.length === 0 ? [] : [{ epoch, epochKeys, senderKeys }];
    });
  }

  async #ask(actor: ConversationActor): Promise<void> {
    const { store, ports, account } = this.#context;
    const record = loadConversation(store, actor.id);
    if (record?.state.kind !== "open" || record.kind === KIND.self || record.policy.history !== "archive") return;
    if (!this.#context.isOnline() || isHeldBack(this.#context, record)) return;
    if (record.members.every((member) => member.account === account)) return;
    const now = ports.clock.now();
    const epochs = [...new Set(missingEntries(store, actor.id).map(({ epoch }) => epoch))]
      .filter((epoch) => this.#mayAsk(actor.id, epoch, now))
      .sort((a, b) => (a < b ? -1 : 1))
      .slice(-KEYS_REQUEST_EPOCHS_MAX);
    if (epochs.length === 0) return;
    const { publicKey, privateKey } = await generateSealKeyPair(ports.provider);
    const request = encodeKeysRequest({ publicKey, epochs });
    store.transaction(() => {
      const post = this.#put(actor.id, (salt) => keysRequestPost(request, salt));
      store.run("insert into key_requests (conversation, post, private_key, epochs, at) values (?, ?, ?, ?, ?)", [
        actor.id,
        post,
        privateKey,
        JSON.stringify(epochs.map(String)),
        now,
      ]);
      this.#noteAsked(actor.id, epochs, now);
      setMissingState(store, actor.id, epochs, "asking");
    });
    this.#context.emit({ kind: "timeline", conversation: actor.id });
    await this.#flush(actor.id);
  }

  #mayAsk(conversation: ConversationId, epoch: bigint, now: number): boolean {
    const row = this.#context.store.all("select at from asked_epochs where conversation = ? and epoch = ?", [
      conversation,
      String(epoch),
    ])[0];
    return row === undefined || now - numberOf(row, "at") >= DAY_MS;
  }

  #noteAsked(conversation: ConversationId, epochs: readonly bigint[], now: number): void {
    for (const epoch of epochs)
      this.#context.store.run(
        `insert into asked_epochs (conversation, epoch, at, times) values (?, ?, ?, 1)
         on conflict (conversation, epoch) do update set at = excluded.at, times = times + 1`,
        [conversation, String(epoch), now],
      );
  }

  /** What came opens nothing: its sender is wrong or lies. Others may be asked again soon, but not without end. */
  #refuseAnswer(conversation: ConversationId, from: AccountId, epochs: readonly bigint[]): void {
    const { store, ports } = this.#context;
    ports.log("warn", "keys/useless-answer", { conversation, account: from });
    store.transaction(() => {
      for (const epoch of epochs)
        store.run("update asked_epochs set at = ? where conversation = ? and epoch = ? and times < ?", [
          ports.clock.now() - DAY_MS,
          conversation,
          String(epoch),
          TIMES_A_DAY,
        ]);
    });
  }

  /** A request whose epochs are all here is over, and its key with it. */
  #finish(conversation: ConversationId, request: PostId, epochs: readonly bigint[]): void {
    const { store } = this.#context;
    const left = new Set(missingEntries(store, conversation).map(({ epoch }) => epoch));
    if (epochs.some((epoch) => left.has(epoch))) return;
    store.transaction(() =>
      store.run("delete from key_requests where conversation = ? and post = ?", [conversation, request]),
    );
  }

  /** Requests that nobody answered are over after a day; what they asked for is said to be unanswered before that. */
  #giveUp(conversation: ConversationId): void {
    const { store, ports } = this.#context;
    const now = ports.clock.now();
    const waited = store
      .all("select epoch from asked_epochs where conversation = ? and at <= ?", [conversation, now - PATIENCE_MS])
      .map((row) => BigInt(textOf(row, "epoch")));
    const changed = store.transaction(() => {
      store.run("delete from key_requests where conversation = ? and at <= ?", [conversation, now - DAY_MS]);
      return setMissingState(store, conversation, waited, "unanswered");
    });
    if (changed) this.#context.emit({ kind: "timeline", conversation });
  }

  /** @returns how many entries they open. Only keys that open something are kept. */
  async #tryKeys(actor: ConversationActor, keys: readonly EpochKeys[]): Promise<number> {
    const trial = new ArchiveReader(this.#context, actor.id);
    await trial.learnSenders(keys.flatMap(({ senderKeys }) => senderKeys));
    for (const { epoch, epochKeys, senderKeys } of keys) {
      for (const key of epochKeys) trial.addEpoch(epoch, { applied: 0, key });
      for (const key of senderKeys) trial.addSender(epoch, key);
    }
    return this.#readAgain(actor, trial, new Set(keys.map(({ epoch }) => epoch)));
  }

  /**
   * Reads entries again that couldn't be read.
   * @param given epochs whose keys somebody gave: they prove nothing against an entry, so one that they don't open stays as it is
   */
  async #readAgain(
    actor: ConversationActor,
    archive: ArchiveReader,
    given: ReadonlySet<bigint> | undefined,
  ): Promise<number> {
    const { store, ports } = this.#context;
    const wanted = missingEntries(store, actor.id).filter(({ epoch }) => given?.has(epoch) !== false);
    let opened = 0;
    for (const range of rangesOf(wanted)) {
      const known = await fetchKnown(this.#context, actor.id, range);
      const seqs = new Set(wanted.map(({ seq }) => seq));
      const read = (await readEntries(this.#context, archive, known)).filter(
        (entry) => seqs.has(entry.seq) && (entry.kind === "post" || (given === undefined && entry.kind === "refused")),
      );
      const record = loadConversation(store, actor.id);
      if (read.length === 0 || record === undefined) continue;
      const records = given === undefined ? [] : this.#recordsOf(actor.id, read);
      store.transaction(() => {
        insertHistory(this.#context, record, read);
        archive.noteFound();
        settleMissing(
          store,
          actor.id,
          read.map(({ seq }) => seq),
          ports.clock.now(),
        );
        storeArchiveRecords(this.#context, actor.id, records);
      });
      for (const entry of read) {
        if (entry.kind !== "post") continue;
        opened++;
        actor.archive.addEpoch(entry.epoch, { applied: 0, key: entry.keys.epochKey });
        actor.archive.addSender(entry.epoch, entry.keys.senderKey);
      }
    }
    if (opened > 0) {
      this.#upload();
      this.#context.emit({ kind: "timeline", conversation: actor.id });
    }
    return opened;
  }

  /** What opened something goes into the own archive, for all devices of the account. */
  #recordsOf(conversation: ConversationId, read: readonly BackEntry[]): ArchiveRecord[] {
    return read.flatMap((entry) => {
      if (entry.kind !== "post") return [];
      const { epoch, leafIndex: leaf, keys } = entry;
      return [
        ...epochRecords(this.#context, conversation, epoch, 0, () => keys.epochKey),
        sealRecord(this.#context, conversation, { kind: "sender", epoch, leaf }, keys.senderKey),
      ];
    });
  }

  #mayAnswerAgain(asker: AccountId): boolean {
    const now = this.#context.ports.clock.now();
    const recent = (this.#answers.get(asker) ?? []).filter((at) => now - at < HOUR_MS);
    if (recent.length >= ANSWERS_AN_HOUR) return false;
    this.#answers.set(asker, [...recent, now]);
    return true;
  }

  #enqueue(conversation: ConversationId, make: (salt: Uint8Array) => Content): void {
    this.#context.store.transaction(() => this.#put(conversation, make));
  }

  /** Into the outbox, inside a transaction. @returns the id that it will have */
  #put(conversation: ConversationId, make: (salt: Uint8Array) => Content): PostId {
    const { store, ports, account } = this.#context;
    const salt = ports.random(16);
    const content = encodeContent(make(salt));
    enqueue(store, {
      conversation,
      send: sendIdOf(ports.random(16)),
      post: null,
      content,
      at: ports.clock.now(),
    });
    return postIdOfContent({ account, conversation, content, salt });
  }
}

/** Was this account a member in the epoch, by the list that all members agreed on? In an open room whoever is in may read what was said. */
function wasMember(epochKey: Uint8Array, asker: AccountId, record: ConversationRecord): boolean {
  const about = aboutEpochKey(epochKey);
  if (about === undefined) return false;
  const role = about.extension.accounts.find(([account]) => account === asker)?.[1];
  if (role !== undefined) return role !== ROLE.banned;
  return (
    about.extension.kind === KIND.room &&
    record.policy.join === "open" &&
    record.members.some(({ account }) => account === asker)
  );
}

/** Whom one doesn't write to, one doesn't answer either. */
function isOpenFor(context: Context, record: ConversationRecord, asker: AccountId): boolean {
  return (
    record.state.kind === "open" &&
    record.policy.history === "archive" &&
    !isHeldBack(context, record) &&
    context.people.trust(asker) !== "blocked" &&
    record.members.some(({ account }) => account === asker)
  );
}

/** Ranges of a page at most that hold all entries. */
function rangesOf(entries: readonly MissingEntry[]): { from: Seq; through: Seq }[] {
  const ranges: { from: Seq; through: Seq }[] = [];
  for (const { seq } of entries) {
    const last = ranges.at(-1);
    if (last !== undefined && seq - last.from < RANGE_ENTRIES) last.through = seq;
    else ranges.push({ from: seq, through: seq });
  }
  return ranges;
}
