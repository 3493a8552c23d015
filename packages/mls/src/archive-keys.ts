import {
  conversationIdOf,
  decodeConversationExtension,
  type ConversationExtension,
  type ConversationId,
} from "@sotto/protocol";
import type { PrivateMessage } from "ts-mls";
import { verifyFramedContentSignature } from "ts-mls/framedContent.js";
import {
  decodePrivateMessageContent,
  decryptSenderData,
  encodePrivateContentAAD,
  toAuthenticatedContent,
} from "ts-mls/privateMessage.js";
import { ratchetToGeneration } from "ts-mls/secretTree.js";
import { VERSION, decodeEpochKey, decodeSenderKey, encodeEpochKey, encodeSenderKey, type EpochKey } from "./archive.ts";
import { NO_SENDER } from "./group-state.ts";
import { decodeIdentity, type LeafIdentity } from "./identity.ts";
import { readExtensions, writeExtensions } from "./context-extensions.ts";
import { readMessage, strictly } from "./library.ts";
import type { Provider } from "./provider.ts";

/** What an epoch key says about its epoch. Only as true as where it comes from, until a signature was verified with it. */
export type AboutEpoch = { epoch: bigint; conversation: ConversationId; extension: ConversationExtension };

const CONVERSATION_BYTES = 16;

function readEpochKey(bytes: Uint8Array): EpochKey | undefined {
  const key = strictly(bytes, decodeEpochKey, encodeEpochKey);
  return key?.version === VERSION && key.groupContext.groupId.length === CONVERSATION_BYTES ? key : undefined;
}

/** Undefined when these bytes are no epoch key of a conversation. */
export function aboutEpochKey(bytes: Uint8Array): AboutEpoch | undefined {
  const key = readEpochKey(bytes);
  const extension = key && readExtensions(key.groupContext.extensions);
  if (key === undefined || extension === undefined) return undefined;
  return { epoch: key.groupContext.epoch, conversation: conversationIdOf(key.groupContext.groupId), extension };
}

/** What a sender key says about its leaf. The identity is bound to the signature key by the account's chain, not by this. */
export type AboutSender = { leafIndex: number; identity: LeafIdentity; signatureKey: Uint8Array };

/** Undefined when these bytes are no sender key. */
export function aboutSenderKey(bytes: Uint8Array): AboutSender | undefined {
  const key = strictly(bytes, decodeSenderKey, encodeSenderKey);
  const identity = key && decodeIdentity(key.identity);
  if (key?.version !== VERSION || identity === undefined) return undefined;
  return { leafIndex: key.leafIndex, identity, signatureKey: key.signatureKey };
}

/**
 * Takes the conversation's extension out of an epoch key. It grows with the group and changes rarely: an archive keeps it once for
 * many epochs. {@link joinEpochKey} puts them together again.
 */
export function splitEpochKey(bytes: Uint8Array): { key: Uint8Array; extension: Uint8Array } | undefined {
  const key = readEpochKey(bytes);
  if (key === undefined || readExtensions(key.groupContext.extensions) === undefined) return undefined;
  const extension = key.groupContext.extensions[1]!.extensionData;
  return { key: encodeEpochKey({ ...key, groupContext: { ...key.groupContext, extensions: [] } }), extension };
}

/** @returns undefined when the two don't make an epoch key. */
export function joinEpochKey(bytes: Uint8Array, extensionBytes: Uint8Array): Uint8Array | undefined {
  const key = readEpochKey(bytes);
  const extension = decodeConversationExtension(extensionBytes);
  if (key === undefined || extension === undefined || key.groupContext.extensions.length > 0) return undefined;
  const extensions = writeExtensions(extension);
  return encodeEpochKey({ ...key, groupContext: { ...key.groupContext, extensions } });
}

export type ReadByHand =
  | { kind: "post"; about: AboutEpoch; sender: AboutSender; generation: number; data: Uint8Array }
  | { kind: "refused"; because: "malformed" | "wrong-epoch-key" | "wrong-sender-key" | "changed" | "wrong-signature" };

const GENERATIONS_MAX = 100_000;

/**
 * Opens one post with one epoch key and one sender key, step by step, so that what fails can be named. For people who check by hand;
 * nothing is kept between calls.
 * @param sealed an MLSMessage
 */
export async function readByHand(
  provider: Provider,
  keys: { epochKey: Uint8Array; senderKey: Uint8Array },
  sealed: Uint8Array,
): Promise<ReadByHand> {
  const refused = (because: Extract<ReadByHand, { kind: "refused" }>["because"]): ReadByHand => ({
    kind: "refused",
    because,
  });
  const { suite } = provider;
  const epoch = readEpochKey(keys.epochKey);
  const about = aboutEpochKey(keys.epochKey);
  if (epoch === undefined || about === undefined) return refused("wrong-epoch-key");
  const key = strictly(keys.senderKey, decodeSenderKey, encodeSenderKey);
  const sender = aboutSenderKey(keys.senderKey);
  if (key === undefined || sender === undefined || key.secret.length !== suite.kdf.size)
    return refused("wrong-sender-key");
  const message = privateMessageOf(sealed);
  if (message === undefined) return refused("malformed");
  const { groupContext, senderDataSecret } = epoch;
  if (message.epoch !== about.epoch || conversationOfMessage(message) !== about.conversation)
    return refused("wrong-epoch-key");
  const header = await decryptSenderData(message, senderDataSecret, suite).catch(() => undefined);
  // The header's key is made from the epoch key and a sample of the ciphertext: either may be what is wrong. The sealing of the keys
  // themselves is checked before, so here the entry is.
  if (header === undefined || header.reuseGuard.length !== 4 || header.generation > GENERATIONS_MAX)
    return refused("changed");
  if (header.leafIndex !== sender.leafIndex) return refused("wrong-sender-key");
  try {
    const tree = [];
    tree[2 * sender.leafIndex] = {
      application: { secret: key.secret, generation: 0, unusedGenerations: {} },
      handshake: NO_SENDER.handshake,
    };
    const limits = { retainKeysForGenerations: 0, retainKeysForEpochs: 0, maximumForwardRatchetSteps: GENERATIONS_MAX };
    const ratchet = await ratchetToGeneration(tree, header, "application", limits, suite);
    const bytes = await suite.hpke.decryptAead(
      ratchet.key,
      ratchet.nonce,
      encodePrivateContentAAD(message),
      message.ciphertext,
    );
    const decoded = decodePrivateMessageContent("application")(bytes, 0);
    if (decoded === undefined) return refused("changed");
    const { content, auth } = toAuthenticatedContent(decoded[0], message, sender.leafIndex);
    const isSigned = await verifyFramedContentSignature(
      sender.signatureKey,
      "mls_private_message",
      content,
      auth,
      groupContext,
      suite.signature,
    );
    if (!isSigned || content.contentType !== "application") return refused("wrong-signature");
    return { kind: "post", about, sender, generation: header.generation, data: content.applicationData };
  } catch {
    return refused("changed");
  }
}

function conversationOfMessage({ groupId }: PrivateMessage): ConversationId | undefined {
  return groupId.length === CONVERSATION_BYTES ? conversationIdOf(groupId) : undefined;
}

function privateMessageOf(sealed: Uint8Array): PrivateMessage | undefined {
  const message = readMessage(sealed);
  if (message?.version !== "mls10" || message.wireformat !== "mls_private_message") return undefined;
  const { contentType, authenticatedData } = message.privateMessage;
  return contentType === "application" && authenticatedData.length === 0 ? message.privateMessage : undefined;
}
