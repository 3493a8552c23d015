import { utf8 } from "@sotto/protocol";
import { expect, test } from "vitest";
import {
  createExternalCommit,
  decodeRows,
  encodeRows,
  epoch,
  epochAuthenticator,
  groupInfo,
  members,
  open,
  seal,
  treeChunks,
} from "./index.ts";
import { actor, commit, CONVERSATION, HEAD, judge, listOf, opened, ROLE, sharedProvider, staged, stateOf, worldOf } from "./testing.ts";

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
  expect(await open(next, sealed)).toEqual({ kind: "own-echo", generation: 0 });
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
