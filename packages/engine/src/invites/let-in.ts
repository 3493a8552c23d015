import { openJoinRequest } from "@sotto/crypto";
import { JOIN_REQUEST_DAYS_MAX, SottoError, type AccountId, type ConversationId } from "@sotto/protocol";
import type { JoinRequest } from "../api-rules.ts";
import type { Context } from "../context.ts";
import { claimKeyPackages } from "../conversation/claims.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { assertMayAdd } from "../conversation/may-send.ts";
import { addMembers } from "../conversation/membership.ts";
import { agreedProfile } from "../conversation/profile.ts";
import { assertMay, rightsOf } from "../conversation/rights.ts";
import { writeProfile } from "../conversation/write-post.ts";
import { learn } from "../people/learn.ts";
import { isRequest } from "../requests/requests.ts";
import type { Schedule } from "../schedule.ts";
import { conversationsWithInvites, liveInvites, saveWaiting, waitingIn, type Waiting } from "./known-invites.ts";
import { followOwnInvites } from "./own-invites.ts";
import { recordOf } from "./invites.ts";
import { tellInvitesAgain } from "./told-invites.ts";

/** So many by one commit: the rest has the next one. */
const LET_IN_MAX = 32;

type Asking = Waiting & { approval: boolean };

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A request is over when the server should have forgotten it: whoever left since isn't brought back by one that it kept. By the
 * asker's clock, which may be a day ahead.
 */
const isRecent = (at: number, now: number): boolean => at > now - JOIN_REQUEST_DAYS_MAX * DAY_MS && at < now + DAY_MS;

/**
 * Who asks to be let in, by links that hold, as far as it can be proven: by the secret that the server never had, by the asker's own
 * signature, and by what the group itself says of the link. Nothing of it is the server's word.
 */
async function whoAsks(
  context: Context,
  schedule: Pick<Schedule, "failed">,
  record: ConversationRecord,
): Promise<Asking[]> {
  const { store, ports, people } = context;
  const links = new Map(liveInvites(store, record.id, ports.clock.now()).map((link) => [link.invite, link]));
  if (links.size === 0) return [];
  const { requests } = await context.online().request("join.requests", { conversation: record.id });
  const members = new Set(record.members.map(({ account }) => account));
  const outside = requests.filter(
    ({ account, invite }) => links.has(invite) && !members.has(account) && !record.banned.includes(account),
  );
  // Their chains as they are now: who was ended or replaced since asks for nothing.
  await learn(
    context,
    schedule,
    outside.map(({ account }) => account),
  );
  return outside.flatMap(({ account, invite, request, at }) => {
    const link = links.get(invite);
    const chain = people.chain(account);
    if (link === undefined || chain === undefined || people.isGone(account)) return [];
    const asked = openJoinRequest(link, request, chain);
    if (asked?.account === account && isRecent(asked.at, ports.clock.now()))
      return [{ account, invite, at, approval: link.approval }];
    ports.log("warn", "invite/bad-request", { conversation: record.id, account });
    return [];
  });
}

/** Lets people in who ask by a link, and keeps in view whom somebody has to let in by hand. */
export class LetIn {
  readonly #context: Context;
  readonly #schedule: Schedule;
  readonly #actor: (conversation: ConversationId) => ConversationActor | undefined;
  readonly #flush: (conversation: ConversationId) => Promise<void>;
  /** Whom this device could not add, in this life. */
  readonly #failed = new Set<AccountId>();

  constructor(
    context: Context,
    schedule: Schedule,
    engine: {
      actor: (conversation: ConversationId) => ConversationActor | undefined;
      flush: (conversation: ConversationId) => Promise<void>;
    },
  ) {
    this.#context = context;
    this.#schedule = schedule;
    this.#actor = engine.actor;
    this.#flush = engine.flush;
    followOwnInvites(context);
  }

  /** Whoever asked while nobody who could let them in was there. */
  lookEverywhere(): void {
    for (const conversation of conversationsWithInvites(this.#context.store)) this.look(conversation);
  }

  /**
   * Looks after a random wait, which grows with the group: of all the members' devices that could do it, one does, and the others find nobody
   * asking any more.
   */
  look(conversation: ConversationId): void {
    const record = this.#mayLetIn(conversation);
    if (record === undefined) return;
    this.#schedule.soon(`let in ${conversation}`, this.#schedule.delay(record.members.length), () =>
      this.#letIn(conversation),
    );
  }

  #mayLetIn(conversation: ConversationId): ConversationRecord | undefined {
    const context = this.#context;
    const record = loadConversation(context.store, conversation);
    return record !== undefined && rightsOf(record, context.account).add && !isRequest(context, record)
      ? record
      : undefined;
  }

  async #letIn(conversation: ConversationId): Promise<void> {
    const context = this.#context;
    const actor = this.#actor(conversation);
    if (!context.isOnline() || actor === undefined || this.#mayLetIn(conversation) === undefined) return;
    // What others did in the meantime, and what became of the link, comes first.
    await actor.exclusive(() => actor.catchUp());
    const record = this.#mayLetIn(conversation);
    if (record === undefined) return;
    const asking = await whoAsks(context, this.#schedule, record);
    const byHand = asking.filter(({ approval }) => approval);
    if (saveWaiting(context.store, conversation, byHand)) context.emit({ kind: "conversations" });
    const welcome = asking
      .filter(({ account, approval }) => !approval && this.#isWelcome(account))
      .map(({ account }) => account)
      // Behind the others whom it didn't work for, or they would stand in front of everybody.
      .sort((a, b) => Number(this.#failed.has(a)) - Number(this.#failed.has(b)));
    if (welcome.length === 0) return;
    await this.#addWhoFit(actor, welcome.slice(0, LET_IN_MAX));
    if (welcome.slice(LET_IN_MAX).some((account) => !this.#failed.has(account))) this.look(conversation);
  }

  /** All of them at once, or, where that can't be, the half of them and the other half: who can't be added keeps nobody else out (T93). */
  async #addWhoFit(actor: ConversationActor, accounts: readonly AccountId[]): Promise<void> {
    try {
      await this.#add(actor, accounts);
      for (const account of accounts) this.#failed.delete(account);
    } catch (error) {
      if (!(error instanceof SottoError) || error.remedy.kind === "retry" || error.code === "conversation/full")
        throw error;
      const [only, ...more] = accounts;
      if (only === undefined) return;
      if (more.length === 0) {
        this.#failed.add(only);
        this.#schedule.failed(`let in ${actor.id}`, error);
        return;
      }
      const half = Math.ceil(accounts.length / 2);
      await this.#addWhoFit(actor, accounts.slice(0, half));
      await this.#addWhoFit(actor, accounts.slice(half));
    }
  }

  /** Not by this device whom its person has blocked, or whose keys are others than those that were compared. */
  #isWelcome(account: AccountId): boolean {
    try {
      assertMayAdd(this.#context, account);
      return true;
    } catch {
      return false;
    }
  }

  async #add(actor: ConversationActor, accounts: readonly AccountId[]): Promise<void> {
    const context = this.#context;
    await addMembers(actor, await claimKeyPackages(context, accounts));
    const record = loadConversation(context.store, actor.id);
    const profile = record && agreedProfile(context.store, record);
    if (profile !== undefined) writeProfile(context, actor.id, profile);
    if (record !== undefined) tellInvitesAgain(context, record);
    // Whoever is in it is to know what it is called.
    await this.#flush(actor.id);
  }

  /** Those who wait for an answer, asked for anew where that can be. */
  async requests(conversation: ConversationId): Promise<JoinRequest[]> {
    const context = this.#context;
    const record = recordOf(context, conversation);
    if (!rightsOf(record, context.account).add) return [];
    if (context.isOnline()) {
      const asking = await whoAsks(context, this.#schedule, record);
      saveWaiting(
        context.store,
        conversation,
        asking.filter(({ approval }) => approval),
      );
    }
    return waitingIn(context.store, conversation).map(({ account, at }) => ({
      request: account,
      person: context.people.person(account),
      at,
    }));
  }

  /** @throws SottoError invite/unknown when nobody asks any more; conversation/forbidden-change, member/blocked and the like */
  async answer(actor: ConversationActor, request: string, accept: boolean): Promise<void> {
    const context = this.#context;
    const record = recordOf(context, actor.id);
    assertMay(record, context.account, "add");
    const asking = await whoAsks(context, this.#schedule, record);
    const asked = asking.find(({ account }) => account === request);
    const isNoMore =
      asked === undefined && !waitingIn(context.store, actor.id).some(({ account }) => account === request);
    if (asked !== undefined && accept) {
      assertMayAdd(context, asked.account);
      await this.#add(actor, [asked.account]);
    }
    // Who was let in waits no longer; the server sees that by itself.
    if (asked !== undefined && !accept)
      await context.online().request("join.decline", { conversation: actor.id, account: asked.account });
    saveWaiting(
      context.store,
      actor.id,
      asking.filter(({ account, approval }) => approval && account !== request),
    );
    context.emit({ kind: "conversations" });
    if (isNoMore || (accept && asked === undefined)) throw nobodyAsks();
  }
}

const nobodyAsks = (): SottoError =>
  new SottoError("invite/unknown", "They don't ask any more: the link is over, or somebody else has answered.");
