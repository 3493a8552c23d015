import { KIND, SottoError, type AccountId, type ConversationId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { listConversations, loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { leave } from "../conversation/membership.ts";
import { sharePins } from "../posts/pin-marks.ts";
import { setBlocked } from "../people/trust-actions.ts";
import { hasWords } from "../conversation/outbox.ts";
import { numberOrNull } from "../rows.ts";
import { SYNC } from "../sync/sync-state.ts";
import { sayHeard } from "./heard.ts";
import { isRequest, starterOf } from "./requests.ts";

/**
 * The conversation is an ordinary one from here on, on all own devices. What its people called themselves is known now; and what they
 * brought the person into besides is no request any more either.
 */
export function accept(context: Context, conversation: ConversationId): void {
  const { store, sync } = context;
  store.transaction(() => {
    sync.set(SYNC.accepted(conversation), true);
    takeAcceptance(context, conversation);
  });
}

/** What follows from an acceptance, by whichever own device it was made. Inside a transaction. */
export function takeAcceptance(context: Context, conversation: ConversationId): void {
  sayHeard(context, conversation);
  sharePins(context, conversation);
  const accepted = loadConversation(context.store, conversation);
  if (accepted === undefined) return;
  const people = new Set(accepted.members.map(({ account }) => account));
  for (const record of listConversations(context.store)) {
    if (record.id === conversation || !isRequest(context, record)) continue;
    const starter = starterOf(context, record);
    if (starter !== undefined && people.has(starter)) settleIfKnown(context, record);
  }
}

/**
 * Whom one shares another conversation with that one has accepted, is no stranger: what they bring one into is accepted. Decided when
 * the conversation comes in or one is accepted, and then for good: leaving the other one later makes no request of it. Open rooms
 * don't count: anybody is in them. Inside a transaction.
 */
export function settleIfKnown(context: Context, record: ConversationRecord): void {
  if (!isRequest(context, record)) return;
  const starter = starterOf(context, record);
  if (starter === undefined || context.people.trust(starter) === "blocked") return;
  if (!sharesConversation(context, starter, record.id)) return;
  context.sync.set(SYNC.accepted(record.id), true);
  sayHeard(context, record.id);
  sharePins(context, record.id);
}

function sharesConversation(context: Context, account: AccountId, beside: ConversationId): boolean {
  const rows = context.store.all(
    `select c.id from conversations c join rolls r on r.conversation = c.id
     where c.kind in (?, ?) and c.id <> ? and instr(r.roll, ?) > 0`,
    [KIND.direct, KIND.group, beside, account],
  );
  return rows.some((row) => {
    const other = loadConversation(context.store, row["id"] as ConversationId);
    return (
      other?.state.kind === "open" &&
      other.members.some((member) => member.account === account) &&
      !isRequest(context, other)
    );
  });
}

/** What a person writes, they have let in. */
export function acceptIfWritten(context: Context, conversation: ConversationId): void {
  const record = loadConversation(context.store, conversation);
  if (record === undefined || !isRequest(context, record)) return;
  if (hasWords(context.store, conversation)) accept(context, conversation);
}

/**
 * It goes, without a word. What is there of a direct one is erased; should they write again, they ask again, unless they are blocked.
 * @throws SottoError conversation/unknown: it isn't a request (any more)
 */
export async function deleteRequest(actor: ConversationActor, { block }: { block: boolean }): Promise<void> {
  const { context, id: conversation } = actor;
  const { store, sync } = context;
  const record = loadConversation(store, conversation);
  if (record === undefined || !isRequest(context, record))
    throw new SottoError("conversation/unknown", "There is no such request any more.");
  const starter = starterOf(context, record);
  if (block && starter !== undefined) setBlocked(context, { account: starter, blocked: true });
  if (record.kind === KIND.group && record.state.kind === "open") await leave(actor);
  store.transaction(() => {
    const row = store.all(
      `select max(newest) as newest from (select max(item_order) as newest from items where conversation = ?
        union all select max(item_order) from post_marks where conversation = ?)`,
      [conversation, conversation],
    )[0];
    sync.set(SYNC.accepted(conversation), (row === undefined ? null : numberOrNull(row, "newest")) ?? 0);
    eraseForgotten(context, conversation);
  });
}

/** Erases what was deleted unread, here as on the device on which it was. Inside a transaction. */
export function eraseForgotten({ store, sync }: Context, conversation: ConversationId): void {
  const upTo = sync.get(SYNC.accepted(conversation));
  if (typeof upTo !== "number") return;
  store.run("delete from items where conversation = ? and item_order <= ?", [conversation, upTo]);
  store.run("delete from post_marks where conversation = ? and item_order <= ?", [conversation, upTo]);
  store.run("delete from heard where conversation = ?", [conversation]);
}
