import { APPLICATION_BYTES_MAX, equalBytes } from "@sotto/protocol";
import type { GenerationSecret, PrivateMessage, SecretTree } from "ts-mls";
import { mapDecoders } from "ts-mls/codec/tlsDecoder.js";
import { decodeUint32, decodeUint8, uint32Encoder, uint8Encoder } from "ts-mls/codec/number.js";
import { contramapBufferEncoders, encode } from "ts-mls/codec/tlsEncoder.js";
import { decodeVarLenData, varLenDataEncoder } from "ts-mls/codec/variableLength.js";
import { decodeGroupContext, groupContextEncoder, type GroupContext } from "ts-mls/groupContext.js";
import { unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { decryptSenderData } from "ts-mls/privateMessage.js";
import { GroupState, members, NO_SENDER } from "./group-state.ts";
import { decodeIdentity, encodeIdentity } from "./identity.ts";
import { readMessage, strictly } from "./library.ts";
import type { VerifiedSender } from "./posts.ts";
import type { Provider } from "./provider.ts";

export const VERSION = 1;
/** Generations of one sender in one epoch that an archive reads. Each costs 0.02 ms to pass over. */
const GENERATIONS_MAX = 100_000;

export type EpochKey = { version: number; senderDataSecret: Uint8Array; groupContext: GroupContext };
export const encodeEpochKey = encode(
  contramapBufferEncoders(
    [uint8Encoder, varLenDataEncoder, groupContextEncoder],
    (key: EpochKey): [number, Uint8Array, GroupContext] => [key.version, key.senderDataSecret, key.groupContext],
  ),
);
export const decodeEpochKey = mapDecoders(
  [decodeUint8, decodeVarLenData, decodeGroupContext],
  (version, senderDataSecret, groupContext): EpochKey => ({ version, senderDataSecret, groupContext }),
);

type SenderKey = {
  version: number;
  leafIndex: number;
  secret: Uint8Array;
  signatureKey: Uint8Array;
  identity: Uint8Array;
};
export const encodeSenderKey = encode(
  contramapBufferEncoders(
    [uint8Encoder, uint32Encoder, varLenDataEncoder, varLenDataEncoder, varLenDataEncoder],
    (key: SenderKey): [number, number, Uint8Array, Uint8Array, Uint8Array] => [
      key.version,
      key.leafIndex,
      key.secret,
      key.signatureKey,
      key.identity,
    ],
  ),
);
export const decodeSenderKey = mapDecoders(
  [decodeUint8, decodeUint32, decodeVarLenData, decodeVarLenData, decodeVarLenData],
  (version, leafIndex, secret, signatureKey, identity): SenderKey => ({
    version,
    leafIndex,
    secret,
    signatureKey,
    identity,
  }),
);

/** What reads the headers of this epoch's posts. Secret: for the archive, once an epoch. */
export function epochKeyRecord(state: GroupState): Uint8Array {
  const { mls } = GroupState.inside(state);
  return encodeEpochKey({
    version: VERSION,
    senderDataSecret: mls.keySchedule.senderDataSecret,
    groupContext: mls.groupContext,
  });
}

/**
 * What reads all posts of one leaf in this epoch. Secret: for the archive. Undefined once the leaf's first key of the epoch is
 * consumed, so it is taken before its first post is opened, or before one's own first is sealed; and for a leaf that doesn't exist.
 */
export function senderKeyRecord(state: GroupState, leafIndex: number): Uint8Array | undefined {
  const { mls } = GroupState.inside(state);
  const leaf = members(state).find((each) => each.leafIndex === leafIndex);
  const ratchet = mls.secretTree[2 * leafIndex]?.application;
  if (leaf === undefined || ratchet === undefined || ratchet.generation !== 0) return undefined;
  const { secret } = ratchet;
  return encodeSenderKey({
    version: VERSION,
    leafIndex,
    secret,
    signatureKey: leaf.signatureKey,
    identity: encodeIdentity(leaf.identity),
  });
}

/** Where a post stands in its epoch, before anything is spent on it; undefined when the epoch's header key doesn't open it. */
export async function senderOf(
  state: GroupState,
  sealed: Uint8Array,
): Promise<{ leafIndex: number; generation: number } | undefined> {
  const { provider, mls } = GroupState.inside(state);
  const message = readPost(sealed);
  return message && headerOf(provider, message, mls.keySchedule.senderDataSecret);
}

export type ArchivedPost =
  | { kind: "post"; sender: VerifiedSender; data: Uint8Array }
  /** Written by a leaf whose sender key isn't among those given. */
  | { kind: "no-sender-key"; leafIndex: number }
  | { kind: "refused"; because: "malformed" | "bad-record" | "wrong-epoch" | "undecryptable" };

/** Reads one epoch's posts from its records. In log order a post costs 0.3 ms; any other order works, too. */
export type ArchiveReader = {
  /** @param generationsMax what the sender can have reached there: further on nothing is looked for, however far a header points */
  open(sealed: Uint8Array, generationsMax?: number): Promise<ArchivedPost>;
};

/**
 * A reader for one epoch from its epoch key and the sender keys at hand; undefined when the epoch key is no such record. Records
 * come from an archive that several devices write: sender keys that aren't well-formed are passed over.
 */
export function openArchive(
  provider: Provider,
  epochKey: Uint8Array,
  senderKeys: readonly Uint8Array[],
): ArchiveReader | undefined {
  const epoch = strictly(epochKey, decodeEpochKey, encodeEpochKey);
  if (epoch?.version !== VERSION) return undefined;
  const senders = new Map<number, { key: SenderKey; checkpoint: GenerationSecret }>();
  for (const bytes of senderKeys) {
    const key = strictly(bytes, decodeSenderKey, encodeSenderKey);
    if (
      key?.version !== VERSION ||
      decodeIdentity(key.identity) === undefined ||
      key.secret.length !== provider.suite.kdf.size
    )
      continue;
    senders.set(key.leafIndex, { key, checkpoint: firstGeneration(key) });
  }

  async function open(sealed: Uint8Array, generationsMax = GENERATIONS_MAX): Promise<ArchivedPost> {
    const message = readPost(sealed);
    if (message === undefined) return { kind: "refused", because: "malformed" };
    const { groupContext, senderDataSecret } = epoch!;
    if (message.epoch !== groupContext.epoch || !equalBytes(message.groupId, groupContext.groupId))
      return { kind: "refused", because: "wrong-epoch" };
    const header = await headerOf(provider, message, senderDataSecret);
    if (header === undefined || header.generation > Math.min(generationsMax, GENERATIONS_MAX))
      return { kind: "refused", because: "undecryptable" };
    const sender = senders.get(header.leafIndex);
    const identity = sender && decodeIdentity(sender.key.identity);
    if (sender === undefined || identity === undefined) return { kind: "no-sender-key", leafIndex: header.leafIndex };
    const { key } = sender;
    const from = sender.checkpoint.generation <= header.generation ? sender.checkpoint : firstGeneration(key);
    try {
      const tree: SecretTree = [];
      tree[2 * key.leafIndex] = { application: from, handshake: NO_SENDER.handshake };
      const { content, tree: after } = await unprotectPrivateMessage(
        senderDataSecret,
        message,
        tree,
        [],
        groupContext,
        { retainKeysForGenerations: 0, retainKeysForEpochs: 0, maximumForwardRatchetSteps: GENERATIONS_MAX },
        provider.suite,
        key.signatureKey,
      );
      if (content.content.contentType !== "application") return { kind: "refused", because: "malformed" };
      const { application } = after[2 * key.leafIndex]!;
      if (application.generation > sender.checkpoint.generation) sender.checkpoint = application;
      const { leafIndex, generation } = header;
      return {
        kind: "post",
        sender: { leafIndex, identity, generation } as VerifiedSender,
        data: content.content.applicationData,
      };
    } catch {
      return { kind: "refused", because: "undecryptable" };
    }
  }
  return { open };
}

function firstGeneration(key: SenderKey): GenerationSecret {
  return { secret: key.secret, generation: 0, unusedGenerations: {} };
}

function readPost(sealed: Uint8Array): PrivateMessage | undefined {
  if (sealed.length > APPLICATION_BYTES_MAX) return undefined;
  const message = readMessage(sealed);
  if (message?.version !== "mls10" || message.wireformat !== "mls_private_message") return undefined;
  const { contentType, authenticatedData } = message.privateMessage;
  return contentType === "application" && authenticatedData.length === 0 ? message.privateMessage : undefined;
}

async function headerOf(provider: Provider, message: PrivateMessage, senderDataSecret: Uint8Array) {
  const header = await decryptSenderData(message, senderDataSecret, provider.suite).catch(() => undefined);
  return header?.reuseGuard.length === 4 ? { leafIndex: header.leafIndex, generation: header.generation } : undefined;
}
