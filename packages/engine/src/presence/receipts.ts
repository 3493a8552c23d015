import {
  KIND,
  decodeReceipt,
  encodeContent,
  encodeReceipt,
  receiptPost,
  sendIdOf,
  type AccountId,
  type ConversationId,
  type Receipt,
  type Seq,
} from "@sotto/protocol";
import type { PostMarks } from "../api-posts.ts";
import type { Context } from "../context.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { enqueue } from "../conversation/outbox.ts";
import { numberOf, numberOrNull, textOf } from "../rows.ts";
import type { Schedule } from "../schedule.ts";
import { preferences } from "../sync/arrangements.ts";
import { readOrderOf } from "../sync/positions.ts";
import { isRequest } from "../requests/requests.ts";
import { isAmongFew, mayTellPresence } from "./may-tell.ts";

/** What was read in this time is told at once; a random time on top keeps the moment of reading to oneself. */
const BATCH_MS = 10_000;
const JITTER_MS = 10_000;

type Hooks = { flush: (conversation: ConversationId) => Promise<void> };

/**
 * [Note: Receipts] How far an account has received and read a conversation, as two places in its log. Only posts that are shown move them:
 * what refers to nothing, or was refused, is answered by nothing (T87). An account says it once, whichever device was faster; in
 * conversations of few people, all of whom it has let in; and only while its person wants both to tell and to be told.
 */
export class Receipts {
  readonly #context: Context;
  readonly #schedule: Schedule;
  readonly #hooks: Hooks;
  /** What couldn't be told for want of a connection. */
  readonly #waiting = new Set<ConversationId>();

  constructor(context: Context, schedule: Schedule, hooks: Hooks) {
    this.#context = context;
    this.#schedule = schedule;
    this.#hooks = hooks;
  }

  /** Something has come, or was read. */
  due(conversation: ConversationId): void {
    if (!preferences(this.#context).readReceipts) return;
    const jitter = ((this.#context.ports.random(1)[0] ?? 0) / 255) * JITTER_MS;
    this.#schedule.soon(`receipt ${conversation}`, BATCH_MS + jitter, () => this.#tell(conversation));
  }

  /** There is a connection again. */
  again(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const conversation of waiting) this.due(conversation);
  }

  async #tell(conversation: ConversationId): Promise<void> {
    const context = this.#context;
    const { store, ports } = context;
    if (!context.isOnline()) return void this.#waiting.add(conversation);
    const record = loadConversation(store, conversation);
    if (record === undefined || !mayTellReceipts(context, record)) return;
    const receipt = receiptNow(context, conversation);
    const told = toldUpTo(context, conversation);
    if (receipt.delivered <= told.delivered && receipt.read <= told.read) return;
    store.transaction(() => {
      noteTold(context, conversation, receipt);
      enqueue(store, {
        conversation,
        send: sendIdOf(ports.random(16)),
        post: null,
        content: encodeContent(receiptPost(encodeReceipt(receipt), ports.random(16))),
        at: ports.clock.now(),
      });
    });
    await this.#hooks.flush(conversation);
  }
}

/** Whoever came into a group gives fresh keys before its first post. A receipt isn't worth that commit, of each of its people. */
function mayTellReceipts(context: Context, record: ConversationRecord): boolean {
  if (record.needsRekey && record.kind !== KIND.direct) return false;
  return preferences(context).readReceipts && mayTellPresence(context, record);
}

/** What the person's devices have of others' posts, and what the person has seen of that. */
function receiptNow({ store, sync, people }: Context, conversation: ConversationId): Receipt {
  const blocked = [...people.withTrust("blocked")];
  const others = blocked.length === 0 ? "" : ` and sender not in (${blocked.map(() => "?").join(", ")})`;
  const newest = (upTo: number): number => {
    const row = store.all(
      // In the thread of a post that isn't here nobody sees it, and nobody is told that it came.
      `select seq as newest from items where conversation = ? and item_order <= ? and seq is not null and kind = 'post' and own = 0${others}
        and (thread is null or exists (select 1 from items r where r.conversation = items.conversation and r.post = items.thread and r.kind = 'post'))
        order by item_order desc limit 1`,
      [conversation, upTo, ...blocked],
    )[0];
    return (row === undefined ? null : numberOrNull(row, "newest")) ?? 0;
  };
  return { delivered: newest(Number.MAX_SAFE_INTEGER), read: newest(readOrderOf(sync, conversation)) };
}

function toldUpTo({ store }: Pick<Context, "store">, conversation: ConversationId): Receipt {
  const row = store.all("select delivered, read from receipts_told where conversation = ?", [conversation])[0];
  return row === undefined
    ? { delivered: 0, read: 0 }
    : { delivered: numberOf(row, "delivered"), read: numberOf(row, "read") };
}

function noteTold({ store }: Pick<Context, "store">, conversation: ConversationId, { delivered, read }: Receipt): void {
  store.run(
    `insert into receipts_told (conversation, delivered, read) values (?, ?, ?)
     on conflict (conversation) do update set delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)`,
    [conversation, delivered, read],
  );
}

/**
 * Takes what an account says of itself. Places only grow, in whatever order it is learnt, and reach no further than the entry that says
 * it. Inside the transaction that keeps the post's place.
 */
export function takeReceipt(
  context: Context,
  record: ConversationRecord,
  { account, bytes, seq }: { account: AccountId; bytes: Uint8Array; seq: Seq },
): void {
  const receipt = decodeReceipt(bytes);
  if (receipt === undefined) return;
  const upTo = { delivered: Math.min(receipt.delivered, seq - 1), read: Math.min(receipt.read, seq - 1) };
  // Another own device was faster.
  if (account === context.account) return noteTold(context, record.id, upTo);
  if (!mayTellPresence(context, record) || !preferences(context).readReceipts) return;
  context.store.run(
    `insert into receipts (conversation, account, delivered, read) values (?, ?, ?, ?)
     on conflict (conversation, account) do update set delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)`,
    [record.id, account, upTo.delivered, upTo.read],
  );
}

/** Who of the others has one's own post at a place, and who has read it; null where receipts are off, or nobody tells any. */
export function receiptsIn(
  look: Pick<Context, "store" | "sync" | "people" | "account">,
  record: ConversationRecord | undefined,
): ((seq: Seq) => PostMarks["receipts"]) | null {
  const { store, people, account: self } = look;
  if (record === undefined || !preferences(look).readReceipts || !isAmongFew(record)) return null;
  if (isRequest(look, record)) return null;
  const others = record.members.map(({ account }) => account).filter((account) => account !== self);
  const rows = new Map(
    store
      .all("select account, delivered, read from receipts where conversation = ?", [record.id])
      .map((row) => [textOf(row, "account"), row]),
  );
  const shown = others.filter((account) => people.trust(account) !== "blocked");
  const having = (what: "delivered" | "read", seq: Seq) =>
    shown
      .filter((account) => {
        const row = rows.get(account);
        return row !== undefined && numberOf(row, what) >= seq;
      })
      .map((account) => people.person(account));
  return (seq) => ({ delivered: having("delivered", seq), read: having("read", seq), others: others.length });
}
