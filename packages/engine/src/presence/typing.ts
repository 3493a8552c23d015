import { openTyping, sealTyping, TYPING_EXPORT } from "@sotto/crypto";
import { epoch, exportSecret, members, ownLeafIndex, type GroupState } from "@sotto/mls";
import { idBytes, type AccountId, type ConversationId, type PostId } from "@sotto/protocol";
import type { Person } from "../api.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { loadConversation } from "../conversation/conversation-record.ts";
import { textOrNull } from "../rows.ts";
import type { Schedule } from "../schedule.ts";
import { preferences } from "../sync/arrangements.ts";
import { mayTellPresence } from "./may-tell.ts";

/** How often it is said that somebody goes on writing, and for how long it is believed. */
const SAY_MS = 3_000;
const SHOWN_MS = 6_000;
/** By how much a sender's clock may be off: older than that it may be said again by who kept it. */
const CLOCK_MS = 60_000;

type Hooks = { actor: (conversation: ConversationId) => ConversationActor | undefined };

/**
 * Who is writing now. In memory only: said by signals that nobody stores, at most every few seconds, and forgotten soon after the last one.
 * Off means off both ways: nothing is said, and nothing of what others say is shown.
 */
export class Typing {
  readonly #context: Context;
  readonly #schedule: Schedule;
  readonly #hooks: Hooks;
  /** When it was last said that the person is writing; gone when it was said that they have stopped. */
  readonly #said = new Map<ConversationId, number>();
  /** Until when it is shown of whom. */
  readonly #shown = new Map<ConversationId, Map<AccountId, number>>();
  /** The newest time that a device has named, so that nothing counts twice. */
  readonly #heard = new Map<string, number>();

  constructor(context: Context, schedule: Schedule, hooks: Hooks) {
    this.#context = context;
    this.#schedule = schedule;
    this.#hooks = hooks;
  }

  /** The person is writing, or has stopped. */
  async set(conversation: ConversationId, typing: boolean): Promise<void> {
    const context = this.#context;
    const now = context.ports.clock.now();
    const said = this.#said.get(conversation);
    if (typing ? said !== undefined && now - said < SAY_MS : said === undefined) return;
    if (typing) this.#said.set(conversation, now);
    else this.#said.delete(conversation);
    // That somebody has stopped is news as long as they are shown as writing.
    if (!typing && said !== undefined && now - said >= SHOWN_MS) return;
    if (!this.#mayTell(conversation)) return;
    const actor = this.#hooks.actor(conversation);
    await actor?.exclusive(async () => {
      const { group } = actor.live();
      if (group === undefined || context.ports.clock.now() - now > SAY_MS || !this.#mayTell(conversation)) return;
      const signal = sealTyping(
        { leafIndex: ownLeafIndex(group), typing, at: now },
        { conversation, epoch: epoch(group) },
        {
          key: await keyOf(group, conversation),
          leafPrivateKey: context.leafKey.privateKey,
          random: context.ports.random,
        },
      );
      await context.online().request("signal.send", { conversation, signal });
    });
  }

  #mayTell(conversation: ConversationId): boolean {
    const context = this.#context;
    const record = loadConversation(context.store, conversation);
    return (
      record !== undefined && context.isOnline() && preferences(context).typing && mayTellPresence(context, record)
    );
  }

  /** A signal came. What it says is believed of whom the leaf key that signed it belongs to in this epoch, and of nobody else. */
  async hear(conversation: ConversationId, signal: Uint8Array): Promise<void> {
    const context = this.#context;
    if (!this.#mayTell(conversation)) return;
    const actor = this.#hooks.actor(conversation);
    await actor?.exclusive(async () => {
      const { group } = actor.live();
      if (group === undefined) return;
      const leaves = members(group);
      const leafAt = (index: number) => leaves.find(({ leafIndex }) => leafIndex === index);
      const heard = openTyping(
        signal,
        { conversation, epoch: epoch(group) },
        { key: await keyOf(group, conversation), leafKeyOf: (index) => leafAt(index)?.signatureKey },
      );
      const identity = heard === undefined ? undefined : leafAt(heard.leafIndex)?.identity;
      if (heard === undefined || identity === undefined || identity.account === context.account) return;
      const now = context.ports.clock.now();
      const name = `${conversation} ${identity.device}`;
      if (Math.abs(now - heard.at) > CLOCK_MS || heard.at <= (this.#heard.get(name) ?? -1)) return;
      this.#heard.set(name, heard.at);
      if (context.people.trust(identity.account) === "blocked") return;
      this.#show(conversation, identity.account, heard.typing ? now + SHOWN_MS : now);
    });
  }

  /** What they were writing has come. */
  wrote(conversation: ConversationId, post: PostId): void {
    if (!this.#shown.has(conversation)) return;
    const row = this.#context.store.all("select sender from items where conversation = ? and post = ?", [
      conversation,
      post,
    ])[0];
    const sender = row === undefined ? null : textOrNull(row, "sender");
    if (sender !== null) this.#show(conversation, sender as AccountId, 0);
  }

  /** Who is writing here now, the first first. */
  in(conversation: ConversationId): Person[] {
    const context = this.#context;
    if (!this.#mayTell(conversation)) return [];
    const now = context.ports.clock.now();
    return [...(this.#shown.get(conversation) ?? [])]
      .filter(([, until]) => until > now)
      .map(([account]) => context.people.person(account));
  }

  #show(conversation: ConversationId, account: AccountId, until: number): void {
    const context = this.#context;
    const now = context.ports.clock.now();
    const shown = this.#shown.get(conversation) ?? new Map<AccountId, number>();
    const was = (shown.get(account) ?? 0) > now;
    if (until > now) shown.set(account, until);
    else shown.delete(account);
    if (shown.size === 0) this.#shown.delete(conversation);
    else this.#shown.set(conversation, shown);
    if (was !== until > now) context.emit({ kind: "typing", conversation });
    if (until > now) this.#expire(conversation);
  }

  #expire(conversation: ConversationId): void {
    const context = this.#context;
    const now = context.ports.clock.now();
    const next = Math.min(...(this.#shown.get(conversation)?.values() ?? []));
    if (!Number.isFinite(next)) return;
    this.#schedule.soon(`typing ${conversation}`, Math.max(1, next - now), async () => {
      const shown = this.#shown.get(conversation) ?? new Map<AccountId, number>();
      for (const [account, until] of new Map(shown))
        if (until <= context.ports.clock.now()) this.#show(conversation, account, 0);
      this.#expire(conversation);
    });
  }
}

const keyOf = (group: GroupState, conversation: ConversationId): Promise<Uint8Array> =>
  exportSecret(group, TYPING_EXPORT, idBytes(conversation), 32);
