import { KIND, utf8 } from "@sotto/protocol";
import type { Proposal } from "ts-mls";
import { expect, test } from "vitest";
import { evilJoin, withSenderData } from "./evil.ts";
import { GroupState } from "./group-state.ts";
import {
  createCommit,
  createExternalCommit,
  createGroup,
  createProvider,
  decodeRows,
  encodeRows,
  epoch,
  epochAuthenticator,
  epochKeyRecord,
  exportSecret,
  groupInfo,
  members,
  open,
  openArchive,
  seal,
  senderKeyRecord,
  stageCommit,
  treeChunks,
} from "./index.ts";
import {
  actor,
  commit,
  CONVERSATION,
  HEAD,
  judge,
  listOf,
  opened,
  ROLE,
  seeded,
  sharedProvider,
  staged,
  stateOf,
  worldOf,
} from "./testing.ts";

const provider = await sharedProvider();
const [alice, bob, carol] = [actor(provider, "alice"), actor(provider, "bob"), actor(provider, "carol")];
const list = listOf({ alice: ROLE.admin, bob: ROLE.member, carol: ROLE.member });

test("three devices share an epoch, write and read", async () => {
  const world = await worldOf([alice, bob, carol], list);
  expect(world.actors.map((who) => epoch(stateOf(world, who)))).toEqual([1n, 1n, 1n]);
  const { sealed, next, generation } = await seal(stateOf(world, alice), utf8("hello"));
  expect(generation).toBe(0);
  for (const reader of [bob, carol]) {
    const post = await opened(stateOf(world, reader), sealed);
    expect(post.data).toEqual(utf8("hello"));
    expect(post.sender).toEqual({ leafIndex: 0, identity: alice.identity, generation: 0 });
    expect(await open(post.next, sealed)).toEqual({ kind: "refused", because: "replayed" });
  }
  expect(await open(next, sealed)).toEqual({ kind: "own-echo", generation: 0, signed: false });
});

test("a re-key, a removal and an external commit reach everyone alike", async () => {
  const world = await worldOf([alice, bob, carol], list);
  await commit(world, bob);
  await commit(world, alice, { drop: [carol] });
  const state = stateOf(world, bob);
  const made = await createExternalCommit({
    ...carol,
    conversation: CONVERSATION,
    groupInfo: await groupInfo(state, HEAD),
    treeChunks: treeChunks(state),
    logHead: HEAD,
    judge,
  });
  if (made.kind !== "made") throw new Error(made.because);
  expect(made.logHead).toEqual(HEAD);
  expect(made.signer.identity).toEqual(bob.identity);
  for (const who of [alice, bob]) {
    const { next, committer, external } = await staged(stateOf(world, who), made);
    expect(external).toBe(true);
    expect(committer.identity).toEqual(carol.identity);
    expect(epochAuthenticator(next)).toEqual(epochAuthenticator(made.next));
    expect(members(next)).toEqual(members(made.next));
  }
});

test("rows bring back the same state", async () => {
  const world = await worldOf([alice, bob, carol], list);
  const { sealed } = await seal(stateOf(world, alice), utf8("hello"));
  const rows = encodeRows(undefined, stateOf(world, bob));
  const back = decodeRows(provider, rows.set);
  if (back === undefined) throw new Error("unreadable");
  expect((await opened(back, sealed)).data).toEqual(utf8("hello"));
});

test("of two commits for one epoch, who loses follows who won and makes its own anew", async () => {
  const world = await worldOf([alice, bob, carol], list);
  const [first, second] = await Promise.all(
    [alice, bob].map((who) => createCommit(stateOf(world, who), { logHead: HEAD, judge })),
  );
  if (first?.kind !== "made" || second?.kind !== "made") throw new Error("not made");
  const followed = await staged(stateOf(world, bob), first);
  expect(epochAuthenticator(followed.next)).toEqual(epochAuthenticator(first.next));
  expect(await stageCommit(followed.next, second.commit, { ...second, judge })).toEqual({
    kind: "skip",
    because: "wrong-epoch",
  });
  const again = await createCommit(followed.next, { logHead: HEAD, judge });
  if (again.kind !== "made") throw new Error(again.because);
  const { next } = await staged((await staged(stateOf(world, carol), first)).next, again);
  expect(epochAuthenticator(next)).toEqual(epochAuthenticator(again.next));
});

test("T25 a commit or post under one's own leaf proves a copy only when it is signed", async () => {
  const world = await worldOf([alice, bob, carol], list);
  const copy = stateOf(world, bob);
  const made = await createCommit(copy, { logHead: HEAD, judge });
  if (made.kind !== "made") throw new Error(made.because);
  expect(await stageCommit(stateOf(world, bob), made.commit, { ...made, judge })).toEqual({
    kind: "own-echo",
    generation: 0,
    signed: true,
  });
  const post = await seal(copy, utf8("by the copy"));
  expect(await open(stateOf(world, bob), post.sealed)).toEqual({
    kind: "own-echo",
    generation: 0,
    signed: true,
    data: utf8("by the copy"),
  });
  // Another member puts bob's leaf into the header of its own post.
  const { sealed } = await seal(stateOf(world, carol), utf8("not by bob"));
  const forged = await withSenderData(stateOf(world, carol), sealed, { leafIndex: 1 });
  expect(await open(stateOf(world, bob), forged)).toEqual({ kind: "refused", because: "undecryptable" });
});

test("the archive opens a whole epoch from its records, in any order, and names the senders", async () => {
  const world = await worldOf([alice, bob, carol], list);
  const epochKey = epochKeyRecord(stateOf(world, carol));
  const senderKeys = [0, 1].map((leaf) => senderKeyRecord(stateOf(world, carol), leaf)!);
  const sealed: Uint8Array[] = [];
  for (const who of [alice, bob, alice, alice]) {
    const post = await seal(stateOf(world, who), Uint8Array.of(sealed.length));
    world.states.set(who, post.next);
    world.states.set(carol, (await opened(stateOf(world, carol), post.sealed)).next);
    sealed.push(post.sealed);
  }
  expect(senderKeyRecord(stateOf(world, carol), 0)).toBeUndefined();
  const reader = openArchive(provider, epochKey, [utf8("not a record"), ...senderKeys])!;
  for (const i of [3, 0, 2, 1, 1]) {
    const post = await reader.open(sealed[i]!);
    expect(post).toMatchObject({
      kind: "post",
      data: Uint8Array.of(i),
      sender: { identity: (i === 1 ? bob : alice).identity },
    });
  }
  expect(await openArchive(provider, epochKey, senderKeys.slice(1))!.open(sealed[0]!)).toEqual({
    kind: "no-sender-key",
    leafIndex: 0,
  });
  expect((await reader.open(sealed[3]!, 2)).kind).toBe("post");
  expect(await reader.open(sealed[3]!, 1)).toEqual({ kind: "refused", because: "undecryptable" });
  const forged = sealed[0]!.slice();
  forged[forged.length - 1]! ^= 1;
  expect((await reader.open(forged)).kind).toBe("refused");
  expect(openArchive(provider, utf8("not a record"), senderKeys)).toBeUndefined();
  await commit(world, bob);
  const later = await seal(stateOf(world, alice), utf8("later"));
  expect(await reader.open(later.sealed)).toEqual({ kind: "refused", because: "wrong-epoch" });
});

test("a secret exported from an epoch is the same for all its members and another in the next", async () => {
  const world = await worldOf([alice, bob], list);
  const secret = (who: typeof alice) => exportSecret(stateOf(world, who), "typing", utf8("context"), 32);
  const before = await secret(alice);
  expect(await secret(bob)).toEqual(before);
  await commit(world, alice);
  expect(await secret(bob)).not.toEqual(before);
});

test("who is alone in a group can't replace its leaf, and doesn't take a commit that does", async () => {
  const world = await worldOf([alice], list);
  const state = stateOf(world, alice);
  const info = await groupInfo(state, HEAD);
  const made = await createExternalCommit({
    ...alice,
    conversation: CONVERSATION,
    groupInfo: info,
    treeChunks: treeChunks(state),
    logHead: HEAD,
    judge,
  });
  expect(made).toEqual({ kind: "refused", because: "only-leaf" });
  const remove: Proposal = { proposalType: "remove", remove: { removed: 0 } };
  const evil = await evilJoin(actor(provider, "alice", 2), {
    state,
    groupInfo: info,
    proposals: (inits) => [...inits, remove],
  });
  expect(await stageCommit(state, evil.commit, { roster: evil.roster, judge })).toEqual({
    kind: "skip",
    because: "only-leaf",
  });
});

test("a group that no kind allows isn't made", async () => {
  const { identity, leafKey, chain } = alice;
  const make = (extension: typeof list) =>
    createGroup({ provider, conversation: CONVERSATION, identity, leafKey, chain, extension });
  await expect(make(listOf({ bob: ROLE.admin }))).rejects.toThrow(TypeError);
  await expect(make(listOf({ alice: ROLE.member }))).rejects.toThrow(TypeError);
  await expect(make(listOf({ alice: ROLE.admin }, {}, KIND.direct))).rejects.toThrow(TypeError);
  await expect(make(listOf({ alice: ROLE.admin }, { join: "open" }))).rejects.toThrow(TypeError);
  await expect(make(listOf({ alice: ROLE.member, bob: ROLE.member }, {}, KIND.direct))).resolves.toBeDefined();
});

test("a state keeps neither the commit that brought it, nor past epochs, nor secrets of nobody", async () => {
  const world = await worldOf([alice, bob, carol], list);
  await commit(world, alice, { extension: { ...list, policy: { ...list.policy, timerSeconds: 9 } } });
  const { ratchetTree, confirmationTag, groupContext } = GroupState.inside(stateOf(world, bob)).mls;
  const [leaf, parent] = [ratchetTree[0], ratchetTree[3]];
  if (leaf?.nodeType !== "leaf" || parent?.nodeType !== "parent") throw new Error("an unexpected tree");
  const views = [
    leaf.leaf.hpkePublicKey,
    leaf.leaf.signature,
    parent.parent.hpkePublicKey,
    confirmationTag,
    groupContext.extensions[1]!.extensionData,
  ];
  for (const view of views) expect(view.buffer.byteLength).toBeLessThan(2_000);
  for (const who of world.actors) {
    await commit(world, who);
    const { historicalReceiverData, secretTree } = GroupState.inside(stateOf(world, who)).mls;
    expect(historicalReceiverData.size).toBe(0);
    expect(secretTree.filter((node) => node.application.secret.length > 0)).toHaveLength(3);
  }
});

const portable = await createProvider({ native: "never" });

test("devices with native and portable cryptography share a group", async () => {
  const world = await worldOf([alice, actor(portable, "bob"), carol], list);
  for (const who of world.actors) await commit(world, who);
  const [first] = world.actors.map((who) => epochAuthenticator(stateOf(world, who)));
  for (const who of world.actors) expect(epochAuthenticator(stateOf(world, who))).toEqual(first);
  for (const who of world.actors) {
    const { sealed } = await seal(stateOf(world, who), utf8("hello"));
    for (const reader of world.actors) if (reader !== who) await opened(stateOf(world, reader), sealed);
  }
});

test("under a seeded provider a history repeats byte for byte", async () => {
  const history = async () => {
    const source = await createProvider({ random: seeded(11) });
    const world = await worldOf([actor(source, "alice"), actor(source, "bob"), actor(source, "carol")], list);
    const commits = [];
    for (const who of world.actors) commits.push((await commit(world, who)).commit);
    return [...commits, (await seal(stateOf(world, world.actors[0]!), utf8("hello"))).sealed];
  };
  expect(await history()).toEqual(await history());
});
