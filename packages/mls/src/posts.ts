import { APPLICATION_BYTES_MAX, equalBytes, GENERATION_STEPS_MAX } from "@sotto/protocol";
import {
  createApplicationMessage,
  encodeMlsMessage,
  type FramedContent,
  type PrivateMessage,
  type SecretTree,
} from "ts-mls";
import { verifyFramedContentSignature } from "ts-mls/framedContent.js";
import {
  decodePrivateMessageContent,
  decryptSenderData,
  encodePrivateContentAAD,
  toAuthenticatedContent,
} from "ts-mls/privateMessage.js";
import { consumeRatchet, ratchetToGeneration } from "ts-mls/secretTree.js";
import type { SenderData } from "ts-mls/sender.js";
import { leafToNodeIndex, toLeafIndex } from "ts-mls/treemath.js";
import { CLIENT_CONFIG } from "./client-config.ts";
import { GroupState } from "./group-state.ts";
import type { LeafIdentity } from "./identity.ts";
import { readLeaf } from "./leaf.ts";
import { type ClientState, readMessage } from "./library.ts";
import type { Provider } from "./provider.ts";

declare const verified: unique symbol;

/** The leaf whose signature a post carries. Made in this package only, after the signature has been checked. */
export type VerifiedSender = {
  readonly leafIndex: number;
  readonly identity: LeafIdentity;
  /** Position in this sender's ratchet of the epoch. */
  readonly generation: number;
  readonly [verified]: true;
};

export type RefusedPost =
  | "too-large"
  | "malformed"
  | "not-a-post"
  | "wrong-group"
  | "wrong-epoch"
  /** Header not encrypted for this epoch, or bytes changed. */
  | "undecryptable"
  /** The header names a leaf that doesn't exist. */
  | "no-such-sender"
  /** Further ahead of the sender's ratchet than any honest sender gets (GENERATION_STEPS_MAX). */
  | "generation-jump"
  /** This key was used already: a replay. */
  | "replayed";

/**
 * The header names one's own leaf. Whether this device sent it is for the sent-journal to say. If it didn't, a copy of this device
 * did, but only if it is `signed`: every member can write headers. Not signed: the key is spent here, so nobody can tell.
 */
export type OwnEcho = {
  kind: "own-echo";
  generation: number;
  signed: boolean;
  /** What a post says that our key signed. Any member may have encrypted it anew, so only what we never wrote speaks of a clone. */
  data?: Uint8Array;
};

export type OpenedPost =
  | { kind: "post"; sender: VerifiedSender; data: Uint8Array; next: GroupState }
  | OwnEcho
  | { kind: "refused"; because: RefusedPost };

/**
 * Encrypts a post for the group's epoch. `next` must be durable before the bytes leave (RFC 9420 §9.1: no key twice).
 * @param data  Application data, at most some APPLICATION_BYTES_MAX less framing. Not padded here.
 */
export async function seal(
  state: GroupState,
  data: Uint8Array,
): Promise<{ sealed: Uint8Array; generation: number; next: GroupState }> {
  const { provider, mls } = GroupState.inside(state);
  const generation = ownNode(mls).application.generation;
  const { newState, privateMessage } = await createApplicationMessage(mls, data, provider.suite);
  const sealed = encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage });
  return { sealed, generation, next: GroupState.of(provider, newState) };
}

/** Reads a post of the group's epoch. A refusal leaves the state as it is. */
export async function open(state: GroupState, sealed: Uint8Array): Promise<OpenedPost> {
  const { provider, mls } = GroupState.inside(state);
  if (sealed.length > APPLICATION_BYTES_MAX) return { kind: "refused", because: "too-large" };
  const message = readMessage(sealed);
  if (message === undefined || message.version !== "mls10") return { kind: "refused", because: "malformed" };
  if (message.wireformat !== "mls_private_message") return { kind: "refused", because: "not-a-post" };
  const { privateMessage } = message;
  if (privateMessage.contentType !== "application" || privateMessage.authenticatedData.length > 0)
    return { kind: "refused", because: "not-a-post" };
  if (!equalBytes(privateMessage.groupId, mls.groupContext.groupId)) return { kind: "refused", because: "wrong-group" };
  if (privateMessage.epoch !== mls.groupContext.epoch) return { kind: "refused", because: "wrong-epoch" };
  const header = await readHeader(provider, mls, privateMessage);
  if (header.kind === "refused") return header;
  if (header.leafIndex === mls.privatePath.leafIndex) return ownEcho(provider, mls, privateMessage, header);
  const unprotected = await unprotect(provider, mls, privateMessage, header);
  if (unprotected.kind === "refused") return unprotected;
  const { content } = unprotected;
  if (content.contentType !== "application") return { kind: "refused", because: "not-a-post" };
  return {
    kind: "post",
    sender: { leafIndex: header.leafIndex, identity: header.identity, generation: header.generation } as VerifiedSender,
    data: content.applicationData,
    next: GroupState.of(provider, { ...mls, secretTree: unprotected.secretTree }),
  };
}

export type Header = {
  kind: "header";
  senderData: SenderData;
  leafIndex: number;
  identity: LeafIdentity;
  signatureKey: Uint8Array;
  generation: number;
};
type ReadHeader =
  | Header
  | { kind: "refused"; because: "undecryptable" | "no-such-sender" | "generation-jump" | "replayed" };

/**
 * Opens the sender data of a private message (RFC 9420 §6.3.2) without consuming anything, and checks it against tree and
 * ratchets before anything is indexed or derived by it: another leaf's index may come from anyone in the group.
 */
export async function readHeader(provider: Provider, mls: ClientState, message: PrivateMessage): Promise<ReadHeader> {
  const senderData = await decryptSenderData(message, mls.keySchedule.senderDataSecret, provider.suite).catch(
    () => undefined,
  );
  if (senderData === undefined || senderData.reuseGuard.length !== 4)
    return { kind: "refused", because: "undecryptable" };
  const { leafIndex, generation } = senderData;
  const node = 2 * leafIndex < mls.ratchetTree.length ? mls.ratchetTree[2 * leafIndex] : undefined;
  const leaf = node?.nodeType === "leaf" ? readLeaf(node.leaf) : undefined;
  if (leaf === undefined) return { kind: "refused", because: "no-such-sender" };
  const ratchets = mls.secretTree[2 * leafIndex]!;
  const ratchet = message.contentType === "application" ? ratchets.application : ratchets.handshake;
  if (generation - ratchet.generation > GENERATION_STEPS_MAX) return { kind: "refused", because: "generation-jump" };
  const isOwn = leafIndex === mls.privatePath.leafIndex;
  if (!isOwn && generation < ratchet.generation && ratchet.unusedGenerations[generation] === undefined) {
    return { kind: "refused", because: "replayed" };
  }
  return {
    kind: "header",
    senderData,
    leafIndex,
    identity: leaf.identity,
    signatureKey: leaf.signatureKey,
    generation,
  };
}

/** A message under one's own leaf. Ahead of one's own ratchet it can be read, and then its signature decides. */
export async function ownEcho(
  provider: Provider,
  mls: ClientState,
  message: PrivateMessage,
  header: Header,
): Promise<OwnEcho | { kind: "refused"; because: "undecryptable" }> {
  const { application, handshake } = ownNode(mls);
  const ratchet = message.contentType === "application" ? application : handshake;
  const { generation } = header;
  if (generation < ratchet.generation) return { kind: "own-echo", generation, signed: false };
  const unprotected = await unprotect(provider, mls, message, header);
  if (unprotected.kind === "refused") return unprotected;
  const { content } = unprotected;
  return {
    kind: "own-echo",
    generation,
    signed: true,
    ...(content.contentType === "application" ? { data: content.applicationData } : {}),
  };
}

type Unprotected =
  | { kind: "content"; content: FramedContent; secretTree: SecretTree }
  | { kind: "refused"; because: "undecryptable" };

/**
 * Decrypts and checks the signature, after {@link readHeader} (RFC 9420 §6.3). A failure is the same for every member. The
 * library has this in one call, which opens the header a second time.
 */
export async function unprotect(
  provider: Provider,
  mls: ClientState,
  message: PrivateMessage,
  header: Header,
): Promise<Unprotected> {
  const { suite } = provider;
  const { contentType } = message;
  try {
    const { keyRetentionConfig } = CLIENT_CONFIG;
    const { key, nonce, newTree } = await ratchetToGeneration(
      mls.secretTree,
      header.senderData,
      contentType,
      keyRetentionConfig,
      suite,
    );
    const bytes = await suite.hpke.decryptAead(key, nonce, encodePrivateContentAAD(message), message.ciphertext);
    const decoded = decodePrivateMessageContent(contentType)(bytes, 0);
    if (decoded === undefined) return { kind: "refused", because: "undecryptable" };
    const { content, auth } = toAuthenticatedContent(decoded[0], message, header.leafIndex);
    const { signature } = suite;
    const isSigned = await verifyFramedContentSignature(
      header.signatureKey,
      "mls_private_message",
      content,
      auth,
      mls.groupContext,
      signature,
    );
    return isSigned ? { kind: "content", content, secretTree: newTree } : { kind: "refused", because: "undecryptable" };
  } catch {
    return { kind: "refused", because: "undecryptable" };
  }
}

function ownNode(mls: ClientState) {
  return mls.secretTree[2 * mls.privatePath.leafIndex]!;
}

/**
 * The state after a commit of one's own was sent and dropped without the epoch ending. Two commits made from one state would
 * share an AEAD key (RFC 9420 §9.1), so the next one must be made from here.
 */
export async function advanceAfterDrop(state: GroupState): Promise<GroupState> {
  const { provider, mls } = GroupState.inside(state);
  const node = leafToNodeIndex(toLeafIndex(mls.privatePath.leafIndex));
  const { newTree } = await consumeRatchet(mls.secretTree, node, "commit", provider.suite);
  return GroupState.of(provider, { ...mls, secretTree: newTree });
}
