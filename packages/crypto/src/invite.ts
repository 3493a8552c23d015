import {
  accountIdOf,
  bytesOf,
  conversationIdOf,
  decodeCbor,
  deviceIdOf,
  encodeCbor,
  equalBytes,
  idBytes,
  inviteIdOf,
  type AccountId,
  type ConversationId,
  type DeviceId,
  type InviteId,
} from "@sotto/protocol";
import * as v from "valibot";
import { openBox, sealBox } from "./box.ts";
import { isActiveDevice, type VerifiedChain } from "./chain.ts";
import { deriveKey, labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { sign, SIGNATURE_BYTES, verify } from "./signature.ts";

/**
 * [Note: A link is a secret] 32 random bytes in the fragment of an address, which no browser sends. What the server knows of it, its id, is
 * a hash; what it keeps for those who have it, the preview, and what they ask by it, is sealed under a key that comes from the secret.
 */

export const INVITE_SECRET_BYTES = 32;

/** By this the server and the members speak of a link. 16 bytes, base64url. */
export function inviteIdOfSecret(secret: Uint8Array): InviteId {
  return inviteIdOf(labelledHash(LABEL.inviteId, secret).slice(0, 16));
}

type Place = { conversation: ConversationId; secret: Uint8Array };

const keyOf = ({ conversation, secret }: Place): Uint8Array =>
  deriveKey(secret, LABEL.inviteKey, idBytes(conversation));

const aboutInvite = ({ conversation, secret }: Place): Uint8Array =>
  encodeCbor([idBytes(conversation), idBytes(inviteIdOfSecret(secret))]);

export function sealInvitePreview(place: Place, says: Uint8Array, random: (length: number) => Uint8Array): Uint8Array {
  return sealBox(keyOf(place), { label: LABEL.invitePreview, about: aboutInvite(place) }, says, random);
}

/** Undefined when it wasn't sealed by somebody who has the link's secret, or for another conversation. */
export function openInvitePreview(place: Place, sealed: Uint8Array): Uint8Array | undefined {
  return openBox(keyOf(place), { label: LABEL.invitePreview, about: aboutInvite(place) }, sealed);
}

const VERSION = 1;
const Wire = v.strictTuple([
  v.literal(VERSION),
  bytesOf(16),
  bytesOf(16),
  bytesOf(32),
  bytesOf(16),
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  bytesOf(SIGNATURE_BYTES),
]);

/** "This account asks to be let in, by this link." `at`: ms, by the asker's clock. */
export type JoinAsked = { account: AccountId; device: DeviceId; at: number };

const fields = ({ conversation, secret }: Place, { account, device, at }: JoinAsked): unknown[] => [
  VERSION,
  idBytes(conversation),
  idBytes(inviteIdOfSecret(secret)),
  idBytes(account),
  idBytes(device),
  at,
];

/** Signed by the device's leaf key, which speaks in conversations, and sealed under the link's key: only both together count. */
export function sealJoinRequest(
  place: Place,
  asked: JoinAsked & { leafPrivateKey: Uint8Array },
  random: (length: number) => Uint8Array,
): Uint8Array {
  const unsigned = fields(place, asked);
  const signature = sign(asked.leafPrivateKey, LABEL.joinRequest, encodeCbor(unsigned));
  return sealBox(
    keyOf(place),
    { label: LABEL.joinRequest, about: aboutInvite(place) },
    encodeCbor([...unsigned, signature]),
    random,
  );
}

/**
 * Who asks, if it was a device that is active in this chain, by this link, for this conversation. Undefined for anything else: sealed
 * without the secret, copied from another account or another conversation, signed by a device that was ended.
 */
export function openJoinRequest(place: Place, sealed: Uint8Array, chain: VerifiedChain): JoinAsked | undefined {
  const content = openBox(keyOf(place), { label: LABEL.joinRequest, about: aboutInvite(place) }, sealed);
  const decoded = content === undefined ? undefined : decodeCbor(content);
  const parsed = decoded?.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, conversation, invite, account, device, at, signature] = parsed.output;
  if (conversationIdOf(conversation) !== place.conversation) return undefined;
  if (!equalBytes(invite, idBytes(inviteIdOfSecret(place.secret)))) return undefined;
  const asked: JoinAsked = { account: accountIdOf(account), device: deviceIdOf(device), at };
  if (asked.account !== chain.account || !isActiveDevice(chain, asked.device)) return undefined;
  const key = chain.devices.find((one) => one.device === asked.device)?.leafKey;
  const isSigned = key !== undefined && verify(key, LABEL.joinRequest, encodeCbor(fields(place, asked)), signature);
  return isSigned ? asked : undefined;
}
