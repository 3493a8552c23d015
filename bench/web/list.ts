import { createGenesis } from "@sotto/crypto";
import { memoryStorage } from "@sotto/platform-node";
import { conversationIdOf, KIND, type PostId } from "@sotto/protocol";
import type { Context } from "../../packages/engine/src/context.ts";
import { saveConversation } from "../../packages/engine/src/conversation/conversation-record.ts";
import { newRecord } from "../../packages/engine/src/conversation/join.ts";
import { NOTHING_TOLD, People } from "../../packages/engine/src/people/people.ts";
import { migrate } from "../../packages/engine/src/schema.ts";
import { SyncState } from "../../packages/engine/src/sync/sync-state.ts";
import { ConversationList } from "../../packages/engine/src/timeline/conversation-list.ts";
import { summaries } from "../../packages/engine/src/timeline/summaries.ts";
import type { Figure } from "../figure.ts";
import { median } from "../statistics.ts";

const CONVERSATIONS = 1_000;
const POSTS_EACH = 20;
const ROUNDS = 30;
const PEOPLE = 40;
const MEMBERS = 5;

/** What the list of conversations costs after one post, kept and made from nothing, in Node. */
export async function listAfterPost(): Promise<Figure[]> {
  const context = await largeAccount();
  const list = new ConversationList(context);
  let { at } = list.since(null);
  const kept: number[] = [];
  const fresh: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const conversation = conversationIdOf(idBytes(round * 7));
    context.store.run("update items set text = ? where conversation = ? and item_order = ?", [
      `said in round ${round}`,
      conversation,
      POSTS_EACH * 64,
    ]);
    const begun = performance.now();
    const news = list.since(at);
    kept.push(performance.now() - begun);
    if (news.changed.length !== 1) throw new Error(`${news.changed.length} changed`);
    ({ at } = news);
    const again = performance.now();
    summaries(context);
    fresh.push(performance.now() - again);
  }
  context.store.close();
  return [
    {
      part: "web",
      name: `engine: the list of ${CONVERSATIONS} conversations after a post, median of ${ROUNDS}`,
      value: median(kept),
      unit: "ms",
      rival: { name: "made from nothing", value: median(fresh) },
      bar: { kind: "none" },
    },
  ];
}

const idBytes = (n: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
};

async function largeAccount(): Promise<Context> {
  const store = await memoryStorage().open();
  migrate(store);
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => createGenesis(random)));
  const { account } = people[0]!;
  const clock = { now: () => Date.now() };
  const sync = new SyncState(store, clock, () => undefined);
  const known = new People(store, account, NOTHING_TOLD, sync);
  people.forEach((person, n) => known.learn(person.account, [person.statement], `person${n}`));
  store.transaction(() => {
    for (let n = 0; n < CONVERSATIONS; n++) {
      const conversation = conversationIdOf(idBytes(n));
      const members = Array.from({ length: MEMBERS }, (_, at) => people[(n + at * 7) % PEOPLE]!.account);
      saveConversation(store, {
        ...newRecord(conversation, KIND.group, null, n),
        name: `group ${n}`,
        createdHere: true,
        state: { kind: "open" },
        members: members.map((member) => ({ account: member, role: 1, devices: 1 })),
      });
      for (let post = 1; post <= POSTS_EACH; post++)
        store.run(
          "insert into items (conversation, item_order, seq, at, kind, post, sender, own, text, content, state) values (?, ?, ?, ?, 'post', ?, ?, 0, 'a text of some words', ?, ?)",
          [
            conversation,
            post * 64,
            post,
            post,
            `${n}.${post}` as PostId,
            members[post % MEMBERS]!,
            new Uint8Array(100),
            '{"kind":"received"}',
          ],
        );
    }
  });
  // What the list is made from, and nothing of what else an engine has.
  const context: Pick<Context, "store" | "account" | "people" | "sync" | "previews"> & {
    ports: Pick<Context["ports"], "random" | "clock">;
  } = {
    store,
    account,
    people: known,
    sync,
    previews: new Map(),
    ports: { random, clock: { ...clock, after: () => () => {} } },
  };
  return context as Context;
}
