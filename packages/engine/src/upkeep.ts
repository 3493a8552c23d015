import { KIND, type AccountId, type ConversationId } from "@sotto/protocol";
import type { Actors } from "./conversation/actors.ts";
import type { Effects } from "./conversation/apply-outcome.ts";
import { uploadArchive } from "./history/archive-records.ts";
import { backfill, BackfillQueue } from "./history/backfill.ts";
import { commit } from "./conversation/commit-flow.ts";
import type { Context } from "./context.ts";
import type { ConversationActor } from "./conversation/conversation-actor.ts";
import { listConversations, loadConversation, type ConversationRecord } from "./conversation/conversation-record.ts";
import { newestGap } from "./history/gaps.ts";
import { harvest, isSetAside } from "./history/far-behind.ts";
import type { Filled } from "./history/history.ts";
import { learnMembers } from "./people/learn.ts";
import { AnswerKeys } from "./history/answer-keys.ts";
import type { KeysPost } from "./history/keys-post.ts";
import { MissingKeys } from "./history/missing-keys.ts";
import { announceProfile } from "./conversation/profile.ts";
import { rekeyWhereDue } from "./conversation/rekey.ts";
import { textOf } from "./rows.ts";
import { isRequest } from "./requests/requests.ts";
import type { Schedule } from "./schedule.ts";
import { SYNC } from "./sync/sync-state.ts";
import { hasRevokedLeaf, isUntidy, tidy } from "./conversation/tidy.ts";

/** Long enough that a burst goes in one request. What isn't uploaded is unreadable for a device that comes now. */
const ARCHIVE_DELAY_MS = 200;
const ARCHIVE_RETRY_MS = 5_000;
/** What one's own other devices have just archived may still be on its way. */
const SEEK_DELAY_MS = 2_000;
const SEEK_AGAIN_MS = 5_000;
const SOUGHT_DELAY_MS = 11 * 60 * 1000;
/** Between two pages of a walk in the background: what a person does meanwhile comes first. */
const HARVEST_DELAY_MS = 100;
const ENTER_DELAY_MS = 5_000;
const REKEY_DELAY_MS = 60 * 1000;

/** What follows from entries that were read, and what any member does for all: after a random wait, unless another did it. */
export class Upkeep {
  readonly #context: Context;
  readonly #schedule: Schedule;
  /** Groups with people who may not have been told the name yet. */
  readonly #unannounced = new Set<ConversationId>();
  readonly #backfill: BackfillQueue;
  readonly #keys: MissingKeys;
  readonly #answers: AnswerKeys;
  readonly #entering = new Set<ConversationId>();
  readonly #engine: {
    actors: () => Actors;
    sync: () => Promise<void>;
    flush: (conversation: ConversationId) => Promise<void>;
  };

  #isTidying = false;
  #tidyAgain = false;

  constructor(
    context: Context,
    schedule: Schedule,
    engine: { actors: () => Actors; sync: () => Promise<void>; flush: (conversation: ConversationId) => Promise<void> },
  ) {
    this.#context = context;
    this.#schedule = schedule;
    this.#engine = engine;
    // What another own device has read by now says how far back this one has to look.
    context.sync.onChange(SYNC.read("" as ConversationId), (key) => {
      const conversation = key.slice(SYNC.read("" as ConversationId).length) as ConversationId;
      if (newestGap(context.store, conversation, Number.MAX_SAFE_INTEGER) !== undefined) this.lookBack(conversation);
    });
    this.#answers = new AnswerKeys(context, engine.flush);
    this.#keys = new MissingKeys(context, this.#answers, { flush: engine.flush, upload: () => this.archive() });
    this.#backfill = new BackfillQueue(
      (conversation) => this.#look(conversation),
      (error) => schedule.failed("backfill", error),
    );
  }

  async #look(conversation: ConversationId): Promise<void> {
    const actor = this.#engine.actors().known(conversation);
    const record = loadConversation(this.#context.store, conversation);
    // What own devices tell each other is read in its own way (read-self-back.ts).
    if (actor === undefined || record === undefined || record.kind === KIND.self || !this.#context.isOnline()) return;
    if (isSetAside(this.#context.store, conversation)) this.harvest(actor);
    await backfill(this.#context, actor, (result) => this.filled(actor, result));
  }

  /** Walks a state that was put aside through what it missed, a page at a time, then reads what lies there. */
  harvest(actor: ConversationActor): void {
    this.#schedule.soon(`harvest ${actor.id}`, HARVEST_DELAY_MS, async () => {
      if (!this.#context.isOnline()) return;
      const isMore = await actor.history(() => harvest(this.#context, actor));
      this.archive();
      if (isMore) this.harvest(actor);
      else this.lookBack(actor.id);
    });
  }

  /** Gives fresh keys where they are due, and looks again when the next ones are. */
  rekey(afterMs = REKEY_DELAY_MS): void {
    this.#schedule.soon("rekey", afterMs, async () => {
      const wait = await rekeyWhereDue(
        this.#context,
        ({ id }) => this.#engine.actors().get(id),
        (error) => this.#schedule.failed("rekey", error),
      );
      // Without a connection there is nothing to wait for but the next one.
      if (this.#context.isOnline()) this.rekey(wait);
    });
  }

  /** Older entries were read. */
  filled(actor: ConversationActor, { missing, isOld }: Filled): void {
    if (missing.length > 0 && (isOld !== true || this.#keys.isDue(actor.id))) this.#seekKeys(actor, SEEK_DELAY_MS);
  }

  /** Goes on with what a life before this one began: states that were put aside, and keys that are missing. */
  seekKeys(): void {
    for (const row of this.#context.store.all("select conversation from behind")) {
      const actor = this.#engine.actors().known(textOf(row, "conversation") as ConversationId);
      if (actor !== undefined) this.harvest(actor);
    }
    // Entered and then cut short, before anything older was there to be shown.
    for (const row of this.#context.store.all(
      `select distinct conversation from gaps g where last_seq is not null and waits = 0 and not exists
         (select 1 from items i where i.conversation = g.conversation and i.kind = 'post' and i.seq is not null)`,
    ))
      this.lookBack(textOf(row, "conversation") as ConversationId);
    this.#answerWanted();
    for (const row of this.#context.store.all("select distinct conversation from missing")) {
      const actor = this.#engine.actors().known(textOf(row, "conversation") as ConversationId);
      if (actor !== undefined) this.#seekKeys(actor, SEEK_DELAY_MS);
    }
  }

  #seekKeys(actor: ConversationActor, delayMs: number, name = "seek"): void {
    this.#schedule.soon(`${name} ${actor.id}`, delayMs, async () => {
      if (!this.#context.isOnline()) return;
      await this.#keys.seek(actor);
      // Until then somebody has answered, or it is said that nobody did.
      const next = this.#keys.nextLook(actor.id);
      if (next === undefined) return;
      if (next > 0 && next < SOUGHT_DELAY_MS) this.#seekKeys(actor, next + SEEK_DELAY_MS, "again");
      else if (name === "sought" && next > 0) this.#seekKeys(actor, next, "next day");
      else if (name !== "sought") this.#seekKeys(actor, SOUGHT_DELAY_MS, "sought");
    });
  }

  /** Answers requests that an earlier connection, or an earlier life, has left open. */
  #answerWanted(): void {
    for (const wanted of this.#answers.wanted()) {
      const record = loadConversation(this.#context.store, wanted.conversation);
      const actor = this.#engine.actors().known(wanted.conversation);
      if (actor !== undefined && record !== undefined) this.#answer(actor, wanted, record.members.length, 0);
    }
  }

  #answer(actor: ConversationActor, wanted: Parameters<AnswerKeys["answer"]>[1], members: number, later: number): void {
    const schedule = this.#schedule;
    schedule.soon(`answer ${wanted.post}`, schedule.delay(members) + later, () => this.#answers.answer(actor, wanted));
  }

  #onKeys(actor: ConversationActor, post: KeysPost): void {
    const schedule = this.#schedule;
    const later = this.#answers.isToAnswer(actor.id, post);
    if (later !== undefined) {
      const { record } = actor.live();
      return this.#answer(actor, { ...post, sender: post.sender.account }, record.members.length, later);
    }
    schedule.soon(`keys ${post.post}`, 0, async () => {
      await this.#keys.take(actor, post);
      // Another own device may have been answered, or this answer was of no use.
      if (post.what === "keys-answer") this.#seekKeys(actor, SEEK_AGAIN_MS);
    });
  }

  /** The same at once, for a conversation that is being entered: then each is whole before the next begins. */
  async entering(conversation: ConversationId, enter: () => Promise<void>): Promise<void> {
    this.#entering.add(conversation);
    try {
      await enter();
    } finally {
      this.#entering.delete(conversation);
    }
    const actor = this.#engine.actors().known(conversation);
    if (actor?.hasEntered !== true) return;
    actor.hasEntered = false;
    await this.#look(conversation);
  }

  /** Reads, before long, what was written shortly before this device entered. */
  lookBack(conversation: ConversationId): void {
    // What own devices say to each other is read in its own way, and only as far as it still counts.
    if (loadConversation(this.#context.store, conversation)?.kind === KIND.self) return;
    this.#backfill.add(conversation);
  }

  /** Tells shells what a batch of entries brought, and plans what it makes necessary. */
  after(actor: ConversationActor, effects: Effects): void {
    const context = this.#context;
    const schedule = this.#schedule;
    context.emit({ kind: "timeline", conversation: actor.id });
    for (const post of effects.arrived) context.emit({ kind: "arrived", conversation: actor.id, post });
    this.archive();
    if (actor.hasEntered && !this.#entering.has(actor.id)) {
      actor.hasEntered = false;
      this.lookBack(actor.id);
    }
    for (const post of effects.keys) this.#onKeys(actor, post);
    if (effects.synced.length > 0) context.sync.announce(effects.synced);
    if (effects.profileSaid) this.#unannounced.delete(actor.id);
    const { record, group } = actor.live();
    if (record.state.kind === "stopped" && record.state.because === "frozen")
      schedule.soon("sync", 0, this.#engine.sync);
    if (record.state.kind === "joining") this.#enterLater(actor.id);
    if (effects.skippedCommit) this.heal(actor);
    if (!effects.membersChanged) return;
    context.emit({ kind: "conversations" });
    schedule.soon(`members ${actor.id}`, 0, () => learnMembers(context, schedule, actor.id));
    schedule.soon(`acknowledge ${actor.id}`, 0, () => this.#acknowledge(actor.id, record.applied));
    // A device that was ended may have come back in by an older chain of its account.
    if (group !== undefined && hasRevokedLeaf(context, group)) this.tidyIn(actor.id);
    const others = effects.newcomers.filter((account) => account !== context.account);
    if (others.length > 0 && record.kind === KIND.group) this.#announceLater(actor);
  }

  /** Whoever let people in says what the group is called. Should nobody have, one of the others does. */
  #announceLater(actor: ConversationActor): void {
    this.#unannounced.add(actor.id);
    this.#schedule.soon(`announce ${actor.id}`, this.#schedule.delay(actor.live().record.members.length), async () => {
      if (!this.#unannounced.delete(actor.id)) return;
      if (await actor.exclusive(() => announceProfile(this.#context, actor))) await this.#engine.flush(actor.id);
    });
  }

  /** What the server held may not have let this device in; the log has moved on, and so it may now. */
  #enterLater(conversation: ConversationId): void {
    this.#schedule.soon(`enter ${conversation}`, ENTER_DELAY_MS, async () => {
      if (loadConversation(this.#context.store, conversation)?.state.kind === "joining") await this.#engine.sync();
    });
  }

  /** Follows a skipped commit with a good one: newcomers can't enter by what a skipped one leads to. */
  heal(actor: ConversationActor): void {
    const { record } = actor.live();
    if (record.state.kind !== "open" || record.latestCommit === record.applied) return;
    if (isRequest(this.#context, record)) return;
    this.#schedule.soon(`heal ${actor.id}`, this.#schedule.delay(record.members.length), () =>
      actor.exclusive(() => commit(actor, ({ record: now }) => (now.latestCommit === now.applied ? undefined : {}))),
    );
  }

  /** Looks, one conversation after the other, for what has no right to be in a group any more. One round at a time: each asks the server. */
  tidy(): void {
    if (this.#isTidying) {
      this.#tidyAgain = true;
      return;
    }
    this.#schedule.soon("tidy", this.#schedule.delay(2), async () => {
      this.#isTidying = true;
      try {
        await this.#tidyAll();
      } finally {
        this.#isTidying = false;
      }
      if (!this.#tidyAgain) return;
      this.#tidyAgain = false;
      this.tidy();
    });
  }

  async #tidyAll(): Promise<void> {
    for (const { id, state } of listConversations(this.#context.store)) {
      const actor = state.kind === "open" ? this.#engine.actors().known(id) : undefined;
      const isToDo = actor
        ?.exclusive(() => isUntidy(actor))
        .catch((error: unknown) => {
          this.#schedule.failed("tidy", error);
          return false;
        });
      if ((await isToDo) === true) this.tidyIn(id);
    }
  }

  /** Removes it: after a wait that grows with the group, so that one of its members does it for all. */
  tidyIn(conversation: ConversationId): void {
    const record = loadConversation(this.#context.store, conversation);
    if (record?.state.kind !== "open") return;
    this.#schedule.soon(`tidy ${conversation}`, this.#schedule.delay(record.members.length), async () => {
      if (loadConversation(this.#context.store, conversation) === undefined) return;
      const actor = this.#engine.actors().get(conversation);
      await actor.exclusive(() => tidy(actor, { leavers: true }));
    });
  }

  /** Devices of an account that were ended are taken out wherever this device is together with it. */
  tidyDevicesOf(account: AccountId): void {
    for (const record of this.#sharedWith(account)) {
      this.#schedule.soon(`tidy devices ${record.id}`, this.#schedule.delay(record.members.length), () =>
        this.#tidyDevices(record.id),
      );
    }
  }

  #sharedWith(account: AccountId): ConversationRecord[] {
    return listConversations(this.#context.store).filter(
      ({ state, members }) => state.kind === "open" && members.some((member) => member.account === account),
    );
  }

  async #tidyDevices(conversation: ConversationId): Promise<void> {
    const actor = this.#engine.actors().known(conversation);
    if (actor !== undefined) await actor.exclusive(() => tidy(actor, { leavers: false }));
  }

  archive(): void {
    this.#schedule.soon("archive", ARCHIVE_DELAY_MS, () => this.#upload());
  }

  /** What the server doesn't take now goes up later: it stays until it has. */
  async #upload(): Promise<void> {
    await uploadArchive(this.#context).catch((error: unknown) => {
      if (this.#context.isOnline()) this.#schedule.soon("archive", ARCHIVE_RETRY_MS, () => this.#upload());
      throw error;
    });
  }

  async #acknowledge(conversation: ConversationId, seq: number): Promise<void> {
    await this.#context.online().request("conversation.acknowledge", { conversation, seq });
  }
}
