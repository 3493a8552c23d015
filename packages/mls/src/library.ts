/**
 * What this package takes from the MLS library beyond its front page, in one place: the types that the front page names
 * only in part, and strict decoders. Nothing outside this package sees any of it.
 */
import { equalBytes } from "@sotto/protocol";
import {
  type Capabilities,
  type ClientConfig,
  type ClientState,
  decodeMlsMessage,
  encodeMlsMessage,
  type GroupInfo,
  type LeafNode,
  type MLSMessage,
} from "ts-mls";
import { encodeCapabilities } from "ts-mls/capabilities.js";
import type { Decoder } from "ts-mls/codec/tlsDecoder.js";
import { decodeGroupInfo, encodeGroupInfo } from "ts-mls/groupInfo.js";
import { decodeKeyPackage, encodeKeyPackage, type KeyPackage } from "ts-mls/keyPackage.js";
import { decodeNode, encodeNode, type Node, type RatchetTree } from "ts-mls/ratchetTree.js";

export type { Capabilities, ClientConfig, ClientState, GroupInfo, KeyPackage, LeafNode, MLSMessage, Node, RatchetTree };
export type { Credential } from "ts-mls/credential.js";
export type { Extension } from "ts-mls/extension.js";

/**
 * Decodes hostile bytes: undefined unless they decode to the end and encode back to the very same bytes (RFC 9420 §2.1.2
 * allows one encoding only), so hashes over bytes and over structures agree. Never throws.
 */
export function strictly<T>(bytes: Uint8Array, decode: Decoder<T>, encode: (value: T) => Uint8Array): T | undefined {
  try {
    const decoded = decode(bytes, 0);
    if (decoded === undefined || decoded[1] !== bytes.length) return undefined;
    return equalBytes(encode(decoded[0]), bytes) ? decoded[0] : undefined;
  } catch {
    return undefined; // the decoder throws for some malformed bytes; the encoder overflows the stack on absurd lists
  }
}

export const readMessage = (bytes: Uint8Array): MLSMessage | undefined =>
  strictly(bytes, decodeMlsMessage, encodeMlsMessage);
export const readGroupInfo = (bytes: Uint8Array): GroupInfo | undefined =>
  strictly(bytes, decodeGroupInfo, encodeGroupInfo);
export const readKeyPackage = (bytes: Uint8Array): KeyPackage | undefined =>
  strictly(bytes, decodeKeyPackage, encodeKeyPackage);
export const readNode = (bytes: Uint8Array): Node | undefined => strictly(bytes, decodeNode, encodeNode);

export const capabilitiesBytes = (capabilities: Capabilities): Uint8Array => encodeCapabilities(capabilities);
export const keyPackageBytes = (keyPackage: KeyPackage): Uint8Array => encodeKeyPackage(keyPackage);
export const groupInfoBytes = (groupInfo: GroupInfo): Uint8Array => encodeGroupInfo(groupInfo);

const nodeBytesOf = new WeakMap<Node, Uint8Array>();

/** Encoded node. Nodes are never changed in place and most survive a commit, so each is encoded once. */
export function nodeBytes(node: Node): Uint8Array {
  let bytes = nodeBytesOf.get(node);
  if (bytes === undefined) nodeBytesOf.set(node, (bytes = encodeNode(node)));
  return bytes;
}
