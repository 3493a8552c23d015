import { logHeadExtension } from "@sotto/crypto";
import { members, rosterOf, seal } from "@sotto/mls";
import { ROLE, decodeEnvelope, decodePostData, encodePostData, pad, unpad, utf8 } from "@sotto/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeExtensions } from "../../mls/src/context-extensions.ts";
import { evilCommit, evilJoin, externalAdd, rewrapped, withSenderData, type Evil } from "../../mls/src/evil.ts";
import { extensionOf, groupInfo, open } from "../../mls/src/index.ts";
import { Random } from "./random.ts";
import {
  EvilMember,
  accountOf,
  alarms,
  castOf,
  envelopeAt,
  kept,
  refusals,
  say,
  senderOf,
  stateKind,
  stillTalk,
  texts,
  type Cast,
} from "./hostile.ts";
import { leaks } from "./invariants.ts";
import { secretsOf, stateOf } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(async () => {
  expect(await leaks(cast.world)).toEqual([]);
  cast.world.close();
});

const honest = (): SimulatedDevice[] => [cast.alice, cast.carol];
const evilBob = (): Promise<EvilMember> => EvilMember.of(cast.world, cast.bob, cast.conversation);

/** Everyone honest refuses for this reason, keeps its state to the byte, and goes on talking. */
async function refusedByAll(reason: RegExp, attack: () => Promise<void>): Promise<void> {
  const before = honest().map((device) => kept(device, cast.conversation));
  const shown = honest().map((device) => texts(device, cast.conversation));
  const seen = honest().map((device) => refusals(device, cast.conversation).length);
  await attack();
  honest().forEach((device, index) => {
    const fresh = refusals(device, cast.conversation).slice(seen[index]);
    expect(fresh.length).toBeGreaterThan(0);
    for (const each of fresh) expect(each).toMatch(reason);
  });
  const healed = honest().map(
    (device) => JSON.parse(kept(device, cast.conversation)) as [unknown, { state: string; accounts: string }],
  );
  healed.forEach(([, record], index) => {
    const [, was] = JSON.parse(before[index]!) as [unknown, { state: string; accounts: string }];
    expect(record.state).toBe(was.state);
    expect(record.accounts).toBe(was.accounts);
  });
  expect(honest().map((device) => texts(device, cast.conversation))).toEqual(shown);
  expect(await stillTalk(cast.world, honest(), cast.conversation)).toEqual([]);
}

describe("posts", () => {
  test("T02 an external Add, as a post and as a commit, is refused, and the next commit adds nobody", async () => {
    const { world, alice, conversation } = cast;
    const mallory = await world.signedUp("mallory");
    const evil = await evilBob();
    const { account, device, leafKey, chain } = secretsOf(mallory);
    const who = { name: "mallory", identity: { account, device }, leafKey, chain, provider: mallory.provider };
    const bytes = await externalAdd(who, await groupInfo(evil.group, logHeadExtension(0, new Uint8Array(32))));
    await refusedByAll(/not-a-post/, () => evil.post(bytes));
    await refusedByAll(/public-message|stale-epoch/, () =>
      evil.commit({ commit: bytes, roster: rosterOf(evil.group) }),
    );
    const names = (await alice.engine.conversation(conversation)).members.map(({ username }) => username);
    expect(names).not.toContain("mallory");
    expect((await mallory.engine.conversations()).length).toBe(0);
  });

  test("T12 a post that calls itself somebody else's is shown as its author's", async () => {
    const { world, alice, conversation, bob } = cast;
    const bobAccount = accountOf(bob);
    // What Alice wrote, taken out of her signature, put under his, and called by her name.
    const evil = await evilBob();
    await say(world, alice, conversation, "I am Alice");
    const body = decodeEnvelope(await envelopeAt(world, conversation, await lastPostBy(alice)))!.body;
    const opened = await open(evil.group, body);
    const data = opened.kind === "post" ? decodePostData(unpad(opened.data)!)! : undefined;
    expect(data).toBeDefined();
    const lying = pad(encodePostData({ context: { ...data!.context, name: "alice" }, content: data!.content }));
    const { sealed } = await seal(evil.group, lying);
    await evil.post(sealed);
    // Whoever signed it is shown: the copy is Bob's, whatever it says and calls itself.
    const senders = cast.carol.peek(
      "select sender from items where conversation = ? and text = ? order by item_order",
      [conversation, "I am Alice"],
    );
    expect(senders.map(({ sender }) => sender)).toEqual([accountOf(alice), bobAccount]);
    expect((await alice.engine.person(bobAccount)).username).toBe("bobby");
    expect(senderOf(cast.carol, conversation, `${bob.name} is here`)).toBe(bobAccount);
    expect(await stillTalk(world, honest(), conversation)).toEqual([]);
  });

  test("T27 somebody else's signed post under a later key is shown once", async () => {
    const { world, alice, carol, conversation } = cast;
    const evil = await evilBob();
    await say(world, alice, conversation, "yes");
    const seq = await lastPostBy(alice);
    const again = await rewrapped(evil.group, decodeEnvelope(await envelopeAt(world, conversation, seq))!.body);
    await evil.post(again);
    expect(texts(carol, conversation).filter((text) => text === "yes")).toEqual(["yes"]);
    expect(carol.logged.join("\n")).toMatch(/post\/(replayed|refused)/);
    // Alice's own client knows its words again, and doesn't take them for those of a copy of itself.
    expect(refusals(alice, conversation).at(-1)).toBe("unprotect replayed");
    expect(stateKind(alice, conversation)).toContain("open");
    await say(world, carol, conversation, "go on");
    expect(texts(alice, conversation)).toContain("go on");
  });

  test("T28 a generation far ahead costs nothing and moves nothing", async () => {
    const { world, alice, conversation } = cast;
    const evil = await evilBob();
    await say(world, alice, conversation, "one");
    const { sealed } = await seal(evil.group, pad(utf8("x")));
    const start = performance.now();
    await refusedByAll(/generation-jump/, async () =>
      evil.post(await withSenderData(evil.group, sealed, { generation: 2 ** 32 - 1 })),
    );
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test.each([7, 100, 2 ** 32 - 1])(
    "T29 a header that names leaf %i poisons nobody, after a restart neither",
    async (leafIndex) => {
      const { world, alice } = cast;
      const evil = await evilBob();
      const { sealed } = await seal(evil.group, pad(utf8("x")));
      await refusedByAll(/no-such-sender/, async () =>
        evil.post(await withSenderData(evil.group, sealed, { leafIndex })),
      );
      alice.crash();
      await alice.start();
      await world.run(5_000);
      expect(await stillTalk(world, honest(), cast.conversation)).toEqual([]);
    },
  );

  test("T30 bytes changed, cut off or added anywhere are refused alike by all", async () => {
    const { world, alice, conversation } = cast;
    const evil = await evilBob();
    await say(world, alice, conversation, "the original");
    const body = decodeEnvelope(await envelopeAt(world, conversation, await lastPostBy(alice)))!.body;
    const random = new Random("mutations");
    await refusedByAll(/malformed|unprotect/, async () => {
      for (let i = 0; i < 24; i++) {
        const changed = body.slice();
        changed[random.between(0, changed.length - 1)]! ^= 1 << random.between(0, 7);
        const bytes =
          i % 4 === 0
            ? body.slice(0, random.between(0, body.length - 1))
            : i % 4 === 1
              ? Uint8Array.from([...body, random.between(0, 255)])
              : changed;
        await evil.post(bytes);
      }
    });
    const [a, c] = honest().map(
      (device) => device.peek("select cursor, head from conversations where id = ?", [conversation])[0],
    );
    expect(a).toEqual(c);
  });

  test("T35 what a removed member wrote before and sends after is not accepted, whoever hands it in", async () => {
    const { world, alice, bob, carol, conversation } = cast;
    const evil = await evilBob();
    const { sealed } = await seal(evil.group, pad(utf8("too late")));
    await world.until(alice.engine.removeMember({ conversation, account: evil.secrets.account }));
    await world.run(5_000);
    await expect(evil.post(sealed)).rejects.toMatchObject({
      code: expect.stringMatching(/not-a-member|unknown/) as string,
    });
    // A server that helps: Carol's connection hands it in, at the place where the log is now and at the old one.
    const helper = await EvilMember.of(world, carol, conversation);
    const before = kept(alice, conversation);
    await helper.post(sealed);
    await helper.post(sealed, { applied: evil.applied });
    expect(refusals(alice, conversation).slice(-2)).toEqual(["unprotect wrong-epoch", "stale-epoch"]);
    expect(kept(alice, conversation)).toBe(before);
    expect(texts(alice, conversation)).not.toContain("too late");
    expect(bob.logged.join("\n")).not.toContain("too late");
  });

  test("T44 an entry of one conversation isn't one of another", async () => {
    const { world, alice, carol, conversation } = cast;
    const other = await world.until(alice.engine.createGroup({ name: "other", usernames: ["bobby", "carol"] }));
    await world.run(5_000);
    await say(world, alice, other, "meant for the other");
    const log = await world.server.log(other);
    const foreign = log.at(-1);
    if (foreign?.kind !== "stored") throw new Error("nothing there");
    const evil = await evilBob();
    await refusedByAll(/wrong-group/, () => evil.post(decodeEnvelope(foreign.envelope)!.body));
    expect(texts(carol, conversation)).not.toContain("meant for the other");
    expect(texts(carol, other)).toContain("meant for the other");
  });
});

/** The last entry in the log that this device made. */
async function lastPostBy(device: SimulatedDevice): Promise<number> {
  const log = await cast.world.server.log(cast.conversation);
  const own = new Set(
    device
      .peek("select seq from items where conversation = ? and own = 1 and kind = 'post'", [cast.conversation])
      .map(({ seq }) => seq),
  );
  return Math.max(...log.map(({ seq }) => seq).filter((seq) => own.has(seq)));
}

describe("commits", () => {
  const leafOf = (device: SimulatedDevice, account: string): number =>
    members(stateOf(device, cast.conversation)!.group).find(({ identity }) => identity.account === account)!.leafIndex;

  const forbidden: [string, (cast: Cast) => Evil, RegExp][] = [
    [
      "a Remove of somebody else",
      ({ carol }) => ({
        proposals: [{ proposalType: "remove", remove: { removed: leafOf(cast.alice, accountOf(carol)) } }],
      }),
      /may-not-remove|roster-mismatch/,
    ],
    [
      "a ReInit",
      () => ({
        proposals: [
          {
            proposalType: "reinit",
            reinit: {
              groupId: utf8("x"),
              version: "mls10",
              cipherSuite: "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
              extensions: [],
            },
          },
        ],
      }),
      /forbidden-proposal/,
    ],
    ["a public message", () => ({ proposals: [], asPublicMessage: true }), /public-message/],
  ];

  test.each(forbidden)("T14 %s by a member without the right is skipped by all", async (_, evilOf, reason) => {
    const evil = await evilBob();
    const made = await evilCommit(evil.group, evilOf(cast)).catch(() => undefined);
    if (made === undefined) throw new Error("the attack couldn't be made");
    // To the server he says what is: it would refuse another roster by itself.
    await refusedByAll(reason, () => evil.commit({ commit: made.commit, roster: rosterOf(evil.group) }));
  });

  test("T14 making oneself admin is refused by the server, and by all if the server helps", async () => {
    const evil = await evilBob();
    const extension = extensionOf(evil.group);
    const grasping = {
      ...extension,
      accounts: extension.accounts.map(([account]) => [account, ROLE.admin] as (typeof extension.accounts)[number]),
    };
    const made = await evilCommit(evil.group, {
      proposals: [
        { proposalType: "group_context_extensions", groupContextExtensions: { extensions: writeExtensions(grasping) } },
      ],
      extension: grasping,
    });
    await expect(evil.commit(made)).rejects.toMatchObject({ code: "conversation/forbidden-change" });
    await refusedByAll(/roster-mismatch|may-not-change/, () => evil.commit({ ...made, roster: rosterOf(evil.group) }));
    const details = await cast.alice.engine.conversation(cast.conversation);
    expect(details.members.filter(({ role }) => role !== ROLE.member).map(({ username }) => username)).toEqual([
      "alice",
    ]);
  });

  test("T04 a stranger's external commit into a closed group is skipped by all", async () => {
    const { world } = cast;
    const mallory = await world.signedUp("mallory");
    const evil = await evilBob();
    const { account, device, leafKey, chain } = secretsOf(mallory);
    const who = { name: "mallory", identity: { account, device }, leafKey, chain, provider: mallory.provider };
    const made = await evilJoin(who, {
      state: evil.group,
      groupInfo: await groupInfo(evil.group, logHeadExtension(0, new Uint8Array(32))),
    });
    await refusedByAll(/not-listed|roster-mismatch/, () =>
      evil.commit({ commit: made.commit, roster: rosterOf(evil.group) }),
    );
    const names = (await cast.alice.engine.conversation(cast.conversation)).members
      .map(({ username }) => username)
      .sort();
    expect(names).toEqual(["alice", "bobby", "carol"]);
  });

  test("T04 an external commit that removes somebody else is skipped by all", async () => {
    const evil = await evilBob();
    const carol = leafOf(cast.alice, accountOf(cast.carol));
    const made = await evilJoin(evil.actor, {
      state: evil.group,
      groupInfo: await groupInfo(evil.group, logHeadExtension(0, new Uint8Array(32))),
      remove: carol,
    });
    await refusedByAll(/external-remove|roster-mismatch|bad-leaf|duplicate|forbidden-proposal/, () =>
      evil.commit({ commit: made.commit, roster: rosterOf(evil.group) }),
    );
    expect(alarms(cast.alice, cast.conversation)).toEqual([]);
  });
});
