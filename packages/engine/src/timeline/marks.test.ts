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
  postIdOf,
  reactionPost,
  textPost,
  unreactionPost,
  type AccountId,
  type Content,
  type ConversationId,
  type PostId,
  type Seq,
} from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TimelineItem } from "../api.ts";
import type { Context } from "../context.ts";
import { shownOf } from "../conversation/content.ts";
import { RIGHT, rightsOf, type Standing } from "../conversation/standing.ts";
import { People } from "../people/people.ts";
import type { Store } from "../ports.ts";
import { migrate } from "../schema.ts";
import { SyncState } from "../sync/sync-state.ts";
import { foldMarks, type StoredMark } from "./fold-marks.ts";
import { settle, takePost } from "./take-post.ts";
import { mentionCount, unreadCount } from "./counting.ts";
import { itemsOf, orderOf, timelinePage } from "./timeline.ts";

const conversation = "AAAAAAAAAAAAAAAAAAAAAA" as ConversationId;
const readTo = (order: number) => ({ itself: order, others: order, threads: new Map() });
const people = [1, 2, 3].map((n) => accountIdOf(new Uint8Array(32).fill(n)));
const [me, ada, bob] = people as [AccountId, AccountId, AccountId];
const postId = (seq: number): PostId => {
  const bytes = new Uint8Array(32).fill(9);
  new DataView(bytes.buffer).setUint32(0, seq);
  return postIdOf(bytes);
};
const salt = (seq: number): Uint8Array => postSalt.slice(seq % 200, (seq % 200) + 16);
const postSalt = Uint8Array.from({ length: 256 }, (_, n) => n);

const standing = (role: Standing["role"]): Standing => ({
  kind: KIND.group,
  role,
  policy: { ...MEMBERS_MAY, add: "admins", join: "closed", history: "archive", timerSeconds: 0 },
});

/** An entry of the log: who wrote what, and as what. */
type Entry = { seq: Seq; sender: AccountId; role: Standing["role"]; content: Content };

async function device(): Promise<{ context: Context; store: Store }> {
  const store = await memoryStorage().open();
  migrate(store);
  const sync = new SyncState(store, { now: () => 0 }, () => undefined);
  const known = new People(store, me);
  const ports = { clock: { now: () => 0 } };
  return { store, context: { store, sync, people: known, account: me, ports } as unknown as Context };
}

function learn(context: Context, { seq, sender, role, content }: Entry): void {
  const bytes = encodeContent(content);
  const shown = shownOf(bytes);
  if (shown.kind === "profile" || shown.kind === "between-devices") throw new Error("not shown");
  context.store.transaction(() =>
    takePost(
      context,
      {
        conversation,
        order: orderOf(seq),
        seq,
        at: seq,
        post: postId(seq),
        sender,
        content: bytes,
        standing: standing(role),
        state: { kind: "received" },
      },
      shown,
    ),
  );
}

const look = (context: Context) => ({ ...context, now: 0, record: undefined });
const pageOf = (context: Context): TimelineItem[] =>
  timelinePage(look(context), { conversation, limit: 200, read: readTo(0) }).items;

const SEQS = 14;
/** Any log of so many entries: posts, and marks on anything, by anybody, in any role. */
const anyLog: fc.Arbitrary<Entry[]> = fc
  .array(
    fc.record({
      sender: fc.constantFrom(me, ada, bob),
      role: fc.constantFrom(ROLE.member, ROLE.admin),
      what: fc.constantFrom("post", "post", "reply", "thread", "edit", "edit", "delete", "react", "react", "unreact"),
      target: fc.integer({ min: 1, max: SEQS }),
      emoji: fc.constantFrom("👍", "❤️"),
    }),
    { minLength: SEQS, maxLength: SEQS },
  )
  .map((list) =>
    list.map(({ sender, role, what, target, emoji }, index): Entry => {
      const seq = index + 1;
      const to = postId(target);
      const make = (): Content => {
        switch (what) {
          case "reply":
            return markdownPost(`reply ${seq}`, salt(seq), { inReplyTo: to });
          case "thread":
            return markdownPost(`in thread ${seq}`, salt(seq), { thread: to });
          case "edit":
            return editPost(to, `edit ${seq}`, salt(seq));
          case "delete":
            return deletePost(to, salt(seq));
          case "react":
            return reactionPost(to, emoji, salt(seq));
          case "unreact":
            return unreactionPost(to, to, salt(seq));
          default:
            return textPost(`post ${seq}`, salt(seq));
        }
      };
      return { seq, sender, role, content: make() };
    }),
  );

type Modelled = { post: PostId; text: string | null; deletedBy: string | null; reactions: string[] };

/** What a log shows, said in the plainest way. */
function model(log: readonly Entry[]): Modelled[] {
  const meant = log.map((entry) => ({
    ...entry,
    post: postId(entry.seq),
    shown: shownOf(encodeContent(entry.content)),
  }));
  const stored: (StoredMark & { target: PostId })[] = meant.flatMap(({ seq, sender, role, post, shown }) =>
    shown.kind === "mark"
      ? [
          {
            kind: shown.mark.kind,
            target: shown.mark.target,
            order: orderOf(seq),
            account: sender,
            post,
            at: seq,
            rights: rightsOf(standing(role)),
            data:
              shown.mark.kind === "edit" ? shown.mark.text : shown.mark.kind === "reaction" ? shown.mark.emoji : null,
          },
        ]
      : [],
  );
  return meant.flatMap(({ sender, post, shown }): Modelled[] => {
    if (shown.kind !== "text" || shown.told.thread !== null) return [];
    const marks = stored.filter(({ target }) => target === post);
    const { deletion, edit } = foldMarks(sender, marks);
    const live = marks.filter(
      (mark) =>
        mark.kind === "reaction" &&
        !stored.some(
          (taken) => taken.kind === "unreaction" && taken.target === mark.post && taken.account === mark.account,
        ),
    );
    const reactions = [...new Set(live.map(({ data, account }) => `${data} ${account}`))].sort();
    if (deletion !== null) return [{ post, text: null, deletedBy: deletion.account, reactions: [] }];
    return [{ post, text: edit?.data ?? shown.text, deletedBy: null, reactions }];
  });
}

const shownAs = (items: readonly TimelineItem[]): ReturnType<typeof model> =>
  items.flatMap((item): Modelled[] => {
    if (item.kind === "deleted") return [{ post: item.post, text: null, deletedBy: item.by.account, reactions: [] }];
    if (item.kind !== "post") return [];
    const reactions = item.marks.reactions.flatMap(({ emoji, people: who, count }) => {
      expect(who.length).toBe(count);
      return who.map(({ account }) => `${emoji} ${account}`);
    });
    return [{ post: item.post, text: item.text, deletedBy: null, reactions: reactions.sort() }];
  });

test("[T13] whatever order a log is learnt in, the page is the same, and it is what the marks of those who may make of it", async () => {
  const [live, other] = [await device(), await device()];
  fc.assert(
    fc.property(
      anyLog.chain((log) => fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length }))),
      ([log, order]) => {
        for (const { store } of [live, other])
          store.transaction(() => {
            store.run("delete from items");
            store.run("delete from post_marks");
          });
        for (const entry of log) learn(live.context, entry);
        for (const entry of order) learn(other.context, entry);
        const pages = [pageOf(live.context), pageOf(other.context)];
        expect(pages[1]).toEqual(pages[0]);
        expect(shownAs(pages[0]!)).toEqual(model(log));
        const versions = (store: Store) =>
          store.all(
            `select m.target, m.kind, m.item_order, m.post, case when m.kind <> 'edit' or m.account = i.sender then m.data end as data
              from post_marks m left join items i on i.post = m.target order by m.target, m.kind, m.item_order`,
          );
        expect(versions(other.store)).toEqual(versions(live.store));
      },
    ),
    { numRuns: 150 },
  );
});

test("[T13] of those who may, the first deletion and the last edit count, and a deletion always wins", () => {
  const mark = (kind: string, order: number, account: AccountId, rights = 0): StoredMark => ({
    kind,
    order,
    account,
    rights,
    post: postId(order),
    at: order,
    data: String(order),
  });
  const marks = [
    mark("edit", 5, ada),
    mark("edit", 9, bob, RIGHT.deleteOthers),
    mark("edit", 7, ada),
    mark("delete", 3, bob, RIGHT.mentionAll),
    mark("delete", 8, bob, RIGHT.deleteOthers),
    mark("delete", 12, ada),
    mark("reaction", 1, ada),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(marks, { minLength: marks.length }), (any) => {
      const { deletion, edit } = foldMarks(ada, any);
      expect([deletion?.order, edit?.order]).toEqual([8, 7]);
    }),
  );
  expect(foldMarks(ada, [mark("delete", 3, bob), mark("edit", 4, bob)])).toEqual({ deletion: null, edit: null });
});

test("ten thousand reactions on one post cost a page what a few do, and name twenty people", async () => {
  const { store, context } = await device();
  for (let seq = 1; seq <= 50; seq++)
    learn(context, { seq, sender: ada, role: ROLE.member, content: textPost(`post ${seq}`, salt(seq)) });
  const measure = (): number => {
    const times = Array.from({ length: 9 }, () => {
      const began = performance.now();
      pageOf(context);
      return performance.now() - began;
    });
    return times.sort((a, b) => a - b)[4]!;
  };
  const plain = measure();
  store.transaction(() => {
    for (let n = 0; n < 10_000; n++) {
      const bytes = new Uint8Array(32);
      new DataView(bytes.buffer).setUint32(0, n + 1);
      store.run(
        "insert into post_marks (conversation, target, kind, item_order, account, post, at, rights, data) values (?, ?, 'reaction', ?, ?, ?, 0, 0, ?)",
        [
          conversation,
          postId(25),
          orderOf(1_000 + n),
          accountIdOf(bytes),
          postId(1_000 + n),
          n % 3 === 0 ? "👍" : "❤️",
        ],
      );
    }
  });
  const reactions = pageOf(context).flatMap((item) => (item.kind === "post" ? item.marks.reactions : []));
  expect(reactions.map(({ emoji, count, people: who }) => [emoji, count, who.length])).toEqual([
    ["❤️", 6_666, 20],
    ["👍", 3_334, 20],
  ]);
  const full = measure();
  expect(full).toBeLessThan(plain + 100);
});

test("one person's reactions to a post are at most so many different ones", async () => {
  const { context } = await device();
  learn(context, { seq: 1, sender: ada, role: ROLE.member, content: textPost("post", salt(1)) });
  for (let n = 0; n < 60; n++)
    learn(context, {
      seq: 2 + n,
      sender: bob,
      role: ROLE.member,
      content: reactionPost(postId(1), String.fromCodePoint(0x1f600 + n), salt(n)),
    });
  const item = pageOf(context)[0];
  expect(item?.kind === "post" ? item.marks.reactions.length : 0).toBe(24);
});

test("a page asks the database as often with marks on every post as with none", async () => {
  const asked = async (isMarked: boolean): Promise<number> => {
    const { store, context } = await device();
    for (let seq = 1; seq <= 50; seq++)
      learn(context, {
        seq,
        sender: ada,
        role: ROLE.member,
        content: markdownPost("p", salt(seq), { inReplyTo: postId(1) }),
      });
    if (isMarked)
      for (let seq = 51; seq <= 100; seq++)
        learn(context, {
          seq,
          sender: bob,
          role: ROLE.member,
          content: reactionPost(postId(seq - 50), "👍", salt(seq)),
        });
    let count = 0;
    const counting: Store = { ...store, all: (sql, parameters) => (count++, store.all(sql, parameters)) } as Store;
    timelinePage({ ...look(context), store: counting }, { conversation, limit: 50, read: readTo(0) });
    return count;
  };
  expect(await asked(true)).toBe(await asked(false));
  expect(await asked(true)).toBeLessThan(12);
});

test("who is mentioned, and who only says so", async () => {
  const { store, context } = await device();
  const known = context.people;
  const said = (seq: Seq, text: string, role: Standing["role"], policy: "admins" | "members"): void => {
    const content = textPost(text, salt(seq));
    const bytes = encodeContent(content);
    const shown = shownOf(bytes);
    if (shown.kind !== "text") throw new Error("no text");
    const where = standing(role);
    store.transaction(() =>
      takePost(
        context,
        {
          conversation,
          order: orderOf(seq),
          seq,
          at: seq,
          post: postId(seq),
          sender: ada,
          content: bytes,
          standing: { ...where, policy: { ...where.policy, mentionAll: policy } },
          state: { kind: "received" },
        },
        shown,
      ),
    );
  };
  const all = `[@all](sotto:conversation/${conversation})`;
  said(1, `[@somebody else](sotto:account/${me})`, ROLE.member, "admins");
  said(2, `[@${me}](sotto:account/${bob})`, ROLE.member, "admins");
  said(3, all, ROLE.member, "admins");
  said(4, all, ROLE.admin, "admins");
  said(5, all, ROLE.member, "members");
  const mentioned = pageOf(context).flatMap((item) =>
    item.kind === "post" && item.marks.mentionsSelf ? [item.seq] : [],
  );
  expect(mentioned).toEqual([1, 4, 5]);
  expect(mentionCount(store, known, conversation, readTo(0))).toBe(3);
  // An edit mentions, or no longer.
  learn(context, { seq: 6, sender: ada, role: ROLE.member, content: editPost(postId(1), "never mind", salt(6)) });
  expect(mentionCount(store, known, conversation, readTo(0))).toBe(2);
  learn(context, { seq: 7, sender: ada, role: ROLE.member, content: deletePost(postId(4), salt(7)) });
  expect([
    mentionCount(store, known, conversation, readTo(0)),
    unreadCount(store, known, conversation, readTo(0)),
  ]).toEqual([1, 4]);
});

test("an own mark that waits counts behind everything, and takes its place when the log has it", async () => {
  const { context } = await device();
  learn(context, { seq: 1, sender: me, role: ROLE.member, content: textPost("one", salt(1)) });
  const bytes = encodeContent(editPost(postId(1), "mine", salt(2)));
  const shown = shownOf(bytes);
  if (shown.kind !== "mark") throw new Error("no mark");
  context.store.transaction(() =>
    takePost(
      context,
      {
        conversation,
        order: 2 ** 50 + 1,
        seq: null,
        at: 2,
        post: postId(100),
        sender: me,
        content: bytes,
        standing: standing(ROLE.member),
        state: { kind: "sending" },
      },
      shown,
    ),
  );
  const text = (): string | null => {
    const item = itemsOf(look(context), conversation, [postId(1)])[0];
    return item?.kind === "post" ? item.text : null;
  };
  expect(text()).toBe("mine");
  // Another own device's edit that the log took in between.
  learn(context, { seq: 3, sender: me, role: ROLE.member, content: editPost(postId(1), "from elsewhere", salt(3)) });
  expect(text()).toBe("mine");
  context.store.transaction(() => settle(context, conversation, postId(100), 2));
  expect(text()).toBe("from elsewhere");
});
