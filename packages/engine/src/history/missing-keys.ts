import { keysAnswerInfo } from "@sotto/crypto";
import { generateSealKeyPair, openSealed } from "@sotto/mls";
import {
  KEYS_REQUEST_EPOCHS_MAX,
  KIND,
  decodeKeysAnswer,
  decodeKeysRequest,
  encodeKeysRequest,
  equalBytes,
  keysRequestPost,
  type ConversationId,
  type PostId,
  type Seq,
} from "@sotto/protocol";
import type { AnswerKeys } from "./answer-keys.ts";
import { ArchiveReader } from "./archive-reader.ts";
import { givenRecords, storeGivenRecords, type ArchiveRecord } from "./archive-records.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { loadConversation } from "../conversation/conversation-record.ts";
import { learnBeginning } from "./history.ts";
import { insertHistory } from "./history-insert.ts";
import { fetchKnown, readEntries, type BackEntry } from "./history-page.ts";
import { askAgain, askedBefore, mayAsk, nextDue, noteAsked } from "./keys-asked.ts";
import { decodeKeysPayload, type EpochKeys } from "./keys-payload.ts";
import { putPost, type KeysPost } from "./keys-post.ts";
import { dropMissing, missingEntries, setMissingState, settleMissing, type MissingEntry } from "./missing-lines.ts";
import { isHeldBack } from "../conversation/may-send.ts";
import { bytesOf, textOf } from "../rows.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long one waits for an answer before one says that none came. */
const PATIENCE_MS = 10 * 60 * 1000;
/** What other members still have to say to a request comes before this. */
const OTHERS_MS = 30_000;
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
  readonly #answers: AnswerKeys;

  constructor(
    context: Context,
    answers: AnswerKeys,
    engine: { flush: (conversation: ConversationId) => Promise<void>; upload: () => void },
  ) {
    this.#context = context;
    this.#answers = answers;
    this.#flush = engine.flush;
    this.#upload = engine.upload;
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
    this.#answers.noteGiven(actor.id, answer.request, sender.account, answer.sealed.length);
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
      const post = putPost(this.#context, actor.id, (salt) => keysRequestPost(request, salt));
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
