import { utf8 } from "@sotto/protocol";
import { initializeEpoch } from "ts-mls/keySchedule.js";
import { verifyParentHashes } from "ts-mls/parentHash.js";
import { expect, test } from "vitest";
import { GroupState } from "./group-state.ts";
import { createKeyPackage, epochAuthenticator, exportSecret } from "./index.ts";
import { type Actor, actor, commit, listOf, ROLE, sharedProvider, stateOf, worldOf } from "./testing.ts";

// Each of these fails when patches/ts-mls+1.6.4.patch isn't applied to node_modules (npx patch-package).
const provider = await sharedProvider();
const names = ["ann", "ben", "cleo", "dan", "eve", "finn", "gil", "hana", "ida", "joe"];
const cast = names.map((name) => actor(provider, name));
const [ann, ben, , , , , , hana, ida, joe] = cast as [
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
];
const list = listOf(Object.fromEntries(names.map((name) => [name, ROLE.admin])));

test("a tree with unmerged leaves at different heights lets a newcomer in (RFC 9420 §12.4.3.1)", async () => {
  const world = await worldOf(cast.slice(0, 8), list);
  for (const who of cast.slice(0, 8)) await commit(world, who);
  await commit(world, ann, { drop: [cast[1]!, cast[2]!] });
  await commit(world, ann, { join: [ida] });
  await commit(world, hana);
  await commit(world, ann, { join: [joe] });
  expect(epochAuthenticator(stateOf(world, joe))).toEqual(epochAuthenticator(stateOf(world, ann)));
});

test("a policy change carries a path, so it heals (RFC 9420 §17.4)", async () => {
  const world = await worldOf(cast.slice(0, 2), list);
  const before = GroupState.inside(stateOf(world, ann)).mls.ratchetTree[0];
  await commit(world, ann, { extension: { ...list, policy: { ...list.policy, timerSeconds: 60 } } });
  expect(GroupState.inside(stateOf(world, ann)).mls.ratchetTree[0]).not.toBe(before);
});

test("a policy change and a Remove fit in one commit", async () => {
  const world = await worldOf(cast.slice(0, 4), list);
  await commit(world, ann, {
    drop: [cast[3]!],
    extension: listOf({ ann: ROLE.admin, ben: ROLE.member, cleo: ROLE.member }),
  });
  expect(epochAuthenticator(stateOf(world, ben))).toEqual(epochAuthenticator(stateOf(world, ann)));
});

test("parent hashes are checked without hashing subtrees for leaves that have none", async () => {
  const world = await worldOf(cast.slice(0, 8), list);
  await commit(world, ann);
  const { mls } = GroupState.inside(stateOf(world, ann));
  let hashes = 0;
  const counting = {
    ...provider.suite.hash,
    digest: (data: Uint8Array) => (hashes++, provider.suite.hash.digest(data)),
  };
  expect(await verifyParentHashes(mls.ratchetTree, counting)).toBe(true);
  // The one path of a commit, and nothing for the seven leaves that came by key package.
  expect(hashes).toBeLessThan(20);
});

test("the lifetime of a key package isn't held against the machine's clock", async () => {
  const world = await worldOf([ann], list);
  const { identity, leafKey, chain } = ben;
  const far = { notBefore: 10n ** 11n, notAfter: 10n ** 11n + 60n };
  const { publicBytes } = await createKeyPackage({ provider, identity, leafKey, chain, lifetime: far });
  await expect(commit(world, ann, { add: [publicBytes] })).resolves.toMatchObject({ kind: "made" });
});

test("P6 whoever is removed and leaves one member alone doesn't know the next epoch", async () => {
  const world = await worldOf([ann, ben], list);
  const { mls: known } = GroupState.inside(stateOf(world, ben));
  await commit(world, ann, { drop: [ben] });
  const { mls } = GroupState.inside(stateOf(world, ann));
  // All that the one who was removed lacks is the commit secret. It must not be the zeros that stand for "no path".
  const zeros = new Uint8Array(provider.suite.kdf.size);
  const guess = await initializeEpoch(known.keySchedule.initSecret, zeros, mls.groupContext, zeros, provider.suite.kdf);
  expect(mls.keySchedule.exporterSecret).not.toEqual(guess.keySchedule.exporterSecret);
  expect(await exportSecret(stateOf(world, ann), "x", utf8("y"), 32)).toHaveLength(32);
});
