import { keysAnswerInfo } from "@sotto/crypto";
import { aboutEpochKey, epoch as epochOf, sealTo } from "@sotto/mls";
import {
  KIND,
  ROLE,
  decodeKeysRequest,
  encodeKeysAnswer,
  equalBytes,
  keysAnswerPost,
  type AccountId,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";
import { archivedSenders } from "./archive-records.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { encodeKeysPayloads, type EpochKeys } from "./keys-payload.ts";
import { putPost, type KeysPost } from "./keys-post.ts";
import { dropWanted, givenTo, noteGiven, noteWanted, wantedKey, wantedKeys } from "./keys-wanted.ts";
import { endOf } from "../people/revoked.ts";
import { isHeldBack } from "../conversation/may-send.ts";

/** A request for keys, of whatever day of this device. */
type Request = { post: PostId; sender: AccountId; bytes: Uint8Array; at: number };

const DAY_MS = 24 * 60 * 60 * 1000;
/** Whoever has answered the same question lets the others go first. */
const AFTER_OTHERS_MS = 15_000;
/** What sealing adds to a payload. */
const SEAL_BYTES = 16;
const ANSWER_POSTS_MAX = 4;
const ANSWERS_AN_HOUR = 8;
/** Requests of one account that the archive is looked through for, answered or not. */
const LOOKS_AN_HOUR = 32;
const HOUR_MS = 60 * 60 * 1000;

/** Gives other members keys that they ask for and may have (see MissingKeys for the whole of it). */
export class AnswerKeys {
  readonly #context: Context;
  readonly #flush: (conversation: ConversationId) => Promise<void>;
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

  constructor(context: Context, flush: (conversation: ConversationId) => Promise<void>) {
    this.#context = context;
    this.#flush = flush;
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

  /**
   * Another member has answered: that covers what this device would say if it is as much. How good it is can't be seen, but whether it helped:
   * when the same is asked for again, who has answered it before covers nothing.
   */
  noteGiven(conversation: ConversationId, request: PostId, by: AccountId, bytes: number): void {
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
      for (const answer of answers) putPost(this.#context, actor.id, (salt) => keysAnswerPost(post, answer, salt));
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

  /** Counts a request of an account, once however often it is tried. @returns whether it is one of the first `most` in an hour */
  #isAmong(counted: Map<AccountId, Map<PostId, number>>, asker: AccountId, post: PostId, most: number): boolean {
    const now = this.#context.ports.clock.now();
    const recent = new Map([...(counted.get(asker) ?? [])].filter(([, at]) => now - at < HOUR_MS));
    const isAmong = recent.has(post) || recent.size < most;
    if (isAmong) recent.set(post, recent.get(post) ?? now);
    counted.set(asker, recent);
    return isAmong;
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
