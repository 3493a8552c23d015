import { Buffer } from "node:buffer";
import type { TimelineItem } from "@sotto/engine";
import { seal, type GroupState } from "@sotto/mls";
import {
  ROLE,
  accountUri,
  conversationUri,
  decodeEnvelope,
  deletePost,
  editPost,
  encodeContent,
  encodePerson,
  encodePostData,
  markdownPost,
  pad,
  personPost,
  postIdOf,
  reactionPost,
  textPost,
  unreactionPost,
  type Content,
  type PostId,
} from "@sotto/protocol";
import { sha256 } from "@sotto/crypto";
import { epochAuthenticator } from "@sotto/mls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pngOf } from "../../protocol/src/testing-pictures.ts";
import { rewrapped } from "../../mls/src/evil.ts";
import { EvilMember, accountOf, castOf, envelopeAt, stillTalk, type Cast } from "./hostile.ts";
import { leaks } from "./invariants.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(async () => {
  expect(await leaks(cast.world)).toEqual([]);
  cast.world.close();
});

const settle = (): Promise<void> => cast.world.run(3_000);
const write = async (device: SimulatedDevice, text: string): Promise<PostId> => {
  const post = await cast.world.until(device.engine.send({ conversation: cast.conversation, text }));
  await settle();
  return post;
};
const page = async (device: SimulatedDevice): Promise<TimelineItem[]> => {
  const { conversation, world } = cast;
  return (await world.until(device.engine.timeline({ conversation, limit: 200 }))).items;
};
/** What is shown, without what belongs to one device: whose own it is, and what was delivered when. */
const seen = async (device: SimulatedDevice): Promise<unknown[]> =>
  (await page(device)).flatMap((item): unknown[] =>
    item.kind === "post"
      ? [
          {
            post: item.post,
            text: item.text,
            edited: item.marks.editedAt,
            quote: item.marks.replyTo?.kind ?? null,
            replies: item.marks.replies?.count ?? 0,
            forwarded: item.marks.forwarded,
            reactions: item.marks.reactions.map(({ emoji, count, people }) => [
              emoji,
              count,
              people.map(({ account }) => account),
            ]),
          },
        ]
      : item.kind === "deleted"
        ? [{ post: item.post, deleted: item.by.account }]
        : item.kind === "unsupported"
          ? [{ post: item.post, unsupported: true }]
          : [],
  );

/** Bob with a client that has no rules: seals any content, in order. */
class EvilBob {
  readonly evil: EvilMember;
  #group: GroupState;
  static #counter = 1_000;
  readonly #salts = new Uint8Array(16);

  private constructor(evil: EvilMember) {
    this.evil = evil;
    this.#group = evil.group;
  }

  static async in(conversation = cast.conversation): Promise<EvilBob> {
    return new EvilBob(await EvilMember.of(cast.world, cast.bob, conversation));
  }

  /** @param make from a fresh salt. @param time ms, what he calls the time */
  async says(make: (salt: Uint8Array) => Content, time = cast.world.clock.now()): Promise<void> {
    this.#salts[0]!++;
    const content = encodeContent(make(this.#salts.slice()));
    const data = encodePostData({
      context: {
        counter: ++EvilBob.#counter,
        seq: 0,
        head: new Uint8Array(32),
        epochDigest: sha256(epochAuthenticator(this.evil.group)),
        time,
        name: "bobby",
      },
      content,
    });
    const { sealed, next } = await seal(this.#group, pad(data));
    this.#group = next;
    await this.evil.post(sealed);
  }

  /** Hands in what somebody else signed, under a later key. */
  async replays(seq: number): Promise<void> {
    const envelope = decodeEnvelope(await envelopeAt(cast.world, cast.conversation, seq))!;
    await this.evil.post(await rewrapped(this.evil.group, envelope.body));
  }
}

const honest = (): SimulatedDevice[] => [cast.alice, cast.carol];

/** Nothing of what the attack does is seen by anybody, and everybody goes on talking. */
async function changesNothing(attack: () => Promise<void>): Promise<void> {
  const before = await Promise.all(honest().map(seen));
  await attack();
  const after = await Promise.all(honest().map(seen));
  expect(after).toEqual(before);
  expect(await stillTalk(cast.world, honest(), cast.conversation)).toEqual([]);
}

describe("[T13] marks by who may not", () => {
  test("[T13] somebody else's edit, deletion and taking back of a reaction change nothing, whatever they name", async () => {
    const { alice, carol, world, conversation } = cast;
    const post = await write(alice, "mine");
    const other = await write(carol, "hers");
    await world.until(alice.engine.edit({ conversation, post, text: "still mine" }));
    await world.until(carol.engine.react({ conversation, post, emoji: "👍", on: true }));
    await settle();
    const ids = alice.peek("select post, kind from post_marks where conversation = ?", [conversation]);
    const of = (kind: string): PostId => ids.find((row) => row["kind"] === kind)!["post"] as PostId;
    const bob = await EvilBob.in();
    await changesNothing(async () => {
      for (const target of [post, other, of("edit"), of("reaction")]) {
        await bob.says((salt) => editPost(target, "his", salt));
        await bob.says((salt) => deletePost(target, salt));
        await bob.says((salt) => unreactionPost(target, post, salt));
        await bob.says((salt) => reactionPost(of("edit"), "💀", salt));
      }
    });
    for (const device of honest())
      expect((await device.engine.versions({ conversation, post })).map(({ text }) => text)).toEqual([
        "mine",
        "still mine",
      ]);
  });

  test("[T13] a mark is judged by what its author was at that entry, live and from the history", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const [one, two, three] = [await write(carol, "one"), await write(carol, "two"), await write(carol, "three")];
    const account = accountOf(bob);
    await world.until(alice.engine.setRole({ conversation, account, role: ROLE.admin }));
    await settle();
    await world.until(bob.engine.deletePosts({ conversation, posts: [one], everyone: true }));
    await settle();
    await world.until(alice.engine.setRole({ conversation, account, role: ROLE.member }));
    await settle();
    const evil = await EvilBob.in();
    await evil.says((salt) => deletePost(two, salt));
    await world.until(alice.engine.deletePosts({ conversation, posts: [three], everyone: true }));
    await settle();
    const expected = [
      { post: one, deleted: account },
      expect.objectContaining({ post: two, text: "two" }),
      { post: three, deleted: accountOf(alice) },
    ];
    const person = world.people.find(({ username }) => username === "carol")!;
    const second = await world.addDevice(person);
    await world.until(second.engine.signIn(person));
    await world.run(20_000);
    for (const device of [alice, carol, second]) expect((await seen(device)).slice(-3)).toEqual(expected);
  });

  test("[T13] nobody reacts for somebody else, and a hundred reactions of one person count once an emoji", async () => {
    const { alice, carol } = cast;
    const post = await write(alice, "look");
    const bob = await EvilBob.in();
    for (let n = 0; n < 5; n++) await bob.says((salt) => reactionPost(post, n % 2 === 0 ? "❤" : "❤️", salt));
    await bob.says((salt) => reactionPost(post, "vote for me", salt));
    for (const device of [alice, carol]) {
      const item = (await page(device)).find((each) => "post" in each && each.post === post);
      expect(item?.kind === "post" ? item.marks.reactions.map(({ emoji, count }) => [emoji, count]) : []).toEqual([
        ["❤️", 1],
      ]);
    }
  });
});

test("[T27] an edit and a reaction that come again under a later key count once", async () => {
  const { alice, carol, world, conversation } = cast;
  // He keeps the keys of what is written from here on.
  const bob = await EvilBob.in();
  const post = await write(alice, "yes");
  await world.until(alice.engine.edit({ conversation, post, text: "no" }));
  await settle();
  const edit = (await world.server.log(conversation)).length;
  await world.until(alice.engine.edit({ conversation, post, text: "maybe" }));
  await world.until(carol.engine.react({ conversation, post, emoji: "👍", on: true }));
  await settle();
  const reaction = (await world.server.log(conversation)).length;
  await world.until(carol.engine.react({ conversation, post, emoji: "👍", on: false }));
  await settle();
  await changesNothing(async () => {
    await bob.replays(edit);
    await bob.replays(reaction);
  });
});

test("[T12] [T36] a mark that names another author or conversation inside is none", async () => {
  const { alice, conversation } = cast;
  const post = await write(alice, "mine");
  const bob = await EvilBob.in();
  const naming = (content: Content, sender: string, room: string): Content => ({
    ...content,
    extensions: new Map([
      [1, sender],
      [2, room],
    ]),
  });
  const me = accountUri(accountOf(alice));
  await changesNothing(async () => {
    await bob.says((salt) => naming(deletePost(post, salt), me, conversationUri(conversation)));
    await bob.says((salt) => naming(editPost(post, "x", salt), me, conversationUri(conversation)));
    await bob.says((salt) =>
      naming(reactionPost(post, "👍", salt), accountUri(bob.evil.secrets.account), "sotto:conversation/x"),
    );
  });
});

test("[T55] a polluting extension of a reply or a reaction is a key of a map and nothing else", async () => {
  const { alice, carol } = cast;
  const post = await write(alice, "mine");
  const bob = await EvilBob.in();
  const extensions = new Map<number | string, unknown>([
    ["__proto__", new Map([["polluted", true]])],
    ["constructor", 1],
    [-65537, "true"],
  ]);
  await bob.says((salt) => ({ ...markdownPost("reply", salt, { inReplyTo: post }), extensions }));
  await bob.says((salt) => ({ ...reactionPost(post, "👍", salt), extensions }));
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  const item = (await page(carol)).find((each) => each.kind === "post" && each.text === "reply");
  expect(item?.kind === "post" ? item.marks.forwarded : undefined).toBe(false);
});

test("[T56] a device that reads everything from the history shows what those show who were there", async () => {
  const { alice, bob, carol, world, conversation } = cast;
  const posts: PostId[] = [];
  for (let n = 0; n < 4; n++) posts.push(await write([alice, bob, carol][n % 3]!, `post ${n}`));
  const [a, b, c, d] = posts as [PostId, PostId, PostId, PostId];
  await world.until(alice.engine.send({ conversation, text: "reply", inReplyTo: b }));
  await world.until(bob.engine.send({ conversation, text: "in a thread", thread: a }));
  await world.until(alice.engine.edit({ conversation, post: a, text: "edited" }));
  await world.until(bob.engine.react({ conversation, post: a, emoji: "🎉", on: true }));
  await world.until(carol.engine.react({ conversation, post: a, emoji: "🎉", on: true }));
  await settle();
  await world.until(bob.engine.react({ conversation, post: a, emoji: "🎉", on: false }));
  await world.until(carol.engine.deletePosts({ conversation, posts: [c], everyone: true }));
  await world.until(alice.engine.edit({ conversation, post: d, text: "edited twice" }));
  await world.until(alice.engine.deletePosts({ conversation, posts: [b], everyone: true }));
  await settle();
  const evil = await EvilBob.in();
  await evil.says((salt) => editPost(a, "no", salt));
  await evil.says((salt) => editPost(b, "too late", salt));
  await evil.says((salt) => ({
    ...textPost("odd", salt),
    body: { disposition: 200, language: "", kind: "none" },
    replaces: null,
  }));
  await evil.says((salt) => ({
    ...editPost(a, "x", salt),
    body: { disposition: 1, language: "", kind: "unknown", cardinality: 9, fields: [] },
  }));
  const person = world.people.find(({ username }) => username === "alice")!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn(person));
  await world.run(20_000);
  const expected = await seen(alice);
  expect(expected.length).toBeGreaterThan(7);
  expect(await seen(carol)).toEqual(expected);
  expect(await seen(second)).toEqual(expected);
  // And once more after a restart, from the database alone.
  await world.until(carol.stop());
  await carol.start();
  expect(await seen(carol)).toEqual(expected);
});

/** Every byte of the device's database. */
const disk = (device: SimulatedDevice): Buffer => Buffer.from(device.image()!);

describe("what is deleted is gone", () => {
  const CANARIES = ["Rf6wUx2first", "Rf6wUx2second", "Rf6wUx2third"] as const;
  const holding = (device: SimulatedDevice): string[] => CANARIES.filter((text) => disk(device).includes(text));

  test("[T13] nothing of a deleted post, nor of its versions, is left in anybody's database", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const post = await write(bob, CANARIES[0]);
    await world.until(bob.engine.edit({ conversation, post, text: CANARIES[1] }));
    await write(alice, "an answer");
    await settle();
    for (const device of [alice, bob, carol]) expect(holding(device)).toEqual(CANARIES.slice(0, 2));
    // One more version waits to be sent when the deletion comes from elsewhere.
    world.network.cutOff.add(bob.name);
    world.network.cut(bob.name);
    await world.until(bob.engine.edit({ conversation, post, text: CANARIES[2] }));
    await world.until(alice.engine.deletePosts({ conversation, posts: [post], everyone: true }));
    await settle();
    world.network.cutOff.delete(bob.name);
    bob.engine.wake();
    await world.run(20_000);
    for (const device of [alice, bob, carol])
      expect({ name: device.name, left: holding(device) }).toEqual({ name: device.name, left: [] });
    expect(bob.peek("select count(*) as n from outbox where conversation = ?", [conversation])[0]!["n"]).toBe(0);
  });

  test("what somebody deletes for themselves is gone on all their devices and on nobody else's", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const person = world.people.find(({ username }) => username === "carol")!;
    const second = await world.addDevice(person);
    await world.until(second.engine.signIn(person));
    await world.run(20_000);
    const post = await write(bob, CANARIES[0]);
    await page(second);
    await world.until(carol.engine.deletePosts({ conversation, posts: [post], everyone: false }));
    await world.run(20_000);
    expect(holding(carol)).toEqual([]);
    expect(holding(second)).toEqual([]);
    expect(holding(alice)).toEqual([CANARIES[0]]);
    expect((await page(second)).some((item) => "post" in item && item.post === post)).toBe(false);
    // Not even on a device that comes later and reads it from the history.
    const third = await world.addDevice(person);
    await world.until(third.engine.signIn(person));
    await world.run(30_000);
    expect((await page(third)).some((item) => "post" in item && item.post === post)).toBe(false);
    expect(holding(third)).toEqual([]);
  });

  test("[T13] a deletion that is read before its target keeps the text out of the database", async () => {
    const { alice, bob, world, conversation } = cast;
    const post = await write(bob, CANARIES[0]);
    await world.until(bob.engine.edit({ conversation, post, text: CANARIES[1] }));
    await world.until(bob.engine.deletePosts({ conversation, posts: [post], everyone: true }));
    for (let n = 0; n < 5; n++) await write(alice, `later ${n}`);
    const person = world.people.find(({ username }) => username === "alice")!;
    const second = await world.addDevice(person);
    await world.until(second.engine.signIn(person));
    await world.run(20_000);
    await page(second);
    expect(holding(second)).toEqual([]);
    expect((await seen(second)).filter((item) => (item as { post: PostId }).post === post)).toEqual([
      { post, deleted: accountOf(bob) },
    ]);
  });
});

describe("posts that have a time", () => {
  const HOUR = 60 * 60_000;
  const shownTexts = async (device: SimulatedDevice): Promise<string[]> =>
    (await page(device)).flatMap((item) => (item.kind === "post" ? [item.text] : []));

  test("[T47] a post that calls itself a later one is over when the timer says so", async () => {
    const { alice, world, conversation } = cast;
    await world.until(alice.engine.setRules({ conversation, rules: { timerSeconds: 3_600 } }));
    await settle();
    const bob = await EvilBob.in();
    await bob.says((salt) => textPost("for ever", salt), Number.MAX_SAFE_INTEGER);
    await bob.says((salt) => textPost("in ten years", salt), world.clock.now() + 10 * 365 * 24 * HOUR);
    for (const device of honest())
      expect(await shownTexts(device)).toEqual(expect.arrayContaining(["for ever", "in ten years"]));
    await world.run(HOUR + 60_000);
    for (const device of honest())
      expect((await shownTexts(device)).filter((text) => /ever|years/.test(text))).toEqual([]);
  });

  test("[T47] a post whose time is over leaves no text in any database, and nobody with something unread that they can't find", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    await world.until(alice.engine.setRules({ conversation, rules: { timerSeconds: 3_600 } }));
    await settle();
    const post = await write(bob, "Rf6wUx2over");
    await world.until(bob.engine.edit({ conversation, post, text: "Rf6wUx2over edited" }));
    await settle();
    const unread = async () => (await alice.engine.conversations())[0]!.unread;
    const before = await unread();
    for (const device of [alice, bob, carol]) expect(disk(device).includes("Rf6wUx2over")).toBe(true);
    // Of which one is away while it ends.
    await world.until(carol.stop());
    await world.run(HOUR + 2 * 60_000);
    await carol.start();
    await world.run(5_000);
    for (const device of [alice, bob, carol])
      expect({ name: device.name, left: disk(device).includes("Rf6wUx2over") }).toEqual({
        name: device.name,
        left: false,
      });
    expect(await unread()).toBe(before - 1);
  });

  test("[T47] no time that a post names is too large to be read", async () => {
    const bob = await EvilBob.in();
    const never = { relative: true, seconds: 0xffff_ffff };
    await bob.says((salt) => ({ ...textPost("for ever", salt), expires: never }), Number.MAX_SAFE_INTEGER);
    for (const device of honest()) {
      expect(await shownTexts(device)).toContain("for ever");
      expect((await device.engine.conversations()).length).toBe(1);
    }
  });
});

const png = (n: number): Uint8Array => pngOf({ data: 20_000, fill: n });

describe("[T87] what nobody is shown", () => {
  test("[T87] a post in the thread of a post that isn't there is answered by no receipt, even where it names the person", async () => {
    const { alice, carol, world, conversation } = cast;
    for (const device of honest()) await device.engine.setPreferences({ readReceipts: true });
    await write(alice, "seen by all");
    for (const device of honest()) {
      await device.engine.markRead({ conversation, upToOrder: (await page(device)).at(-1)!.order });
      await world.run(60_000);
    }
    await world.run(5 * 60_000);
    const before = (await world.server.log(conversation)).length;
    const bob = await EvilBob.in();
    const thread = postIdOf(new Uint8Array(32).fill(7));
    for (const device of [alice, carol])
      await bob.says((salt) => markdownPost(`[@x](${accountUri(accountOf(device))})`, salt, { thread }));
    await world.run(5 * 60_000);
    expect((await world.server.log(conversation)).length).toBe(before + 2);
  });

  const pictures = (): unknown => cast.alice.peek("select count(*) as n from pictures")[0]!["n"];
  const person = (n: number) => encodePerson({ name: "Bob", status: "", picture: png(n) });

  test("[T89] in an open room nobody's picture is taken, whatever their client says", async () => {
    const { alice, bob, world } = cast;
    const room = await world.until(alice.engine.createRoom({ room: "garden" }));
    await world.until(bob.engine.joinRoom({ room: "garden" }));
    await settle();
    await world.until(bob.engine.send({ conversation: room, text: "here" }));
    await settle();
    const evil = await EvilBob.in(room);
    await evil.says((salt) => personPost(person(1), salt));
    expect(pictures()).toBe(0);
    expect((await alice.engine.person(evil.evil.secrets.account)).picture).toBe(null);
  });

  test("[T90] who goes on changing their picture fills nobody's disk", async () => {
    const { alice } = cast;
    const evil = await EvilBob.in();
    for (let n = 1; n <= 5; n++) await evil.says((salt) => personPost(person(n), salt));
    expect(pictures()).toBe(1);
    const { picture } = await alice.engine.person(evil.evil.secrets.account);
    expect(await alice.engine.picture({ picture: picture! })).toEqual(png(5));
  });
});

test("[T93] of somebody blocked nothing is shown by pinning it", async () => {
  const { alice, bob, carol, world, conversation } = cast;
  const post = await write(bob, "look at me");
  await world.until(carol.engine.setPostPinned({ conversation, post, pinned: true }));
  await settle();
  expect(await alice.engine.pinnedPosts({ conversation })).toHaveLength(1);
  await world.until(alice.engine.setBlocked({ account: accountOf(bob), blocked: true }));
  expect(await alice.engine.pinnedPosts({ conversation })).toEqual([]);
});
