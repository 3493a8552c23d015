import { keysAnswerInfo, postIdOfContent } from "@sotto/crypto";
import {
  aboutEpochKey,
  epoch as epochOf,
  generateSealKeyPair,
  openSealed,
  sealTo,
  type LeafIdentity,
} from "@sotto/mls";
import {
  KEYS_REQUEST_EPOCHS_MAX,
  KIND,
  ROLE,
  decodeKeysAnswer,
  decodeKeysRequest,
  encodeContent,
  encodeKeysAnswer,
  encodeKeysRequest,
  equalBytes,
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
import { archivedSenders, givenRecords, storeGivenRecords, type ArchiveRecord } from "./archive-records.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { learnBeginning } from "./history.ts";
import { insertHistory } from "./history-insert.ts";
import { fetchKnown, readEntries, type BackEntry } from "./history-page.ts";
import { askAgain, askedBefore, mayAsk, nextDue, noteAsked } from "./keys-asked.ts";
import { decodeKeysPayload, encodeKeysPayloads, type EpochKeys } from "./keys-payload.ts";
import { dropWanted, givenTo, noteGiven, noteWanted, wantedKey, wantedKeys } from "./keys-wanted.ts";
import { dropMissing, missingEntries, setMissingState, settleMissing, type MissingEntry } from "./missing-lines.ts";
import { endOf } from "../people/revoked.ts";
import { isHeldBack } from "../conversation/may-send.ts";
import { enqueue } from "../conversation/outbox.ts";
import { bytesOf, textOf } from "../rows.ts";

/** A post about keys, as it arrived: its signature is verified, what it says is its sender's claim. */
export type KeysPost = {
  what: "keys-request" | "keys-answer";
  post: PostId;
  sender: LeafIdentity;
  bytes: Uint8Array;
  at: number;
};

/** A request for keys, of whatever day of this device. */
type Request = { post: PostId; sender: AccountId; bytes: Uint8Array; at: number };

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long one waits for an answer before one says that none came. */
const PATIENCE_MS = 10 * 60 * 1000;
/** What other members still have to say to a request comes before this. */
const OTHERS_MS = 30_000;
/** Whoever has answered the same question lets the others go first. */
const AFTER_OTHERS_MS = 15_000;
/** What sealing adds to a payload. */
const SEAL_BYTES = 16;
const ANSWER_POSTS_MAX = 4;
const ANSWERS_AN_HOUR = 8;
/** Requests of one account that the archive is looked through for, answered or not. */
const LOOKS_AN_HOUR = 32;
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
  /** Bytes that each account has answered a request with, as far as this life has seen. */
  readonly #given = new Map<PostId, Map<AccountId, number>>();
  /** Which request for an epoch each account has answered first, by `asker epoch` and giver, as far as this life has seen. */
  readonly #givers = new Map<string, Map<AccountId, PostId>>();
  /** What this device has answered: `account epoch`. */
  readonly #gave = new Set<string>();
  readonly #answers = new Map<AccountId, Map<PostId, number>>();
  readonly #looks = new Map<AccountId, Map<PostId, number>>();
  /** One request is looked through the archive for at a time. */
  #answering: Promise<void> = Promise.resolve();

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

  /** In how many ms what is missing may be asked for again, 0 where it may be now. Undefined where nothing is missing. */
  nextLook(conversation: ConversationId): number | undefined {
    const { store, ports } = this.#context;
    if (missingEntries(store, conversation).length === 0) return undefined;
    return Math.max(0, (nextDue(store, conversation) ?? 0) - ports.clock.now());
  }

  /** Is there anything that may be asked for now? */
  isDue(conversation: ConversationId): boolean {
    const { store, ports } = this.#context;
    const now = ports.clock.now();
    return missingEntries(store, conversation).some(({ epoch }) => mayAsk(store, conversation, epoch, now));
  }

  /** Others' requests that wait for an answer. */
  wanted(): (Request & { conversation: ConversationId })[] {
    return wantedKeys(this.#context.store, this.#context.ports.clock.now() - DAY_MS);
  }

  /**
   * Is this post of anybody's concern here, after a while in which others may have done it? Then it is kept until it is answered.
   * @returns how long to wait beyond that, in ms; undefined when it is no request to this device
   */
  isToAnswer(conversation: ConversationId, { what, post, sender, bytes, at }: KeysPost): number | undefined {
    const { account, ports, store } = this.#context;
    if (what !== "keys-request" || sender.account === account || ports.clock.now() - at > DAY_MS) return undefined;
    const request = decodeKeysRequest(bytes);
    if (request === undefined) return undefined;
    store.transaction(() =>
      noteWanted(store, { conversation, post, sender: sender.account, device: sender.device, bytes, at }),
    );
    return request.epochs.every((epoch) => this.#gave.has(`${sender.account} ${epoch}`)) ? AFTER_OTHERS_MS : 0;
  }

  /** Notes what a post about keys says. @returns whether it answers a request of this account */
  async take(actor: ConversationActor, { what, sender, bytes }: KeysPost): Promise<boolean> {
    const { store, account, ports } = this.#context;
    if (what === "keys-request") {
      // Another own device asks: what comes of it comes to the archive of both.
      if (sender.account === account) {
        const epochs = decodeKeysRequest(bytes)?.epochs ?? [];
        store.transaction(() => noteAsked(store, actor.id, epochs, ports.clock.now()));
      }
      return false;
    }
    const answer = decodeKeysAnswer(bytes);
    if (answer === undefined) return false;
    this.#noteGiven(actor.id, answer.request, sender.account, answer.sealed.length);
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
    const left = this.#leftOf(actor.id, epochs);
    // What opens nothing comes from somebody who is wrong or lies. What opens a part may be followed by the rest.
    if (opened === 0) ports.log("warn", "keys/useless-answer", { conversation: actor.id, account: sender.account });
    if (left.length > 0) askAgain(store, actor.id, left, ports.clock.now() + (opened === 0 ? 0 : OTHERS_MS));
    else this.#finish(actor.id, answer.request);
    return opened > 0;
  }

  /**
   * Another member has answered: that covers what this device would say if it is as much. How good it is can't be seen, but whether it helped:
   * when the same is asked for again, who has answered it before covers nothing.
   */
  #noteGiven(conversation: ConversationId, request: PostId, by: AccountId, bytes: number): void {
    const given = this.#given.get(request) ?? new Map<AccountId, number>();
    const sum = (given.get(by) ?? 0) + bytes;
    given.set(by, sum);
    this.#given.set(request, given);
    const { store } = this.#context;
    const wanted = wantedKey(store, conversation, request);
    if (wanted === undefined) return;
    const names = (decodeKeysRequest(wanted.bytes)?.epochs ?? []).map((epoch) => `${wanted.sender} ${epoch}`);
    const inVain = names.some((name) => (this.#givers.get(name)?.get(by) ?? request) !== request);
    if (!inVain) store.transaction(() => noteGiven(store, conversation, request, sum));
    for (const name of names) {
      const givers = this.#givers.get(name) ?? new Map<AccountId, PostId>();
      if (!givers.has(by)) givers.set(by, request);
      this.#givers.set(name, givers);
    }
  }

  /**
   * Gives a member keys of epochs in which they were a member. Says nothing to anybody else. What others have given is sealed: only how much
   * it is can be seen, and records of the same keys are equally long on every device. So who has more than was given says it.
   * @throws SottoError connection/unreachable: the request waits for the next connection
   */
  answer(actor: ConversationActor, request: Request): Promise<void> {
    const result = this.#answering.then(() => this.#answer(actor, request));
    this.#answering = result.catch(() => undefined);
    return result;
  }

  async #answer(actor: ConversationActor, { post, sender, bytes, at }: Request): Promise<void> {
    const { store, ports } = this.#context;
    if (ports.clock.now() - at > DAY_MS || givenTo(store, actor.id, post) === undefined) return;
    const asked = decodeKeysRequest(bytes);
    const record = loadConversation(store, actor.id);
    if (asked === undefined || record === undefined || !isOpenFor(this.#context, record, sender)) return;
    // What it asked before its account ended it waits here, and its key with whoever has it now.
    const device = wantedKey(store, actor.id, post)?.device;
    if (device === undefined || endOf(this.#context.people.chain(sender), device) !== null)
      return store.transaction(() => dropWanted(store, actor.id, post));
    if (!this.#isAmong(this.#looks, sender, post, LOOKS_AN_HOUR))
      return store.transaction(() => dropWanted(store, actor.id, post));
    const keys = await this.#keysFor(actor, record, sender, asked.epochs);
    const payloads = encodeKeysPayloads(keys).slice(0, ANSWER_POSTS_MAX);
    // While the archive was looked through, somebody else may have answered.
    const given = givenTo(store, actor.id, post);
    if (given === undefined) return;
    const isCovered = given > 0 && given >= sizeOf(keys.filter(({ epoch }) => isOver(actor, epoch)));
    if (keys.length === 0 || isCovered || !this.#isAmong(this.#answers, sender, post, ANSWERS_AN_HOUR)) {
      if (keys.length === 0)
        ports.log("info", "keys/not-answered", { conversation: actor.id, epochs: asked.epochs.length });
      return store.transaction(() => dropWanted(store, actor.id, post));
    }
    const info = keysAnswerInfo(actor.id, post);
    const answers: Uint8Array[] = [];
    for (const payload of payloads) {
      const sealed = await sealTo(ports.provider, asked.publicKey, info, payload);
      if (sealed !== undefined) answers.push(encodeKeysAnswer({ request: post, ...sealed }));
    }
    store.transaction(() => {
      for (const answer of answers) this.#put(actor.id, (salt) => keysAnswerPost(post, answer, salt));
      dropWanted(store, actor.id, post);
    });
    for (const { epoch } of keys) this.#gave.add(`${sender} ${epoch}`);
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
    // One key that doesn't name the asker, and nothing is given: a false one that does would stand for the epoch of the true one. Nor is
    // what others gave passed on: it is theirs to vouch for.
    const mayHave = epochs.flatMap((epoch) => {
      const known = archive.epoch(epoch);
      const epochKeys = known.filter(({ applied }) => applied > 0).map(({ key }) => key);
      const isForAsker = known.every(({ key }) => wasMember(key, asker, record));
      return epochKeys.length === 0 || !isForAsker ? [] : [{ epoch, epochKeys: distinct(epochKeys) }];
    });
    const senders = mayHave.flatMap(({ epoch }) =>
      archivedSenders(this.#context, actor.id, epoch).map((leaf) => ({ epoch, leaf })),
    );
    await archive.loadSenders(senders);
    return mayHave.flatMap(({ epoch, epochKeys }) => {
      const senderKeys = senders
        .filter((sender) => sender.epoch === epoch)
        .flatMap(({ leaf }) => archive.sender(epoch, leaf).flatMap(({ key, given }) => (given ? [] : [key])));
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
    if (!this.isDue(actor.id)) return;
    // Anybody is let into an open room's past. What was said before the account came is nevertheless not asked for: of its devices some
    // would then have it and others not.
    const isKnown = await actor.history(() => learnBeginning(this.#context, actor));
    if (record.kind === KIND.room && !isKnown) return;
    const epochs = [...new Set(missingEntries(store, actor.id).map(({ epoch }) => epoch))]
      .filter((epoch) => mayAsk(store, actor.id, epoch, now))
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
      noteAsked(store, actor.id, epochs, now);
      setMissingState(store, actor.id, epochs, "asking");
    });
    this.#context.emit({ kind: "timeline", conversation: actor.id });
    await this.#flush(actor.id);
  }

  /** Those of these epochs that are still missing. */
  #leftOf(conversation: ConversationId, epochs: readonly bigint[]): bigint[] {
    const left = new Set(missingEntries(this.#context.store, conversation).map(({ epoch }) => epoch));
    return epochs.filter((epoch) => left.has(epoch));
  }

  /** A request whose epochs are all here is over, and its key with it. */
  #finish(conversation: ConversationId, request: PostId): void {
    const { store } = this.#context;
    store.transaction(() =>
      store.run("delete from key_requests where conversation = ? and post = ?", [conversation, request]),
    );
  }

  /** Requests that nobody answered are over after a day; what they asked for is said to be unanswered before that. */
  #giveUp(conversation: ConversationId): void {
    const { store, ports } = this.#context;
    const now = ports.clock.now();
    const waited = askedBefore(store, conversation, now - PATIENCE_MS);
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
      for (const key of senderKeys) trial.addSender(epoch, { key, given: true });
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
      const records = given === undefined ? [] : this.#recordsOf(actor, read);
      const seqsOf = (shown: boolean): Seq[] =>
        read.filter(({ kind }) => (kind === "post") === shown).map(({ seq }) => seq);
      store.transaction(() => {
        dropMissing(store, actor.id, seqsOf(false));
        settleMissing(store, actor.id, seqsOf(true), ports.clock.now());
        insertHistory(this.#context, record, read);
        archive.noteFound();
        storeGivenRecords(this.#context, actor.id, records);
      });
      opened += seqsOf(true).length;
    }
    if (opened > 0) {
      this.#upload();
      this.#context.emit({ kind: "timeline", conversation: actor.id });
    }
    return opened;
  }

  /** What opened something goes into the own archive, for all devices of the account. */
  #recordsOf({ id, archive }: ConversationActor, read: readonly BackEntry[]): ArchiveRecord[] {
    return read.flatMap((entry) => {
      if (entry.kind !== "post") return [];
      const { epoch, leafIndex: leaf, keys } = entry;
      const hasSender = archive.sender(epoch, leaf).some(({ key }) => equalBytes(key, keys.senderKey));
      const hasEpoch = archive.epoch(epoch).some(({ key }) => equalBytes(key, keys.epochKey));
      archive.addEpoch(epoch, { applied: 0, key: keys.epochKey });
      archive.addSender(epoch, { key: keys.senderKey, given: true });
      return [
        ...(hasEpoch ? [] : givenRecords.epoch(this.#context, id, epoch, keys.epochKey)),
        ...(hasSender ? [] : [givenRecords.sender(this.#context, id, { epoch, leaf }, keys.senderKey)]),
      ];
    });
  }

  /** Counts a request of an account, once however often it is tried. @returns whether it is one of the first `most` in an hour */
  #isAmong(counted: Map<AccountId, Map<PostId, number>>, asker: AccountId, post: PostId, most: number): boolean {
    const now = this.#context.ports.clock.now();
    const recent = new Map([...(counted.get(asker) ?? [])].filter(([, at]) => now - at < HOUR_MS));
    const isAmong = recent.has(post) || recent.size < most;
    if (isAmong) recent.set(post, recent.get(post) ?? now);
    counted.set(asker, recent);
    return isAmong;
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

/** Contradicting records of one key are one key. */
const distinct = (keys: readonly Uint8Array[]): Uint8Array[] =>
  keys.filter((key, index) => keys.findIndex((other) => equalBytes(other, key)) === index);

/** In the epoch that is going on there are more keys with each who speaks, and be it to answer. */
function isOver(actor: ConversationActor, epoch: bigint): boolean {
  const { group } = actor.live();
  return group === undefined || epoch < epochOf(group);
}

/** Bytes of an answer with these keys. */
const sizeOf = (keys: readonly EpochKeys[]): number =>
  encodeKeysPayloads(keys)
    .slice(0, ANSWER_POSTS_MAX)
    .reduce((sum, { length }) => sum + length + SEAL_BYTES, 0);

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
