import { x25519 } from "@noble/curves/ed25519.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { concat, encodeCbor } from "@sotto/protocol";
import { openBox, sealBox, type BoxContext } from "./box.ts";
import { deriveKey, labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";
import {
  encodeHello,
  LINK_NONCE_BYTES,
  type LinkHello,
  type LinkMessageType,
  type LinkReveal,
  type NewDevice,
} from "./link-wire.ts";

type Random = (length: number) => Uint8Array;

/** The new device's half of the exchange, and the signed-in one's. Fresh for every link. */
export type NewShare = { privateKey: Uint8Array; ephemeral: Uint8Array; nonce: Uint8Array };
export type OldShare = LinkHello & { privateKey: Uint8Array; kemPrivateKey: Uint8Array };

/** What both sides have once both halves are known. `exchange`: all that was said in the open and couldn't be chosen late. */
export type LinkChannel = { exchange: Uint8Array; fromNew: Uint8Array; fromOld: Uint8Array };

const VERSION = 1;
const KEM_SEED_BYTES = 64;
const KEM_COINS_BYTES = 32;

export function newShare(random: Random): NewShare {
  const privateKey = random(32);
  return { privateKey, ephemeral: x25519.getPublicKey(privateKey), nonce: random(LINK_NONCE_BYTES) };
}

export function oldShare(random: Random): OldShare {
  const { publicKey, secretKey } = ml_kem768.keygen(random(KEM_SEED_BYTES));
  return { ...newShare(random), kemKey: publicKey, kemPrivateKey: secretKey };
}

/**
 * What a new device promises to be before it knows whom it meets. A server between the two has to make up its own before it
 * sees either nonce, so it can't try until the digits agree: one guess in a million, once.
 */
export function linkCommitment(share: Pick<NewShare, "ephemeral" | "nonce">, device: NewDevice): Uint8Array {
  const { signInPublicKey, leafPublicKey, kind, name } = device;
  return labelledHash(
    LABEL.linkCommitment,
    encodeCbor([VERSION, share.ephemeral, share.nonce, signInPublicKey, leafPublicKey, kind, name]),
  );
}

/**
 * The new device's side. X25519 is what the digits vouch for; ML-KEM-768 beside it is for who records a link today and
 * computes tomorrow.
 * @returns undefined when the other's half is one that gives everybody the same secret (RFC 7748 §6.1)
 */
export function channelOfNew(
  share: NewShare,
  commitment: Uint8Array,
  hello: LinkHello,
  random: Random,
): { channel: LinkChannel; encapsulation: Uint8Array } | undefined {
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(hello.kemKey, random(KEM_COINS_BYTES));
    const secret = x25519.getSharedSecret(share.privateKey, hello.ephemeral);
    return {
      channel: channelOf(concat(sharedSecret, secret), commitment, hello, share, cipherText),
      encapsulation: cipherText,
    };
  } catch {
    return undefined;
  }
}

/** The signed-in device's side. @returns undefined likewise */
export function channelOfOld(share: OldShare, commitment: Uint8Array, revealed: LinkReveal): LinkChannel | undefined {
  try {
    const sharedSecret = ml_kem768.decapsulate(revealed.encapsulation, share.kemPrivateKey);
    const secret = x25519.getSharedSecret(share.privateKey, revealed.ephemeral);
    return channelOf(concat(sharedSecret, secret), commitment, share, revealed, revealed.encapsulation);
  } catch {
    return undefined;
  }
}

function channelOf(
  secret: Uint8Array,
  commitment: Uint8Array,
  hello: LinkHello,
  revealed: { ephemeral: Uint8Array; nonce: Uint8Array },
  encapsulation: Uint8Array,
): LinkChannel {
  const exchange = encodeCbor([VERSION, commitment, encodeHello(hello), revealed.ephemeral, revealed.nonce]);
  const keys = deriveKey(secret, LABEL.linkKeys, encodeCbor([VERSION, exchange, encapsulation]), 64);
  return { exchange, fromNew: keys.slice(0, 32), fromOld: keys.slice(32) };
}

/**
 * Six digits: the same on both sides, or somebody stands between them. They cover what was promised or said before the other side's
 * nonce was known, and nothing else: over anything that may still be chosen then, one could search until they fit.
 */
export function linkDigits(channel: LinkChannel): string {
  const hash = labelledHash(LABEL.linkDigits, channel.exchange);
  let value = 0n;
  for (const byte of hash.subarray(0, 16)) value = value * 256n + BigInt(byte);
  return String(value % 1_000_000n).padStart(6, "0");
}

const contextOf = (channel: LinkChannel, type: LinkMessageType): BoxContext => ({
  label: LABEL.linkMessage,
  about: concat(Uint8Array.of(VERSION, type), channel.exchange),
});

/** @param from which side seals */
export function sealLink(
  channel: LinkChannel,
  from: "fromNew" | "fromOld",
  type: LinkMessageType,
  content: Uint8Array,
  random: Random,
): Uint8Array {
  return sealBox(channel[from], contextOf(channel, type), content, random);
}

/** Undefined for another link's, another message's, the other direction's, or changed bytes. */
export function openLink(
  channel: LinkChannel,
  from: "fromNew" | "fromOld",
  type: LinkMessageType,
  box: Uint8Array,
): Uint8Array | undefined {
  return openBox(channel[from], contextOf(channel, type), box);
}
