import { memoryStorage } from "@sotto/platform-node";
import {
  KIND,
  MEMBERS_MAY,
  ROLE,
  accountIdOf,
  deletePost,
  editPost,
  encodeContent,
  markdownPost,
  pinsPost,
  pollPost,
  postIdOf,
  reactionPost,
  textPost,
  unreactionPost,
  votePost,
  type AccountId,
  type Content,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { shownOf } from "../conversation/content.ts";
import { People } from "../people/people.ts";
import { migrate } from "../schema.ts";
import { SyncState } from "../sync/sync-state.ts";
import { takePost } from "./take-post.ts";
import { unreadCount } from "./counting.ts";
import { orderOf, timelinePage } from "./timeline.ts";

const conversation = "AAAAAAAAAAAAAAAAAAAAAA" as ConversationId;
const readTo = (order: number) => ({ itself: order, others: order, threads: new Map() });
const [me, evil] = [1, 2].map((n) => accountIdOf(new Uint8Array(32).fill(n))) as [AccountId, AccountId];
const postId = (seq: number): PostId => {
  const bytes = new Uint8Array(32).fill(9);
  new DataView(bytes.buffer).setUint32(0, seq);
  return postIdOf(bytes);
};
const salt = new Uint8Array(16);
const nowhere = postId(4_000_000);
const MINE = postId(1);

type Learn = (sender: AccountId, content: Content, seq?: number) => void;

async function device(): Promise<{ context: Context; learn: Learn }> {
  const store = await memoryStorage().open();
  migrate(store);
  const sync = new SyncState(store, { now: () => 0 }, () => undefined);
  const ports = { clock: { now: () => 0 } };
  const context = { store, sync, people: new People(store, me), account: me, ports } as unknown as Context;
  let last = 0;
  const learn: Learn = (sender, content, seq = ++last) => {
    const shown = shownOf(encodeContent(content));
    if (shown.kind === "profile" || shown.kind === "between-devices") throw new Error("not shown");
    takePost(
      context,
      {
        conversation,
        order: orderOf(seq),
        seq,
        at: seq,
        post: postId(seq),
        sender,
        content: encodeContent(content),
        standing: {
          kind: KIND.group,
          role: ROLE.member,
          policy: { ...MEMBERS_MAY, pin: "admins", add: "admins", join: "closed", history: "archive", timerSeconds: 0 },
        },
        state: { kind: "received" },
      },
      shown,
    );
  };
  return { context, learn };
}

const POSTS = 4_000;
/** What somebody writes, over and over, who wants others' devices to do nothing else any more. The nth is told its number. */
const FLOODS: Record<string, (n: number) => Content> = {
  "one emoji on one post": () => reactionPost(MINE, "👍", salt),
  "one emoji, put on and taken off again": (n) =>
    n < POSTS / 2 ? reactionPost(MINE, "👍", salt) : unreactionPost(postId(n - POSTS / 2 + 2), MINE, salt),
  "versions of somebody else's post": (n) => editPost(MINE, `his ${n}`, salt),
  "deletions of somebody else's post": () => deletePost(MINE, salt),
  "versions of a post that isn't there": (n) => editPost(nowhere, `none ${n}`, salt),
  "deletions of a post that isn't there": () => deletePost(nowhere, salt),
  "pins by who may not": () => pinsPost([MINE], salt),
  "votes on one poll": (n) => votePost(MINE, [n % 2], salt),
  "posts in one thread": () => markdownPost("on and on", salt, { thread: MINE }),
  "posts in a thread of nobody": () => markdownPost("on and on", salt, { thread: nowhere }),
};

for (const [name, make] of Object.entries(FLOODS))
  test(`[T90] ${POSTS} times ${name}: each costs what the first did, and so do the page and the list`, async () => {
    const { context, learn } = await device();
    const { store, people } = context;
    const poll = { question: "which?", options: ["a", "b"], multiple: false };
    learn(me, name.startsWith("votes") ? pollPost(poll, salt) : textPost("mine", salt));
    // Processor time: what else the machine does isn't in it.
    const time = (work: () => void): number => {
      const begun = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1_000;
    };
    const part = (from: number, to: number): number =>
      time(() =>
        store.transaction(() => {
          for (let n = from; n < to; n++) learn(evil, make(n));
        }),
      );
    const first = part(0, POSTS / 8);
    part(POSTS / 8, (POSTS / 8) * 7);
    const last = part((POSTS / 8) * 7, POSTS);
    const shown = time(() =>
      timelinePage({ ...context, now: 0, record: undefined }, { conversation, limit: 50, read: readTo(0) }),
    );
    const counted = time(() => unreadCount(store, people, conversation, readTo(0)));
    // What grows with each takes seconds by now.
    expect(last).toBeLessThan(first * 4 + 600);
    expect(shown + counted).toBeLessThan(600);
  });

test("[T13] which reactions of one person count doesn't depend on when they are learnt, put on and taken off as they are", async () => {
  const { context, learn } = await device();
  const { store } = context;
  const emoji = (n: number): string => String.fromCodePoint(0x1f600 + n);
  const size = 90;
  const anyReactions = fc.array(
    fc.record({
      emoji: fc.integer({ min: 0, max: 27 }),
      takes: fc.option(fc.integer({ min: 1, max: size }), { freq: 3 }),
    }),
    { minLength: size, maxLength: size },
  );
  fc.assert(
    fc.property(
      anyReactions.chain((log) =>
        fc.tuple(
          fc.constant(log),
          fc.shuffledSubarray(
            log.map((_, index) => index + 1),
            { minLength: size },
          ),
        ),
      ),
      ([log, order]) => {
        store.run("delete from post_marks");
        store.transaction(() => {
          for (const seq of order) {
            const { emoji: which, takes } = log[seq - 1]!;
            const isTaking = takes !== null;
            learn(
              evil,
              isTaking ? unreactionPost(postId(takes), MINE, salt) : reactionPost(MINE, emoji(which), salt),
              seq,
            );
          }
        });
        const taken = new Set(log.flatMap(({ takes }) => takes ?? []));
        const counted = new Map<string, number>();
        for (const [index, { emoji: which, takes }] of log.entries())
          if (takes === null && !taken.has(index + 1) && counted.size < 24 && !counted.has(emoji(which)))
            counted.set(emoji(which), orderOf(index + 1));
        const kept = store.all("select data, item_order from post_marks where kind = 'reaction' order by item_order");
        expect(kept.map((row) => [row["data"], row["item_order"]])).toEqual([...counted]);
      },
    ),
    { numRuns: 100 },
  );
});
