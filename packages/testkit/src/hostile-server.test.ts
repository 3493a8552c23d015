import { DatabaseSync } from "node:sqlite";
import {
  ENTRY_KIND,
  decodeEnvelope,
  decodeServerFrame,
  encodeEntry,
  encodeEvent,
  idBytes,
  type LogRow,
} from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  accountOf,
  alarms,
  castOf,
  envelopeAt,
  kept,
  rewriteEntries,
  say,
  stateKind,
  stillTalk,
  texts,
  type Cast,
} from "./hostile.ts";
import { epochOn, leaks, trueLogs, unsettled, violations } from "./invariants.ts";
import { noCompareAndSet } from "./planted-bugs.ts";
import { World } from "./world.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(async () => {
  expect(await leaks(cast.world)).toEqual([]);
  cast.world.close();
});

test("T01 a member who exists only in the server's list reads nothing and is shown to nobody", async () => {
  const { world, alice, conversation } = cast;
  const mallory = await world.signedUp("mallory");
  const before = kept(alice, conversation);
  // The server puts her into its table, starts again as if nothing had been, and tells everyone.
  world.server.crash();
  world.server.alterDisk((path) => {
    const database = new DatabaseSync(path);
    const key = (table: string, id: string) =>
      database.prepare(`select key from ${table} where id = ?`).get(id)?.["key"] as number;
    const example = database
      .prepare("select * from members where conversation = ? limit 1")
      .get(key("conversations", conversation))!;
    const row = { ...example, account: key("accounts", accountOf(mallory)), statement: null };
    const columns = Object.keys(row);
    database
      .prepare(`insert into members (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`)
      .run(...(Object.values(row) as number[]));
    database.close();
  });
  await world.server.start();
  const told = new Set<string>();
  world.network.tap = (device, frame) =>
    told.size === told.add(device).size ? [frame] : [frame, encodeEvent({ event: "conversations" })];
  await world.run(20_000);
  world.network.tap = undefined;
  expect(told.size).toBe(4);
  await say(world, alice, conversation, "between us");
  await world.run(10_000);

  const listed = (await world.server.conversationsListedFor(accountOf(mallory))).map((each) => each.conversation);
  expect(listed).toContain(conversation);
  expect(mallory.peek("select count(*) as n from items where kind = 'post'")[0]?.["n"]).toBe(0);
  expect(epochOn(mallory, conversation)).toBeUndefined();
  const names = (await alice.engine.conversation(conversation)).members.map(({ username }) => username).sort();
  expect(names).toEqual(["alice", "bobby", "carol"]);
  expect(JSON.parse(kept(alice, conversation))[1].accounts).toBe(JSON.parse(before)[1].accounts);
  expect(await stillTalk(world, [alice, cast.bob, cast.carol], conversation)).toEqual([]);
});

test("T21 two logs for two members: the first post that crosses between them raises the alarm on both sides", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  // Bob is served Carol's next two posts in the other order: from there on his log is another one.
  const held = new Map<number, LogRow>();
  const start = (await world.server.log(conversation)).length;
  rewriteEntries(world, bob, conversation, (row) => {
    if (row.seq !== start + 1 && row.seq !== start + 2) return [row];
    held.set(row.seq, row);
    const [first, second] = [held.get(start + 1), held.get(start + 2)];
    return first === undefined || second === undefined
      ? []
      : [
          { ...second, seq: start + 1 },
          { ...first, seq: start + 2 },
        ];
  });
  await world.until(carol.engine.send({ conversation, text: "first" }));
  await world.until(carol.engine.send({ conversation, text: "second" }));
  await world.run(5_000);
  world.network.tap = undefined;
  await say(world, alice, conversation, "crossing");
  expect(alarms(bob, conversation).map(({ alarm, claimedBy }) => [alarm, claimedBy])).toContainEqual([
    "fork",
    accountOf(alice),
  ]);
  await say(world, carol, conversation, "crossing too");
  // Two accounts contradict his log: Bob stops sending there.
  expect(stateKind(bob, conversation)).toContain("stopped");
  expect(stateKind(alice, conversation)).toContain("open");
});

test("T24 a sender from whom a removal is hidden doesn't get through, and reads nothing out of order", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  const start = (await world.server.log(conversation)).length;
  rewriteEntries(world, bob, conversation, (row) => (row.seq === start + 1 ? [] : [row]));
  await world.until(alice.engine.removeMember({ conversation, account: accountOf(carol) }));
  await world.run(5_000);
  const before = texts(bob, conversation);
  await world.until(bob.engine.send({ conversation, text: "for her eyes" }));
  await say(world, alice, conversation, "after the removal");
  await world.run(10_000);
  expect(texts(carol, conversation)).not.toContain("for her eyes");
  expect(texts(bob, conversation).filter((text) => text !== "for her eyes")).toEqual(before);
  expect(texts(alice, conversation)).not.toContain("for her eyes");
  // The server comes round: all is caught up, and the post goes out in the new epoch.
  world.network.tap = undefined;
  world.network.cut(bob.name);
  await world.run(60_000);
  expect(texts(alice, conversation)).toContain("for her eyes");
  expect(texts(carol, conversation)).not.toContain("for her eyes");
});

test("T24 T35 a server that takes the stale post all the same gains nothing: nobody else accepts it", async () => {
  const world = await World.create("stale all the same", { plants: { delivery: noCompareAndSet } });
  try {
    const [alice, bob, carol] = [
      await world.signedUp("alice"),
      await world.signedUp("bobby"),
      await world.signedUp("carol"),
    ];
    const conversation = await world.until(alice.engine.createGroup({ name: "cast", usernames: ["bobby", "carol"] }));
    await world.run(5_000);
    await say(world, bob, conversation, "hello");
    const start = (await world.server.log(conversation)).length;
    rewriteEntries(world, bob, conversation, (row) => (row.seq > start ? [] : [row]));
    await world.until(alice.engine.removeMember({ conversation, account: accountOf(carol) }));
    await world.run(5_000);
    await say(world, bob, conversation, "stale");
    const last = (await world.server.log(conversation)).at(-1);
    expect(last?.kind === "stored" ? decodeEnvelope(last.envelope)?.kind : undefined).toBe(ENTRY_KIND.application);
    expect(texts(alice, conversation)).not.toContain("stale");
    expect(texts(carol, conversation)).not.toContain("stale");
  } finally {
    world.close();
  }
});

test("T41 swapped, omitted and repeated entries are never shown out of order or twice", async () => {
  const { world, alice, bob, conversation } = cast;
  const start = (await world.server.log(conversation)).length;
  // Omitted: Bob waits at the gap, however much comes after it.
  rewriteEntries(world, bob, conversation, (row) => (row.seq === start + 1 ? [] : [row]));
  const before = texts(bob, conversation);
  for (const text of ["one", "two", "three"]) await say(world, alice, conversation, text);
  expect(texts(bob, conversation)).toEqual(before);
  expect(bob.logged.join("\n")).toContain("log/not-contiguous");
  // Repeated, each of them, one by one and in pages.
  world.network.tap = (device, frame) => (device === bob.name ? [frame, frame] : [frame]);
  world.network.cut(bob.name);
  await world.run(20_000);
  await say(world, alice, conversation, "four");
  expect(texts(bob, conversation)).toEqual([...before, "one", "two", "three", "four"]);
  world.network.tap = undefined;
  expect(await stillTalk(world, [alice, bob, cast.carol], conversation)).toEqual([]);
});

test("T41 another entry at a place that was read already stops the conversation", async () => {
  const { world, alice, bob, conversation } = cast;
  await say(world, alice, conversation, "as it was");
  const seq = (await world.server.log(conversation)).length;
  const other = await envelopeAt(world, conversation, seq - 1);
  let isSent = false;
  world.network.tap = (device, frame) => {
    if (device !== bob.name || isSent) return [frame];
    isSent = true;
    return [frame, encodeEntry(idBytes(conversation), seq, world.clock.now(), other)];
  };
  await say(world, alice, conversation, "and on");
  expect(alarms(bob, conversation)).toEqual([expect.objectContaining({ alarm: "echo" })]);
  expect(stateKind(bob, conversation)).toContain("stopped");
  expect(texts(bob, conversation)).toContain("as it was");
});

test("T44 an entry on another conversation's route is not taken there", async () => {
  const { world, alice, bob, conversation } = cast;
  const direct = await world.until(alice.engine.openDirect({ username: "bobby" }));
  await world.run(5_000);
  await say(world, alice, direct, "hello");
  await say(world, bob, direct, "hello back");
  const before = texts(bob, conversation);
  let isSent = false;
  world.network.tap = (device, frame) => {
    const read = decodeServerFrame(frame);
    if (device !== bob.name || read?.type !== "entry" || read.conversation !== direct || isSent) return [frame];
    isSent = true;
    return [
      encodeEntry(
        idBytes(conversation),
        (bob.peek("select cursor from conversations where id = ?", [conversation])[0]?.["cursor"] as number) + 1,
        read.acceptedAt,
        read.envelope,
      ),
    ];
  };
  await say(world, alice, direct, "in private");
  await world.run(5_000);
  world.network.tap = undefined;
  expect(isSent).toBe(true);
  expect(texts(bob, conversation)).toEqual(before);
  // What really stands at that place contradicts it, so the group says that something is wrong with its log.
  await say(world, alice, conversation, "in the group");
  await world.run(5_000);
  expect(alarms(bob, conversation).length).toBeGreaterThan(0);
});

test("T46 an altered echo of one's own post is never taken for it, and the next post of others tells", async () => {
  const { world, alice, bob, conversation } = cast;
  const start = (await world.server.log(conversation)).length;
  rewriteEntries(world, alice, conversation, (row) => {
    if (row.seq !== start + 1 || row.kind !== "stored") return [row];
    const envelope = row.envelope.slice();
    envelope[envelope.length - 1]! ^= 1;
    return [{ ...row, envelope }];
  });
  await say(world, alice, conversation, "mine");
  expect(texts(alice, conversation).filter((text) => text === "mine").length).toBe(1);
  expect(texts(bob, conversation)).toContain("mine");
  await say(world, bob, conversation, "his");
  expect(
    alarms(alice, conversation).length + (stateKind(alice, conversation).includes("stopped") ? 1 : 0),
  ).toBeGreaterThan(0);
});

test("T46 T48 a crash at any write or send around posts and commits loses nothing and doubles nothing", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  for (const at of ["write", "send"] as const) {
    for (let countdown = 1; countdown <= 6; countdown++) {
      for (const when of at === "write" ? (["before", "within", "after"] as const) : (["before", "after"] as const)) {
        alice.arm({ at, countdown, when });
        const sent = alice.engine.send({ conversation, text: `${at} ${countdown} ${when}` }).catch(() => undefined);
        const changed =
          countdown % 3 === 0
            ? alice.engine.addMembers({ conversation, usernames: [] }).catch(() => undefined)
            : undefined;
        void bob.engine.send({ conversation, text: `${at} ${countdown} ${when}, by bob` });
        await world.run(4_000);
        void sent;
        void changed;
        alice.disarm();
        await alice.start();
        await world.run(6_000);
      }
    }
  }
  await world.heal();
  await world.run(30_000);
  const logs = await trueLogs(world);
  expect(unsettled(world, logs)).toEqual([]);
  expect(violations(world, logs)).toEqual([]);
  expect(new Set([alice, bob, carol].map((device) => epochOn(device, conversation))).size).toBe(1);
});

test("T48 an answer that never arrives is asked for again: once in the log, once on every screen", async () => {
  const { world, alice, bob, conversation } = cast;
  world.network.tap = (device, frame) =>
    device === alice.name && decodeServerFrame(frame)?.type === "accepted" ? [] : [frame];
  await world.until(alice.engine.send({ conversation, text: "kept by me" }));
  await world.run(2_000);
  world.network.tap = undefined;
  alice.crash();
  await alice.start();
  await world.run(20_000);
  expect(texts(alice, conversation).filter((text) => text === "kept by me").length).toBe(1);
  expect(texts(bob, conversation).filter((text) => text === "kept by me").length).toBe(1);
  expect(violations(world, await trueLogs(world))).toEqual([]);
});
