import { KIND } from "@sotto/protocol";
import { expect, test } from "vitest";
import { createCommit, createGroup, decodeRows, encodeRows, epochAuthenticator } from "./index.ts";
import { actor, CONVERSATION, HEAD, judge, keyPackage, listOf, ROLE, sharedProvider } from "./testing.ts";

test("a wide tree without parents comes back from its rows", async () => {
  const provider = await sharedProvider();
  const [creator, ...others] = ["ann", "ben", "cat", "dan", "eve"].map((name) => actor(provider, name));
  const extension = listOf(
    { ann: ROLE.admin, ben: ROLE.member, cat: ROLE.member, dan: ROLE.member, eve: ROLE.member },
    {},
    KIND.group,
  );
  const { identity, leafKey, chain } = creator!;
  const group = await createGroup({ provider, conversation: CONVERSATION, identity, leafKey, chain, extension });
  const add = (await Promise.all(others.map(keyPackage))).map(({ publicBytes }) => publicBytes);
  // A commit that only adds has no path: five leaves stand in a tree of fifteen nodes, and every parent is blank.
  const made = await createCommit(group, { add, logHead: HEAD, judge });
  if (made.kind !== "made") throw new Error(made.because);
  const back = decodeRows(provider, encodeRows(undefined, made.next).set);
  expect(back).toBeDefined();
  expect(epochAuthenticator(back!)).toEqual(epochAuthenticator(made.next));
});
