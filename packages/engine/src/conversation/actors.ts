import { SottoError, type ConversationId } from "@sotto/protocol";
import type { Effects } from "./apply-outcome.ts";
import type { Context } from "../context.ts";
import { ConversationActor } from "./conversation-actor.ts";
import { loadConversation } from "./conversation-record.ts";

/** The one actor of every conversation: two of them would write one conversation. */
export class Actors {
  readonly #context: Context;
  readonly #after: (actor: ConversationActor, effects: Effects) => void;
  readonly #all = new Map<ConversationId, ConversationActor>();

  /** @param after is told what every batch of entries brought, once it is written. */
  constructor(context: Context, after: (actor: ConversationActor, effects: Effects) => void) {
    this.#context = context;
    this.#after = after;
  }

  /** The actor of a conversation, whether or not it has a row yet. */
  of(conversation: ConversationId): ConversationActor {
    const existing = this.#all.get(conversation);
    if (existing !== undefined) return existing;
    const actor = new ConversationActor(this.#context, conversation, this.#after);
    this.#all.set(conversation, actor);
    return actor;
  }

  /** The actor of a conversation that this device knows. */
  known(conversation: ConversationId): ConversationActor | undefined {
    const actor = this.#all.get(conversation);
    if (actor !== undefined) return actor;
    return loadConversation(this.#context.store, conversation) === undefined ? undefined : this.of(conversation);
  }

  /** @throws SottoError conversation/unknown */
  get(conversation: ConversationId): ConversationActor {
    const actor = this.known(conversation);
    if (actor === undefined)
      throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
    return actor;
  }

  forget(conversation: ConversationId): void {
    this.#all.delete(conversation);
  }

  /** Waits until no job is under way. */
  async idle(): Promise<void> {
    const nothing = async (): Promise<void> => undefined;
    await Promise.allSettled(
      [...this.#all.values()].flatMap((actor) => [actor.exclusive(nothing), actor.history(nothing)]),
    );
  }
}
