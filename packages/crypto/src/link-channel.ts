import { x25519 } from "@noble/curves/ed25519.js";
import { concat, encodeCbor } from "@sotto/protocol";
import { openBox, sealBox, type BoxContext } from "./box.ts";
import { deriveKey, labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";
import type { LinkMessageType, NewDevice } from "./link-wire.ts";

type Random = (length: number) => Uint8Array;

/** One side's half of the exchange. Fresh for every link. */
export type LinkShare = { privateKey: Uint8Array; ephemeral: Uint8Array; nonce: Uint8Array };

/** What both sides have once both halves are known: a key each way, bound to everything that was said before. */
export type LinkChannel = { exchange: Uint8Array; fromNew: Uint8Array; fromOld: Uint8Array };

const VERSION = 1;

export function newShare(random: Random, nonceBytes: number): LinkShare {
  const privateKey = random(32);
  return { privateKey, ephemeral: x25519.getPublicKey(privateKey), nonce: random(nonceBytes) };
}

/**
 * What a new device promises to be before it knows whom it meets. A server between the two has to make up its own before it
 * sees either nonce, so it can't try until the digits agree: one guess in a million, once.
 */
export function linkCommitment(share: Pick<LinkShare, "ephemeral" | "nonce">, device: NewDevice): Uint8Array {
  const { signInPublicKey, leafPublicKey, kind, name } = device;
  return labelledHash(
    LABEL.linkCommitment,
    encodeCbor([VERSION, share.ephemeral, share.nonce, signInPublicKey, leafPublicKey, kind, name]),
  );
}

/** Undefined when the other side's half is one that gives everybody the same secret (RFC 7748 §6.1). */
export function linkChannel(parts: {
  own: LinkShare;
  theirs: Uint8Array;
  commitment: Uint8Array;
  hello: Uint8Array;
  /** The new device's half and nonce. */
  revealed: Pick<LinkShare, "ephemeral" | "nonce">;
}): LinkChannel | undefined {
  const { own, theirs, commitment, hello, revealed } = parts;
  const exchange = encodeCbor([VERSION, commitment, hello, revealed.ephemeral, revealed.nonce]);
  let secret: Uint8Array;
  try {
    secret = x25519.getSharedSecret(own.privateKey, theirs);
  } catch {
    return undefined;
  }
  const keys = deriveKey(secret, LABEL.linkKeys, exchange, 64);
  return { exchange, fromNew: keys.slice(0, 32), fromOld: keys.slice(32) };
}

/** Six digits over all that was said in the open: the same on both sides, or somebody stands between them. */
export function linkDigits(channel: LinkChannel, reveal: Uint8Array): string {
  const hash = labelledHash(LABEL.linkDigits, encodeCbor([VERSION, channel.exchange, reveal]));
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
