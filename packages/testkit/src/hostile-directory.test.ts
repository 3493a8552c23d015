import { rosterOf } from "@sotto/mls";
import type { DeviceId, Result } from "@sotto/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { credentialOf } from "../../mls/src/leaf.ts";
import { evilCommit } from "../../mls/src/evil.ts";
import {
  EvilMember,
  accountOf,
  castOf,
  kept,
  refusals,
  rewriteEntries,
  say,
  stateKind,
  stillTalk,
  texts,
  type Cast,
} from "./hostile.ts";
import { leaks } from "./invariants.ts";
import { lieAbout } from "./lies.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { deviceOn } from "./world.ts";

type ClaimedAccount = Result<"key-packages.claim">["accounts"][number];

const DAY_MS = 24 * 60 * 60_000;

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(async () => {
  expect(await leaks(cast.world)).toEqual([]);
  expect(cast.world.keys.findings).toEqual([]);
  cast.world.close();
});

/** The server tells the truth again. */
function truth(): void {
  cast.world.network.tap = undefined;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code ?? "no code",
  );

const chainOf = async (device: SimulatedDevice): Promise<Uint8Array[]> =>
  (await cast.world.server.identityOf(accountOf(device)))!.chain;

async function another(of: SimulatedDevice): Promise<SimulatedDevice> {
  const person = cast.world.people.find(({ devices }) => devices.includes(of))!;
  const device = await cast.world.addDevice(person);
  await cast.world.until(device.engine.signIn(person));
  await cast.world.run(20_000);
  return device;
}

const changed = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));

const known = async (by: SimulatedDevice, whom: SimulatedDevice): Promise<DeviceId[]> =>
  (await by.engine.person(accountOf(whom))).devices.map(({ device }) => device).sort();

describe("T05 a device that the server invents", () => {
  test.each<[string, (chain: Uint8Array[], foreign: Uint8Array[]) => Uint8Array[]]>([
    ["signed by nobody", (chain) => [...chain, changed(chain.at(-1)!)]],
    ["signed by another account", (chain, foreign) => [...chain, foreign.at(-1)!]],
    ["in the place of the true one", (chain, foreign) => [chain[0]!, ...foreign.slice(1)]],
  ])("%s, gets into no group: the addition fails, and nothing is sent to it", async (_, bend) => {
    const { world, alice, bob, carol, conversation } = cast;
    const ghost = await another(carol);
    const ghostId = deviceOn(ghost)!;
    const [chain, foreign] = [await chainOf(bob), await chainOf(carol)];
    const before = { devices: await known(alice, bob), kept: kept(alice, conversation) };
    const row = (account: ClaimedAccount): ClaimedAccount =>
      account.account !== accountOf(bob)
        ? account
        : {
            ...account,
            chain: bend(chain, foreign),
            devices: [...account.devices, { device: ghostId, keyPackage: account.devices[0]!.keyPackage }],
          };
    const lied = lieAbout(world, alice, "key-packages.claim", ({ accounts }) => ({ accounts: accounts.map(row) }));
    expect(await codeOf(world.until(alice.engine.createGroup({ name: "bent", usernames: ["bobby"] })))).toBe(
      "chain/invalid",
    );
    expect(lied.told).toBeGreaterThan(0);
    truth();
    expect(await known(alice, bob)).toEqual(before.devices);
    expect(kept(alice, conversation)).toBe(before.kept);
    expect((await alice.engine.conversations()).filter(({ name }) => name === "bent")).toEqual([]);
    expect(await stillTalk(world, [alice, bob, carol], conversation)).toEqual([]);
  });

  test("and a list from before a device came takes nothing away from it", async () => {
    const { world, alice, bob, carol, conversation } = cast;
    const before = await chainOf(bob);
    const second = await another(bob);
    expect((await known(alice, bob)).length).toBe(2);
    const lied = lieAbout(world, alice, "key-packages.claim", ({ accounts }) => ({
      accounts: accounts.map((row) =>
        row.account === accountOf(bob)
          ? { ...row, chain: before, devices: row.devices.filter(({ device }) => device === deviceOn(bob)) }
          : row,
      ),
    }));
    const fetched = lieAbout(world, alice, "chain.fetch", ({ accounts }) => ({
      accounts: accounts.map((row) => (row.account === accountOf(bob) ? { ...row, chain: before } : row)),
    }));
    const other = await world.until(alice.engine.createGroup({ name: "older", usernames: ["bobby"] }));
    // Before anybody's leaf could tell her again.
    expect((await known(alice, bob)).length).toBe(2);
    await world.run(30_000);
    expect(lied.told + fetched.told).toBeGreaterThan(0);
    expect((await known(alice, bob)).length).toBe(2);
    truth();
    // The device that the server kept out comes in by itself.
    await say(world, alice, other, "to both of you");
    await world.run(30_000);
    expect(texts(second, other)).toContain("to both of you");
    expect(await stillTalk(world, [alice, bob, carol], conversation)).toEqual([]);
  });

  test("is none of his, while one that he signed is told to everyone he talks with", async () => {
    const { alice, bob, carol, conversation } = cast;
    await another(bob);
    for (const device of [alice, carol]) {
      const { items } = await device.engine.timeline({ conversation, limit: 50 });
      const lines = items.flatMap((item) => (item.kind === "system" ? [item.line] : []));
      const added = lines.filter((line) => line.kind === "device-added");
      expect(added.map((line) => line.kind === "device-added" && line.by.account)).toEqual([accountOf(bob)]);
    }
  });
});

describe("T08 a name under which the server puts somebody else's keys", () => {
  test("leads to the account that the keys are, and not to two", async () => {
    const { world, alice, bob } = cast;
    const mallory = await world.signedUp("mallory");
    const chain = await chainOf(bob);
    // The keys of Bob under the account of Mallory.
    const lied = lieAbout(world, alice, "name.lookup", (answer) => ({ ...answer, chain }));
    expect(await codeOf(world.until(alice.engine.openDirect({ username: "mallory" })))).toBe("chain/invalid");
    expect(lied.told).toBeGreaterThan(0);
    truth();
    expect((await alice.engine.person(accountOf(bob))).username).toBe("bobby");
    const direct = await world.until(alice.engine.openDirect({ username: "mallory" }));
    await say(world, alice, direct, "it's you");
    expect(texts(mallory, direct)).toEqual(["it's you"]);
    expect(texts(bob, direct)).toEqual([]);
  });
});

describe("T09 a member who would be somebody else", () => {
  test("keeps its place: the commit is skipped by all, with their state as it was", async () => {
    const { world, alice, bob, carol, conversation } = cast;
    const victim = { account: accountOf(carol), device: deviceOn(carol)! };
    const evil = await EvilMember.of(world, bob, conversation);
    const { account, device: own } = evil.secrets;
    const made = await evilCommit(evil.group, {
      proposals: [],
      bend: (mls) => ({
        ...mls,
        ratchetTree: mls.ratchetTree.map((node, index) =>
          index === 2 * mls.privatePath.leafIndex && node?.nodeType === "leaf"
            ? { ...node, leaf: { ...node.leaf, credential: credentialOf(victim) } }
            : node,
        ),
      }),
    });
    type Kept = [unknown, { state: string; roll: string }];
    const before = [alice, carol].map((device) => JSON.parse(kept(device, conversation)) as Kept);
    await evil.commit({ commit: made.commit, roster: rosterOf(evil.group) });
    for (const [index, device] of [alice, carol].entries()) {
      expect(refusals(device, conversation).at(-1)).toMatch(/leaf-changed/);
      const [, was] = before[index]!;
      const [, now] = JSON.parse(kept(device, conversation)) as Kept;
      expect([now.state, now.roll]).toEqual([was.state, was.roll]);
      expect((await device.engine.person(account)).devices.map(({ device: id }) => id)).toEqual([own]);
    }
    expect(await stillTalk(world, [alice, carol], conversation)).toEqual([]);
  });
});

describe("T16 key packages that the server shouldn't hand out", () => {
  /** Adds Bob to a new group while his key package is another one. @returns for what reason it was refused */
  async function refusedFor(bend: (row: ClaimedAccount) => ClaimedAccount): Promise<string[]> {
    const { world, alice, bob } = cast;
    const from = alice.logged.length;
    const lied = lieAbout(world, alice, "key-packages.claim", ({ accounts }) => ({
      accounts: accounts.map((row) => (row.account === accountOf(bob) ? bend(row) : row)),
    }));
    const before = new Set((await alice.engine.conversations()).map(({ conversation }) => conversation));
    const group = await world.until(alice.engine.createGroup({ name: "with whom", usernames: ["bobby"] }));
    expect(before.has(group)).toBe(false);
    expect(lied.told).toBe(1);
    truth();
    // No Welcome was made: he is a member all the same, and comes in by himself.
    await world.run(60_000);
    await say(world, alice, group, "and nobody else");
    await world.run(10_000);
    expect(texts(bob, group)).toContain("and nobody else");
    return alice.logged.slice(from).flatMap((line) => {
      const { code, because } = JSON.parse(line) as { code: string; because?: string };
      return code === "key-package/refused" ? [because ?? ""] : [];
    });
  }

  const claimFrom = async (by: SimulatedDevice, whom: SimulatedDevice): Promise<Uint8Array> => {
    const { world } = cast;
    let taken: Uint8Array | null = null;
    lieAbout(world, by, "key-packages.claim", (answer) => {
      const row = answer.accounts.find(({ account }) => account === accountOf(whom));
      taken = row?.devices.find(({ device }) => device === deviceOn(whom))?.keyPackage ?? taken;
      return answer;
    });
    const username = world.people.find(({ devices }) => devices.includes(whom))!.username;
    await world.until(by.engine.createGroup({ name: "only to get it", usernames: [username] }));
    truth();
    if (taken === null) throw new Error("no key package");
    return taken;
  };
  const with_ =
    (keyPackage: Uint8Array) =>
    (row: ClaimedAccount): ClaimedAccount => ({
      ...row,
      devices: row.devices.map(({ device }) => ({ device, keyPackage })),
    });

  test("another account's", async () => {
    const foreign = await claimFrom(cast.bob, cast.carol);
    expect(await refusedFor(with_(foreign))).toEqual(["foreign"]);
  });

  test("an ended device's", async () => {
    const { world, bob, alice } = cast;
    const second = await another(bob);
    const ended = await claimFrom(alice, second);
    const device = deviceOn(second)!;
    await world.until(bob.engine.revokeDevice({ device, password: world.people[1]!.password }));
    await world.run(20_000);
    const reasons = await refusedFor((row) => ({ ...row, devices: [...row.devices, { device, keyPackage: ended }] }));
    expect(reasons).toEqual(["ended"]);
  });

  test("a stale one", async () => {
    const { world, alice, bob } = cast;
    const stale = await claimFrom(alice, bob);
    for (let day = 0; day < 95; day += 5) await world.run(5 * DAY_MS);
    const reasons = await refusedFor(with_(stale));
    expect(reasons).toEqual(["lifetime"]);
  }, 120_000);

  test("one with a changed byte", async () => {
    const fresh = await claimFrom(cast.alice, cast.bob);
    expect((await refusedFor(with_(changed(fresh)))).length).toBe(1);
  });
});

describe("T18 a Welcome that comes again", () => {
  test("opens nothing: who was let out stays out, who is in stays as they are", async () => {
    const { world, alice, bob, carol, conversation } = cast;
    // The server keeps every Welcome that Bob ever got.
    const welcomes: Result<"inbox.page">["items"] = [];
    lieAbout(world, bob, "inbox.page", (page) => {
      welcomes.push(...page.items);
      return page;
    });
    const group = await world.until(alice.engine.createGroup({ name: "again", usernames: ["bobby", "carol"] }));
    await world.run(20_000);
    await say(world, alice, group, "first time");
    expect(texts(bob, group)).toContain("first time");
    expect(welcomes.length).toBeGreaterThan(0);
    truth();

    const replay = async (): Promise<number> => {
      let position = 1_000;
      const lied = lieAbout(world, bob, "inbox.page", () => ({
        more: false,
        items: welcomes.map((item) => ({ ...item, position: ++position })),
      }));
      world.network.cut(bob.name);
      await world.run(30_000);
      truth();
      return lied.told;
    };
    const inside = kept(bob, group);
    expect(await replay()).toBeGreaterThan(0);
    expect(kept(bob, group)).toBe(inside);

    await world.until(alice.engine.removeMember({ conversation: group, account: accountOf(bob) }));
    await world.run(20_000);
    expect(stateKind(bob, group)).toContain("left");
    expect(await replay()).toBeGreaterThan(0);
    await say(world, alice, group, "without him");
    expect(stateKind(bob, group)).toContain("left");
    expect(texts(bob, group)).not.toContain("without him");
    expect(await stillTalk(world, [alice, bob, carol], conversation)).toEqual([]);
  });
});

describe("T25 a copy whose other half the server hides", () => {
  test("gets nothing past the others, and stops at the first word of others that covers what was hidden", async () => {
    const { world, alice, bob, conversation } = cast;
    const image = bob.image()!;
    await say(world, bob, conversation, "before the disk was put back");
    await say(world, bob, conversation, "and once more");
    const length = (await world.server.log(conversation)).length;
    await world.until(bob.putBack(image));
    // Whatever is new is kept from him, and he is told that there is nothing.
    rewriteEntries(world, bob, conversation, (row) => (row.seq > length - 2 ? [] : [row]));
    await bob.start();
    await world.run(20_000);
    await codeOf(world.until(bob.engine.send({ conversation, text: "from the old disk" })));
    await world.run(30_000);
    // What it wrote under a key that was used before is nothing that others take.
    expect(texts(alice, conversation)).not.toContain("from the old disk");
    expect(world.keys.findings.splice(0).length).toBeLessThanOrEqual(1);
    truth();
    world.network.cut(bob.name);
    await world.run(60_000);
    const session = await bob.engine.session();
    expect(session.kind === "signed-in" ? session.notices.map(({ kind }) => kind) : []).toContain("cloned");
    expect(texts(alice, conversation)).not.toContain("from the old disk");
  });
});
