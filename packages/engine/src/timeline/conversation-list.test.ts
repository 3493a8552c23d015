import { createGenesis } from "@sotto/crypto";
import { memoryStorage } from "@sotto/platform-node";
import { KIND, postIdOf, type AccountId, type ConversationId, type PostId } from "@sotto/protocol";
import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { ConversationSummary } from "../api.ts";
import type { Context } from "../context.ts";
import {
  forgetConversation,
  loadConversation,
  saveConversation,
  type ConversationRecord,
} from "../conversation/conversation-record.ts";
import { newRecord } from "../conversation/join.ts";
import type { Preview } from "../history/preview.ts";
import { forgettingOnRollback, NOTHING_TOLD, People } from "../people/people.ts";
import { encodeDecision } from "../people/trust.ts";
import { migrate } from "../schema.ts";
import { SYNC, SyncState } from "../sync/sync-state.ts";
import { ConversationList } from "./conversation-list.ts";
import { summaries } from "./summaries.ts";
import { insertLines, insertPost, nextPendingOrder, orderOf, setPostState, settlePost } from "./timeline.ts";

const conversationOf = (n: number) => `${"A".repeat(20)}${"ABCD"[n]}A` as ConversationId;
const THREADS = [1, 2].map((n) => postIdOf(new Uint8Array(32).fill(n)));
const postOf = (n: number) => `post-${n}` as PostId;
let accounts: { account: AccountId; chain: Uint8Array[] }[];

beforeAll(async () => {
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  accounts = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const genesis = await createGenesis(random);
      return { account: genesis.account, chain: [genesis.statement] };
    }),
  );
});

async function world(): Promise<Context> {
  const store = await memoryStorage().open();
  migrate(store);
  const none = new Uint8Array(0);
  const account = accounts[0]!.account;
  store.run(
    "insert into session (id, account, device, username, sign_in_key, leaf_private_key, leaf_public_key, chain, archive_keys, recovery_key_unsaved) values (1, ?, 'd', 'ada', ?, ?, ?, ?, ?, 0)",
    [account, none, none, none, none, none],
  );
  let now = 0;
  const clock = { now: () => ++now };
  const sync = new SyncState(store, clock, () => undefined);
  const people = new People(store, account, NOTHING_TOLD, sync);
  return {
    store: forgettingOnRollback(store, [people, sync]),
    account,
    people,
    sync,
    previews: new Map<ConversationId, Preview>(),
    ports: { random: (length: number) => new Uint8Array(length), clock },
  } as unknown as Context;
}

/** What a page has that asks only for what changed. */
class Page {
  readonly #shown = new Map<ConversationId, ConversationSummary>();
  #at: string | null = null;

  ask(list: ConversationList): { news: number; shown: ConversationSummary[] } {
    const { at, whole, changed, gone } = list.since(this.#at);
    this.#at = at;
    if (whole) this.#shown.clear();
    for (const conversation of gone) this.#shown.delete(conversation);
    for (const summary of changed) this.#shown.set(summary.conversation, summary);
    return { news: changed.length + gone.length, shown: byId([...this.#shown.values()]) };
  }
}

const byId = (all: ConversationSummary[]) => all.toSorted((a, b) => (a.conversation < b.conversation ? -1 : 1));

function change(context: Context, conversation: ConversationId, to: Partial<ConversationRecord>): void {
  const record = loadConversation(context.store, conversation);
  if (record !== undefined) saveConversation(context.store, { ...record, ...to });
}

const which = fc.integer({ min: 0, max: 3 });
const someone = fc.integer({ min: 0, max: 3 });
const small = fc.integer({ min: 1, max: 12 });

type Step = (context: Context) => void;

/** Everything that the engine does to what the list is made from, in any order. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ n: which, kind: fc.constantFrom(KIND.direct, KIND.group, KIND.self), here: fc.boolean() }).map(
    ({ n, kind, here }): Step =>
      (context) =>
        saveConversation(context.store, {
          ...newRecord(conversationOf(n), kind, null, n),
          createdHere: here,
          state: { kind: "open" },
          members: accounts.slice(0, 3).map(({ account }) => ({ account, role: 1, devices: 1 })),
        }),
  ),
  fc.record({ n: which, to: fc.constantFrom("joining", "open", "left") }).map(
    ({ n, to }): Step =>
      (context) =>
        change(context, conversationOf(n), { state: to === "left" ? { kind: "left", because: "left" } : { kind: to } }),
  ),
  fc.record({ n: which, people: fc.uniqueArray(someone), at: small }).map(
    ({ n, people, at }): Step =>
      (context) =>
        change(context, conversationOf(n), {
          activeAt: at,
          name: `name ${at}`,
          members: people.map((each) => ({ account: accounts[each]!.account, role: 1, devices: 1 })),
        }),
  ),
  which.map(
    (n): Step =>
      ({ store }) =>
        forgetConversation(store, conversationOf(n)),
  ),
  fc.record({ n: which, seq: small, by: someone, thread: fc.option(fc.constantFrom(...THREADS)) }).map(
    ({ n, seq, by, thread }): Step =>
      ({ store }) =>
        insertPost(store, {
          conversation: conversationOf(n),
          order: orderOf(seq),
          seq,
          at: seq,
          post: postOf(seq),
          sender: accounts[by]!.account,
          own: by === 0,
          text: `text ${seq}`,
          content: new Uint8Array(),
          state: { kind: "received" },
          thread,
          mentions: seq % 3 === 0,
        }),
  ),
  fc.record({ n: which, post: small }).map(
    ({ n, post }): Step =>
      ({ store, account }) =>
        insertPost(store, {
          conversation: conversationOf(n),
          order: nextPendingOrder(store, conversationOf(n)),
          seq: null,
          at: post,
          post: postOf(100 + post),
          sender: account,
          own: true,
          text: `own ${post}`,
          content: new Uint8Array(),
          state: { kind: "sending" },
        }),
  ),
  fc.record({ n: which, post: small }).map(({ n, post }): Step => ({ store }) => {
    const order = orderOf(100 + post);
    const there = store.all("select 1 as one from items where conversation = ? and item_order = ?", [
      conversationOf(n),
      order,
    ]);
    if (there.length === 0) settlePost(store, conversationOf(n), postOf(100 + post), 100 + post);
  }),
  fc.record({ n: which, post: small }).map(
    ({ n, post }): Step =>
      ({ store }) =>
        setPostState(store, conversationOf(n), postOf(100 + post), { kind: "sending" }),
  ),
  fc.record({ n: which, seq: small, by: someone }).map(
    ({ n, seq, by }): Step =>
      ({ store }) =>
        insertLines(store, conversationOf(n), seq, seq, [{ kind: "joined", by: accounts[by]!.account }]),
  ),
  fc.record({ n: which, seq: small }).map(
    ({ n, seq }): Step =>
      ({ store }) =>
        store.run("delete from items where conversation = ? and item_order >= ?", [conversationOf(n), orderOf(seq)]),
  ),
  fc
    .record({ n: which, what: fc.constantFrom("mute", "pin"), on: fc.boolean() })
    .map(({ n, what, on }): Step => ({ sync }) => {
      const key = what === "mute" ? SYNC.mute(conversationOf(n)) : SYNC.pin(conversationOf(n));
      if (on) sync.set(key, true);
      else sync.delete(key);
    }),
  fc.record({ n: which, text: fc.constantFrom("", "a", "b") }).map(
    ({ n, text }): Step =>
      ({ sync }) =>
        sync.set(SYNC.draft(conversationOf(n)), text),
  ),
  fc.record({ n: which, seq: small }).map(
    ({ n, seq }): Step =>
      ({ sync }) =>
        sync.set(SYNC.read(conversationOf(n)), orderOf(seq)),
  ),
  fc.record({ n: which, others: small, seq: small, thread: fc.constantFrom(...THREADS) }).map(
    ({ n, others, seq, thread }): Step =>
      ({ sync }) =>
        sync.set(SYNC.threads(conversationOf(n)), [orderOf(others), [[thread, orderOf(seq)]]]),
  ),
  fc.record({ n: which, on: fc.boolean() }).map(
    ({ n, on }): Step =>
      ({ sync }) =>
        on ? sync.set(SYNC.accepted(conversationOf(n)), true) : sync.delete(SYNC.accepted(conversationOf(n))),
  ),
  fc.record({ n: which, by: someone }).map(
    ({ n, by }): Step =>
      ({ store }) =>
        store.run("insert or replace into starters (conversation, account) values (?, ?)", [
          conversationOf(n),
          accounts[by]!.account,
        ]),
  ),
  fc.record({ n: which, by: someone }).map(
    ({ n, by }): Step =>
      ({ store }) =>
        store.run("insert or replace into counters (conversation, account, device, counter) values (?, ?, 'd', 1)", [
          conversationOf(n),
          accounts[by]!.account,
        ]),
  ),
  fc.record({ by: someone, name: fc.constantFrom("Bo", "Cy", null) }).map(
    ({ by, name }): Step =>
      ({ sync }) =>
        name === null
          ? sync.delete(SYNC.name(accounts[by]!.account))
          : sync.set(SYNC.name(accounts[by]!.account), name),
  ),
  fc.record({ by: someone, blocked: fc.boolean() }).map(
    ({ by, blocked }): Step =>
      ({ sync }) =>
        sync.set(SYNC.trust(accounts[by]!.account), encodeDecision({ verified: null, blocked })),
  ),
  someone.map(
    (by): Step =>
      ({ people }) =>
        void people.learn(accounts[by]!.account, accounts[by]!.chain, `user${by}`),
  ),
  fc.record({ by: someone, name: fc.constantFrom("Ada", "Bea", null) }).map(
    ({ by, name }): Step =>
      ({ people }) =>
        people.setDisplayName(accounts[by]!.account, name),
  ),
  fc.boolean().map(
    (cloned): Step =>
      ({ store }) =>
        store.run("update session set cloned_at = ?", [cloned ? 1 : null]),
  ),
  fc.record({ n: which, there: fc.boolean(), at: small }).map(({ n, there, at }): Step => ({ previews }) => {
    const conversation = conversationOf(n);
    if (!there) return void previews.delete(conversation);
    const summary = { conversation, activeAt: at, people: [], kind: "group", name: "seen" };
    previews.set(conversation, { summary } as unknown as Preview);
  }),
);

const steps = fc.array(
  fc.record({
    step,
    /** Rolled back, committed, or asked in the middle of several. */
    ends: fc.constantFrom("commit", "commit", "commit", "rollback"),
    asks: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30, size: "max" },
);

test("after any changes the kept list is what is made from nothing, and so is what a page has that asks for changes only", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const context = await world();
      for (let n = 0; n < 4; n++)
        saveConversation(context.store, {
          ...newRecord(conversationOf(n), n === 0 ? KIND.direct : KIND.group, null, n),
          state: { kind: "open" },
          // The others are a stranger's until something else says so.
          createdHere: n < 2,
          members: accounts.slice(0, 2 + (n % 2)).map(({ account }) => ({ account, role: 1, devices: 1 })),
        });
      const list = new ConversationList(context);
      const page = new Page();
      page.ask(list);
      for (const { step: work, ends, asks } of all) {
        try {
          context.store.transaction(() => {
            work(context);
            if (ends === "rollback") throw new Error("rolled back");
          });
        } catch (error) {
          if (!(error instanceof Error && error.message === "rolled back")) throw error;
        }
        if (!asks) continue;
        const fresh = summaries(context);
        expect(byId(list.all())).toEqual(byId(fresh));
        expect(page.ask(list).shown).toEqual(byId(fresh));
      }
      expect(page.ask(list).shown).toEqual(byId(summaries(context)));
      context.store.close();
    }),
    { numRuns: 25 },
  );
});

test("a post makes one summary anew, and asking again gives nothing", async () => {
  const context = await world();
  for (let n = 0; n < 4; n++)
    saveConversation(context.store, {
      ...newRecord(conversationOf(n), KIND.group, null, n),
      state: { kind: "open" },
      createdHere: true,
      members: accounts.map(({ account }) => ({ account, role: 1, devices: 1 })),
    });
  const list = new ConversationList(context);
  const page = new Page();
  expect(page.ask(list).news).toBe(4);
  expect(page.ask(list).news).toBe(0);
  insertPost(context.store, {
    conversation: conversationOf(2),
    order: orderOf(1),
    seq: 1,
    at: 1,
    post: postOf(1),
    sender: accounts[1]!.account,
    own: false,
    text: "hello",
    content: new Uint8Array(),
    state: { kind: "received" },
  });
  expect(page.ask(list).news).toBe(1);
  // Nothing of it is shown.
  context.store.run("update conversations set cursor = cursor + 1");
  expect(page.ask(list).news).toBe(0);
});

test("what another engine gave out is no place to go on from", async () => {
  const context = await world();
  saveConversation(context.store, { ...newRecord(conversationOf(0), KIND.group, null, 1), state: { kind: "open" } });
  const list = new ConversationList(context);
  const { at } = list.since(null);
  expect(list.since(at).whole).toBe(false);
  for (const other of [null, "", "x", `0 ${at}`, `${at}9`]) expect(list.since(other).whole).toBe(true);
});
