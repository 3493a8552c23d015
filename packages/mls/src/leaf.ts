import { EXTENSION, EXTENSION_BYTES_MAX, equalBytes } from "@sotto/protocol";
import type { Capabilities, Credential, LeafNode, RatchetTree } from "./library.ts";
import { decodeIdentity, encodeIdentity, type LeafIdentity, sameIdentity } from "./identity.ts";
import { capabilitiesBytes } from "./library.ts";
import { SUITE } from "./provider.ts";

/** A device in a group, as its leaf says. `chain`: the bytes of its identity chain. The arrays belong to the group: don't write. */
export type Leaf = { leafIndex: number; identity: LeafIdentity; chain: Uint8Array; signatureKey: Uint8Array };

/** What every leaf supports, exactly. One list for all, so nobody can enter who would hold others back. */
export const CAPABILITIES: Capabilities = {
  versions: ["mls10"],
  ciphersuites: [SUITE],
  extensions: [EXTENSION.conversation, EXTENSION.logHead, EXTENSION.identityChain],
  proposals: [],
  credentials: ["basic"],
};
const CAPABILITIES_BYTES = capabilitiesBytes(CAPABILITIES);

export function credentialOf(identity: LeafIdentity): Credential {
  return { credentialType: "basic", identity: encodeIdentity(identity) };
}

export function chainExtension(chain: Uint8Array) {
  return { extensionType: EXTENSION.identityChain, extensionData: chain };
}

type LeafContent = Omit<Leaf, "leafIndex">;
const known = new WeakMap<LeafNode, LeafContent | "bad">();

/**
 * What a leaf node says, or undefined if it isn't one of ours: a basic credential of our form, exactly our capabilities and
 * exactly one extension, the chain. Its keys are checked where it enters: the signature key by the signature that it makes
 * (an unusable key verifies nothing), the HPKE key by {@link isUsablePublicKey}.
 */
export function readLeaf(node: LeafNode): LeafContent | undefined {
  let content = known.get(node);
  if (content === undefined) known.set(node, (content = parseLeaf(node) ?? "bad"));
  return content === "bad" ? undefined : content;
}

function parseLeaf(node: LeafNode): LeafContent | undefined {
  if (node.credential.credentialType !== "basic") return undefined;
  const identity = decodeIdentity(node.credential.identity);
  const [extension] = node.extensions;
  if (identity === undefined || extension === undefined || node.extensions.length !== 1) return undefined;
  if (extension.extensionType !== EXTENSION.identityChain || extension.extensionData.length > EXTENSION_BYTES_MAX)
    return undefined;
  if (!equalBytes(capabilitiesBytes(node.capabilities), CAPABILITIES_BYTES)) return undefined;
  return { identity, chain: extension.extensionData, signatureKey: node.signaturePublicKey };
}

/** All leaves of a tree in order of their index, or undefined if one of them isn't of our form. */
export function readLeaves(tree: RatchetTree): Leaf[] | undefined {
  const leaves: Leaf[] = [];
  for (let i = 0; i < tree.length; i += 2) {
    const node = tree[i];
    if (node === undefined) continue;
    const content = node.nodeType === "leaf" ? readLeaf(node.leaf) : undefined;
    if (content === undefined) return undefined;
    leaves.push({ leafIndex: i / 2, ...content });
  }
  return leaves;
}

/** Does a leaf keep everything but its HPKE key, as the leaf of a path commit must? */
export function keepsItsPlace(before: Leaf, node: LeafNode): boolean {
  const after = readLeaf(node);
  return (
    after !== undefined &&
    sameIdentity(before.identity, after.identity) &&
    equalBytes(before.signatureKey, after.signatureKey) &&
    equalBytes(before.chain, after.chain)
  );
}
