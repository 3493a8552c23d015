import { SottoError, toBase64Url, type ConversationId, type PostId } from "@sotto/protocol";
import type { ScheduledPost } from "../api-posts.ts";
import type { Context } from "../context.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { assertMayWrite } from "../conversation/may-send.ts";
import { assertText, putText } from "../conversation/write-post.ts";
import { numberOf, textOf, textOrNull } from "../rows.ts";
import type { Schedule } from "../schedule.ts";
import { saveDraft } from "../sync/positions.ts";
import { draftOf } from "../timeline/summaries.ts";

/** How many may wait at once: they are kept on this device alone, and looked at with every start. */
const SCHEDULED_MAX = 100;
/** A timer of the platform holds some 24 days, and a laptop that slept is asked again soon. */
const LOOK_AGAIN_MS = 60_000;

type Row = ScheduledPost & { inReplyTo: PostId | undefined };

/**
 * Posts that wait on this device for their time. They are sealed when they go out, like everything: if Sotto isn't open here then, they go
 * out when it next is.
 */
export class Scheduled {
  readonly #context: Context;
  readonly #schedule: Schedule;
  readonly #flush: (conversation: ConversationId) => Promise<void>;

  constructor(context: Context, schedule: Schedule, flush: (conversation: ConversationId) => Promise<void>) {
    this.#context = context;
    this.#schedule = schedule;
    this.#flush = flush;
    this.#arm();
  }

  /** @param at  ms, in the future. @throws SottoError request/malformed, request/too-many, post/empty, post/too-large, conversation/left */
  add(request: { conversation: ConversationId; text: string; at: number; inReplyTo?: PostId | undefined }): string {
    const { store, ports } = this.#context;
    const { conversation, text, at, inReplyTo } = request;
    assertText(text);
    const record = loadConversation(store, conversation);
    if (record !== undefined) assertMayWrite(this.#context, record);
    if (!Number.isSafeInteger(at) || at <= ports.clock.now())
      throw new SottoError("request/malformed", "A message can only be put off to a time that is still to come.", {
        kind: "person",
        do: "Choose a later time.",
      });
    if (this.#rows("", []).length >= SCHEDULED_MAX)
      throw new SottoError("request/too-many", `No more than ${SCHEDULED_MAX} messages can wait for their time.`, {
        kind: "person",
        do: "Send one of them now, or take one back.",
      });
    const scheduled = toBase64Url(ports.random(16));
    store.run("insert into scheduled (id, conversation, text, at, in_reply_to) values (?, ?, ?, ?, ?)", [
      scheduled,
      conversation,
      text,
      at,
      inReplyTo ?? null,
    ]);
    this.#arm();
    return scheduled;
  }

  /** Soonest first. */
  list(conversation: ConversationId): ScheduledPost[] {
    return this.#rows("where conversation = ?", [conversation]).map(({ inReplyTo: _, ...post }) => post);
  }

  /** Takes one back. @returns its conversation; undefined when it has gone out, or never was */
  remove(scheduled: string): ConversationId | undefined {
    const [row] = this.#rows("where id = ?", [scheduled]);
    this.#context.store.run("delete from scheduled where id = ?", [scheduled]);
    return row?.conversation;
  }

  #rows(where: string, parameters: readonly string[]): Row[] {
    return this.#context.store
      .all(`select id, conversation, text, at, in_reply_to from scheduled ${where} order by at, id`, parameters)
      .map((row) => ({
        scheduled: textOf(row, "id"),
        conversation: textOf(row, "conversation") as ConversationId,
        text: textOf(row, "text"),
        at: numberOf(row, "at"),
        inReplyTo: (textOrNull(row, "in_reply_to") as PostId | null) ?? undefined,
      }));
  }

  #arm(): void {
    const [next] = this.#rows("", []);
    if (next === undefined) return;
    const wait = Math.max(0, Math.min(next.at - this.#context.ports.clock.now(), LOOK_AGAIN_MS));
    this.#schedule.soon("scheduled posts", wait, async () => this.#sendDue());
  }

  async #sendDue(): Promise<void> {
    const now = this.#context.ports.clock.now();
    const due = this.#rows("", []).filter(({ at }) => at <= now);
    for (const row of due) this.#send(row);
    this.#arm();
    await Promise.all([...new Set(due.map(({ conversation }) => conversation))].map((id) => this.#flush(id)));
  }

  /** Out of the waiting ones and into the outbox at once: it is never in both, nor in neither. */
  #send({ scheduled, conversation, text, inReplyTo }: Row): void {
    const { store, ports } = this.#context;
    store.transaction(() => {
      store.run("delete from scheduled where id = ?", [scheduled]);
      const record = loadConversation(store, conversation);
      if (record === undefined) ports.log("warn", "scheduled/no-conversation", { conversation });
      else if (isShut(this.#context, record)) keepAsDraft(this.#context, conversation, text);
      else putText(this.#context, conversation, { text, inReplyTo });
    });
    this.#context.emit({ kind: "timeline", conversation });
  }
}

/** Blocked meanwhile, left, closed: what was written for somebody then isn't to go out to them some day. */
function isShut(context: Context, record: ConversationRecord): boolean {
  try {
    assertMayWrite(context, record);
    return false;
  } catch (error) {
    if (error instanceof SottoError) return true;
    throw error;
  }
}

/** The words stay with the person, unless they have begun others there. */
function keepAsDraft(context: Context, conversation: ConversationId, text: string): void {
  if (draftOf(context.sync, conversation) === "") saveDraft(context, conversation, text);
}
