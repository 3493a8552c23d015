import { LEAVES_MAX, TREE_BYTES_MAX, TREE_CHUNKS_MAX } from "@sotto/protocol";
import { decodeOptional } from "ts-mls/codec/optional.js";
import { decodeNode, getHpkePublicKey } from "ts-mls/ratchetTree.js";
import { concat, equalBytes } from "@sotto/protocol";
import { GroupState } from "./group-state.ts";
import { type Node, nodeBytes, type RatchetTree } from "./library.ts";
import { isUsablePublicKey } from "./x-wing.ts";

/** Leaves of the smallest full tree that holds LEAVES_MAX. */
const WIDTH_MAX = 2 ** Math.ceil(Math.log2(LEAVES_MAX));
export const NODES_MAX = 2 * WIDTH_MAX - 1;
const HASH_BYTES = 64;

/**
 * [Note: Chunks of a tree]
 * A tree travels in chunks, each named by the hash of its bytes, so that what didn't change isn't sent again. A chunk holds a
 * subtree of up to four levels (15 nodes): a commit changes one path, which crosses every fourth level only once, so three
 * chunks of a thousand leaves change and not one for each level. Levels 0 to 3 come first, then 4 to 7, and so on; inside a
 * chunk, nodes by index. Bytes: version, then for each node 0, or 1 and the node (RFC 9420 §7.8, optional<Node>).
 */
const CHUNK_VERSION = 1;
const LEVELS_A_CHUNK = 4;

/** Indices of the nodes of each chunk of a full tree with this many nodes, in the order of the chunks. */
function layout(nodeCount: number): number[][] {
  const chunks = new Map<string, number[]>();
  const levels = Math.log2(nodeCount + 1);
  for (let first = 0; first < levels; first += LEVELS_A_CHUNK) {
    for (let index = 0; index < nodeCount; index++) {
      const level = levelOf(index);
      if (level < first || level >= first + LEVELS_A_CHUNK) continue;
      const key = `${first}/${index >> (first + LEVELS_A_CHUNK)}`;
      const nodes = chunks.get(key);
      if (nodes === undefined) chunks.set(key, [index]);
      else nodes.push(index);
    }
  }
  return [...chunks.values()];
}

/** Level of a node in the array form of a tree: the number of its trailing one bits (RFC 9420 appendix C). */
function levelOf(index: number): number {
  return 31 - Math.clz32(~index & (index + 1));
}

function isFullTree(nodeCount: number): boolean {
  return nodeCount > 0 && ((nodeCount + 1) & nodeCount) === 0;
}

const BLANK = Uint8Array.of(0);
const PRESENT = Uint8Array.of(1);

/** The group's public tree, for those who join. At most TREE_CHUNKS_MAX chunks. */
export function treeChunks(state: GroupState): Uint8Array[] {
  const tree = GroupState.inside(state).mls.ratchetTree;
  return layout(tree.length).map((indices) => {
    const parts = indices.flatMap((index) => {
      const node = tree[index];
      return node === undefined ? [BLANK] : [PRESENT, nodeBytes(node)];
    });
    return concat(Uint8Array.of(CHUNK_VERSION), ...parts);
  });
}

/**
 * Puts a tree together from the chunks that a server gave. Undefined for anything but the chunks of one full tree within the
 * limits whose every part is well-formed. Whether it is the group's tree, its signed hash says. Never throws.
 */
export function joinTree(chunks: readonly Uint8Array[]): RatchetTree | undefined {
  if (chunks.length > TREE_CHUNKS_MAX) return undefined;
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  if (bytes > TREE_BYTES_MAX) return undefined;
  const parts: (Node | undefined)[][] = [];
  let nodeCount = 0;
  for (const chunk of chunks) {
    const nodes = readChunk(chunk);
    if (nodes === undefined) return undefined;
    parts.push(nodes);
    nodeCount += nodes.length;
  }
  if (!isFullTree(nodeCount) || nodeCount > NODES_MAX) return undefined;
  const places = layout(nodeCount);
  if (places.length !== parts.length) return undefined;
  const tree: RatchetTree = Array.from({ length: nodeCount }, () => undefined);
  for (const [i, indices] of places.entries()) {
    const nodes = parts[i]!;
    if (nodes.length !== indices.length) return undefined;
    for (const [j, index] of indices.entries()) tree[index] = nodes[j];
  }
  const hasUsableKeys = tree.every((node) => node === undefined || isUsablePublicKey(getHpkePublicKey(node)));
  return hasUsableKeys && isStructured(tree) ? tree : undefined;
}

function readChunk(chunk: Uint8Array): (Node | undefined)[] | undefined {
  if (chunk[0] !== CHUNK_VERSION) return undefined;
  const nodes: (Node | undefined)[] = [];
  const decode = decodeOptional(decodeNode);
  try {
    let offset = 1;
    while (offset < chunk.length) {
      if (nodes.length === 2 ** LEVELS_A_CHUNK - 1) return undefined;
      const decoded = decode(chunk, offset);
      if (decoded === undefined) return undefined;
      const [node, length] = decoded;
      const canonical = node === undefined ? BLANK : concat(PRESENT, nodeBytes(node));
      if (!equalBytes(canonical, chunk.subarray(offset, offset + length))) return undefined;
      nodes.push(node);
      offset += length;
    }
    return nodes;
  } catch {
    return undefined; // the decoder throws for some malformed bytes
  }
}

/**
 * Is this the shape of a ratchet tree (RFC 9420 §7.1, §7.8)? Leaves and parents in their places, no more width than
 * needed, every index within bounds. Asked before the library walks it.
 */
export function isStructured(tree: RatchetTree): boolean {
  if (!isFullTree(tree.length) || tree.length > NODES_MAX) return false;
  let last = -1;
  for (const [index, node] of tree.entries()) {
    if (node === undefined) continue;
    last = index;
    if ((node.nodeType === "leaf") !== (index % 2 === 0)) return false;
    if (node.nodeType === "leaf") continue;
    const { parentHash, unmergedLeaves } = node.parent;
    if (parentHash.length !== 0 && parentHash.length !== HASH_BYTES) return false;
    for (const [i, leaf] of unmergedLeaves.entries()) {
      if (tree[2 * leaf] === undefined || (i > 0 && leaf <= unmergedLeaves[i - 1]!)) return false;
    }
  }
  // The right half must not be empty: a tree is as narrow as it can be.
  return last >= 0 && (tree.length === 1 || last > (tree.length - 1) / 2);
}

const keysOf = new WeakMap<Node, { hpke: string; signature: string | undefined }>();

function keysOfNode(node: Node): { hpke: string; signature: string | undefined } {
  let keys = keysOf.get(node);
  if (keys === undefined) {
    keys = {
      hpke: String.fromCharCode(...getHpkePublicKey(node)),
      signature: node.nodeType === "leaf" ? String.fromCharCode(...node.leaf.signaturePublicKey) : undefined,
    };
    keysOf.set(node, keys);
  }
  return keys;
}

/** No HPKE key twice among all nodes, no signature key twice among the leaves (RFC 9420 §7.3; T37). */
export function hasUniqueKeys(tree: RatchetTree): boolean {
  const hpke = new Set<string>();
  const signature = new Set<string>();
  for (const node of tree) {
    if (node === undefined) continue;
    const keys = keysOfNode(node);
    if (hpke.has(keys.hpke)) return false;
    hpke.add(keys.hpke);
    if (keys.signature === undefined) continue;
    if (signature.has(keys.signature)) return false;
    signature.add(keys.signature);
  }
  return true;
}
