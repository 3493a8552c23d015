import type { TimelineItem } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { castOf, type Cast } from "./hostile.ts";
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

type Post = Extract<TimelineItem, { kind: "post" }>;

const page = async (device: SimulatedDevice, thread?: PostId): Promise<TimelineItem[]> => {
  const { conversation, world } = cast;
  const request = { conversation, limit: 100, ...(thread === undefined ? {} : { thread }) };
  return (await world.until(device.engine.timeline(request))).items;
};
const find = async (device: SimulatedDevice, text: string, thread?: PostId): Promise<Post> => {
  const item = (await page(device, thread)).find((each): each is Post => each.kind === "post" && each.text === text);
  if (item === undefined) throw new Error(`${device.name} doesn't show ${text}`);
  return item;
};
const settle = (): Promise<void> => cast.world.run(3_000);
const write = async (
  device: SimulatedDevice,
  text: string,
  more: { inReplyTo?: PostId; thread?: PostId; expiresInSeconds?: number } = {},
): Promise<PostId> => {
  const post = await cast.world.until(device.engine.send({ conversation: cast.conversation, text, ...more }));
  await settle();
  return post;
};
const unread = async (device: SimulatedDevice) => {
  const summary = (await device.engine.conversations()).find((each) => each.conversation === cast.conversation)!;
  return { unread: summary.unread, mentions: summary.mentions, markedUnread: summary.markedUnread };
};

describe("what people do with posts", () => {
  test("a reply quotes the post as it is stored and shown here", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const first = await write(alice, "shall we?");
    await write(bob, "yes", { inReplyTo: first });
    expect((await find(carol, "yes")).marks.replyTo).toMatchObject({ post: first, kind: "post", text: "shall we?" });
    await world.until(alice.engine.edit({ conversation, post: first, text: "shall we go?" }));
    await settle();
    expect((await find(carol, "yes")).marks.replyTo).toMatchObject({ kind: "post", text: "shall we go?" });
    await world.until(alice.engine.deletePosts({ conversation, posts: [first], everyone: true }));
    await settle();
    expect((await find(carol, "yes")).marks.replyTo).toEqual({ post: first, kind: "deleted" });
    const nowhere = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" as PostId;
    await write(bob, "to nothing", { inReplyTo: nowhere });
    expect((await find(carol, "to nothing")).marks.replyTo).toEqual({ post: nowhere, kind: "unknown" });
  });

  test("a thread stands apart, is counted on its root, and is unread only for who takes part or is mentioned", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const root = await write(alice, "the plan");
    for (const device of [alice, bob, carol]) {
      const items = await page(device);
      await world.until(device.engine.markRead({ conversation, upToOrder: items.at(-1)!.order }));
    }
    await write(bob, "one", { thread: root });
    await write(bob, "two", { thread: root });
    expect((await page(carol)).map((item) => (item.kind === "post" ? item.text : ""))).not.toContain("one");
    expect((await find(carol, "the plan")).marks.replies).toMatchObject({ count: 2 });
    expect((await page(carol, root)).flatMap((item) => (item.kind === "post" ? [item.text] : []))).toEqual([
      "the plan",
      "one",
      "two",
    ]);
    expect((await unread(alice)).unread).toBe(2);
    expect((await unread(carol)).unread).toBe(0);
    const account = world.people.find(({ username }) => username === "carol")!;
    const id = carol.peek("select account from session")[0]!["account"] as string;
    await write(bob, `[@${account.username}](sotto:account/${id})`, { thread: root });
    expect(await unread(carol)).toMatchObject({ unread: 1, mentions: 1 });
  });

  test("[CO24] the end of a conversation and the end of a thread are seen apart, and each is what the list says", async () => {
    const { alice, bob, world, conversation } = cast;
    const root = await write(alice, "the plan");
    await write(bob, "in the thread", { thread: root });
    const first = await find(alice, "in the thread", root);
    await write(bob, "in the conversation");
    const read = async (thread?: PostId): Promise<void> => {
      const upToOrder = (await page(alice, thread)).at(-1)!.order;
      const request = { conversation, upToOrder, ...(thread === undefined ? {} : { thread }) };
      await world.until(alice.engine.markRead(request));
    };
    const threads = async () => (await alice.engine.conversation(conversation)).threads;
    await read();
    expect((await unread(alice)).unread).toBe(1);
    expect(await threads()).toEqual([{ thread: root, unread: 1, mentions: 0, firstPost: first.post }]);
    await read(root);
    expect((await unread(alice)).unread).toBe(0);
    expect(await threads()).toEqual([]);
    // After everything else that is there.
    await write(bob, "again in the thread", { thread: root });
    await read();
    expect((await unread(alice)).unread).toBe(1);
    await read(root);
    expect((await unread(alice)).unread).toBe(0);
  });

  test("reactions are toggled, counted once a person, and taken back", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const post = await write(alice, "look");
    const react = async (device: SimulatedDevice, emoji: string, on: boolean) => {
      await world.until(device.engine.react({ conversation, post, emoji, on }));
      await settle();
    };
    await react(bob, "❤", true);
    await react(carol, "❤️", true);
    await react(carol, "👍", true);
    await react(bob, "❤", true);
    const seen = async (device: SimulatedDevice) =>
      (await find(device, "look")).marks.reactions.map(({ emoji, count, own }) => [emoji, count, own]);
    expect(await seen(alice)).toEqual([
      ["❤️", 2, false],
      ["👍", 1, false],
    ]);
    expect(await seen(bob)).toEqual([
      ["❤️", 2, true],
      ["👍", 1, false],
    ]);
    await react(bob, "❤️", false);
    await react(carol, "👍", false);
    expect(await seen(alice)).toEqual([["❤️", 1, false]]);
    await react(bob, "❤️", true);
    expect(await seen(carol)).toEqual([["❤️", 2, true]]);
    await expect(bob.engine.react({ conversation, post, emoji: "hello", on: true })).rejects.toMatchObject({
      code: "request/malformed",
    });
    // Nobody hears of a reaction as of a post, and no conversation moves to the top for it.
    expect((await unread(alice)).unread).toBeLessThan(3);
  });

  test("an edit shows everywhere with its versions; only the author's", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const post = await write(alice, "teh");
    await world.until(alice.engine.edit({ conversation, post, text: "the" }));
    // At once, before anybody has it.
    expect((await find(alice, "the")).marks.editedAt).not.toBeNull();
    await settle();
    await world.until(alice.engine.edit({ conversation, post, text: "then" }));
    await settle();
    for (const device of [alice, bob, carol]) {
      expect((await find(device, "then")).marks.editedAt).not.toBeNull();
      const versions = await device.engine.versions({ conversation, post });
      expect(versions.map(({ text }) => text)).toEqual(["teh", "the", "then"]);
    }
    expect((await find(bob, "then")).marks.may).toMatchObject({ edit: false, delete: false });
    await expect(bob.engine.edit({ conversation, post, text: "no" })).rejects.toMatchObject({ code: "post/not-yours" });
    await expect(bob.engine.deletePosts({ conversation, posts: [post], everyone: true })).rejects.toMatchObject({
      code: "post/not-yours",
    });
  });

  test("a deletion for everyone, by its author or an admin, says so and who it was", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const own = await write(bob, "mine");
    const other = await write(bob, "rude");
    await world.until(bob.engine.deletePosts({ conversation, posts: [own], everyone: true }));
    await world.until(alice.engine.deletePosts({ conversation, posts: [other], everyone: true }));
    await settle();
    const deleted = (await page(carol)).flatMap((item) => (item.kind === "deleted" ? [item] : []));
    expect(deleted.map(({ post, by }) => [post, by.username])).toEqual([
      [own, "bobby"],
      [other, "alice"],
    ]);
    await expect(carol.engine.versions({ conversation, post: own })).rejects.toMatchObject({ code: "post/not-found" });
    await expect(carol.engine.react({ conversation, post: own, emoji: "👍", on: true })).rejects.toMatchObject({
      code: "post/not-found",
    });
  });

  test("what is forwarded says so, in the order of the log, and not whose it was", async () => {
    const { alice, bob, world, conversation } = cast;
    const direct = await world.until(alice.engine.openDirect({ username: "bobby" }));
    await world.run(5_000);
    const posts = [await write(bob, "first"), await write(bob, "second")];
    await world.until(alice.engine.forward({ conversation, posts: [posts[1]!, posts[0]!], to: [direct] }));
    await settle();
    const { items } = await world.until(bob.engine.timeline({ conversation: direct, limit: 10 }));
    const shown = items.flatMap((item) => (item.kind === "post" ? [item] : []));
    expect(shown.map(({ text, marks, sender }) => [text, marks.forwarded, sender.username])).toEqual([
      ["first", true, "alice"],
      ["second", true, "alice"],
    ]);
  });

  test("what is marked as unread is, from there on, until something is read", async () => {
    const { alice, bob, world, conversation } = cast;
    await write(bob, "a");
    const b = await write(bob, "b");
    const newest = (await page(alice)).at(-1)!;
    await world.until(alice.engine.markRead({ conversation, upToOrder: newest.order }));
    expect(await unread(alice)).toEqual({ unread: 0, mentions: 0, markedUnread: false });
    const from = (await page(alice)).find((item) => "post" in item && item.post === b)!;
    await world.until(alice.engine.markUnread({ conversation, fromOrder: from.order }));
    expect(await unread(alice)).toEqual({ unread: 1, mentions: 0, markedUnread: true });
    await world.until(alice.engine.markRead({ conversation, upToOrder: newest.order }));
    expect(await unread(alice)).toEqual({ unread: 0, mentions: 0, markedUnread: false });
  });

  test("pages after a place and around a post", async () => {
    const { alice, world, conversation } = cast;
    const posts: PostId[] = [];
    for (let n = 0; n < 12; n++) posts.push(await write(alice, `n${n}`));
    const around = await world.until(alice.engine.timeline({ conversation, around: posts[5]!, limit: 5 }));
    const names = (items: readonly TimelineItem[]) => items.map((item) => (item.kind === "post" ? item.text : "-"));
    expect(names(around.items)).toEqual(["n3", "n4", "n5", "n6", "n7"]);
    expect([around.more, around.moreAfter]).toEqual([true, true]);
    const last = around.items.at(-1)!.order;
    const after = await world.until(alice.engine.timeline({ conversation, afterOrder: last, limit: 3 }));
    expect(names(after.items)).toEqual(["n8", "n9", "n10"]);
    expect(after.moreAfter).toBe(true);
    const end = await world.until(
      alice.engine.timeline({ conversation, afterOrder: after.items.at(-1)!.order, limit: 3 }),
    );
    expect(names(end.items)).toEqual(["n11"]);
    expect(end.moreAfter).toBe(false);
  });

  test("stars are one's own, newest first", async () => {
    const { alice, bob, world, conversation } = cast;
    const [one, two] = [await write(bob, "one"), await write(bob, "two")];
    await world.until(alice.engine.setStarred({ conversation, post: two, starred: true }));
    await world.run(10);
    await world.until(alice.engine.setStarred({ conversation, post: one, starred: true }));
    const starred = await alice.engine.starredPosts();
    expect(starred.map(({ item }) => (item.kind === "post" ? item.text : ""))).toEqual(["one", "two"]);
    expect((await find(alice, "one")).marks.starred).toBe(true);
    expect((await find(bob, "one")).marks.starred).toBe(false);
    await world.until(alice.engine.setStarred({ conversation, post: one, starred: false }));
    expect((await alice.engine.starredPosts()).length).toBe(1);
  });

  test("what waits to be sent is shown at once, and vanishes where it comes to nothing", async () => {
    const { alice, bob, carol, world, conversation } = cast;
    const post = await write(alice, "before");
    // Nobody acknowledges his removal before he has seen it himself.
    for (const { name } of [bob, carol]) {
      world.network.cutOff.add(name);
      world.network.cut(name);
    }
    await world.run(500);
    await world.until(bob.engine.react({ conversation, post, emoji: "🎉", on: true }));
    expect((await find(bob, "before")).marks.reactions).toMatchObject([{ emoji: "🎉", own: true, count: 1 }]);
    // While he is away he is put out.
    const account = bob.peek("select account from session")[0]!["account"] as never;
    await world.until(alice.engine.removeMember({ conversation, account }));
    world.network.cutOff.delete(bob.name);
    bob.engine.wake();
    await world.run(60_000);
    expect(bob.peek("select state from conversations where id = ?", [conversation])[0]!["state"]).toContain("removed");
    expect((await find(bob, "before")).marks.reactions).toEqual([]);
    expect(bob.peek("select count(*) as n from outbox where conversation = ?", [conversation])[0]!["n"]).toBe(0);
    expect((await find(alice, "before")).marks.reactions).toEqual([]);
  });
});
