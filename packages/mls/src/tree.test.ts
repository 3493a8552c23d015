import { equalBytes } from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GroupState } from "./group-state.ts";
import { treeChunks } from "./index.ts";
import { nodeBytes, type RatchetTree } from "./library.ts";
import { joinTree } from "./tree.ts";
import { actor, commit, listOf, ROLE, sharedProvider, stateOf, worldOf } from "./testing.ts";

const provider = await sharedProvider();
const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
const cast = names.map((name) => actor(provider, name));
const list = listOf(Object.fromEntries(names.map((name) => [name, ROLE.admin])));
const world = await worldOf(cast, list);
for (const who of [cast[0]!, cast[17]!, cast[39]!]) await commit(world, who);
const full = GroupState.inside(stateOf(world, cast[0]!)).mls;

const chunksOf = (ratchetTree: RatchetTree) => treeChunks(GroupState.of(provider, { ...full, ratchetTree }));
const same = (a: RatchetTree, b: RatchetTree) =>
  a.length === b.length &&
  a.every((node, i) =>
    node === undefined ? b[i] === undefined : b[i] !== undefined && equalBytes(nodeBytes(node), nodeBytes(b[i])),
  );

/** Trees of any width with any leaves: leaves of the real one, parents blank or real ones without unmerged leaves. */
const tree = fc
  .record({
    levels: fc.integer({ min: 0, max: 6 }),
    blanks: fc.array(fc.boolean(), { minLength: 127, maxLength: 127 }),
  })
  .map(({ levels, blanks }) => {
    const nodes: RatchetTree = Array.from({ length: 2 ** (levels + 1) - 1 }, (_, i) => {
      const node = full.ratchetTree[i % 2 === 0 ? i % 80 : i];
      return blanks[i] === true || (node?.nodeType === "parent" && node.parent.unmergedLeaves.length > 0)
        ? undefined
        : node;
    });
    nodes[nodes.length - 1] = full.ratchetTree[0]; // the right half isn't empty
    return nodes;
  });

test("a tree of any width and any blanks comes back from its chunks", () => {
  fc.assert(
    fc.property(tree, (nodes) => {
      expect(same(joinTree(chunksOf(nodes))!, nodes)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("chunks that are lost, repeated, exchanged or put elsewhere give no tree, or not this one", () => {
  const two = fc.record({
    nodes: tree,
    a: fc.nat(20),
    b: fc.nat(20),
    kind: fc.constantFrom("lose", "repeat", "exchange"),
  });
  fc.assert(
    fc.property(two, ({ nodes, a, b, kind }) => {
      const chunks = chunksOf(nodes);
      const [i, j] = [a % chunks.length, b % chunks.length];
      const changed = chunks.slice();
      if (kind === "lose") changed.splice(i, 1);
      else if (kind === "repeat") changed.splice(i, 0, chunks[i]!);
      else [changed[i], changed[j]] = [chunks[j]!, chunks[i]!];
      const isUnchanged = kind === "exchange" && equalBytes(chunks[i]!, chunks[j]!);
      const joined = joinTree(changed);
      expect(joined !== undefined && same(joined, nodes)).toBe(isUnchanged);
    }),
    { numRuns: 60 },
  );
});

test("a re-key changes one chunk for every four levels, and a post none", async () => {
  const before = treeChunks(stateOf(world, cast[0]!));
  await commit(world, cast[5]!);
  const after = treeChunks(stateOf(world, cast[0]!));
  expect(after).toHaveLength(before.length);
  expect(after.filter((chunk, i) => !equalBytes(chunk, before[i]!))).toHaveLength(2);
  // 64 leaves: eight subtrees of eight leaves, and the seven nodes above.
  expect(before).toHaveLength(9);
});
