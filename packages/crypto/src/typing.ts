import { concat, idBytes, SIGNAL_BYTES, type ConversationId } from "@sotto/protocol";
import { BOX_OVERHEAD_BYTES, openBox, sealBox } from "./box.ts";
import { LABEL } from "./labels.ts";
import { sign, SIGNATURE_BYTES, verify } from "./signature.ts";

/** Of the MLS exporter (RFC 9420 §8.5), with the conversation's id as its context: 32 bytes. */
export const TYPING_EXPORT = "sotto typing";

/** Where it is said: nothing of another conversation or epoch is taken for it. */
export type TypingPlace = { conversation: ConversationId; epoch: bigint };

/** The device at a leaf is being written on, or isn't any more. `at`: ms, by its own clock, growing from signal to signal. */
export type Typing = { leafIndex: number; typing: boolean; at: number };

const VERSION = 1;
const BODY_BYTES = 1 + 4 + 1 + 8;
const CONTENT_BYTES = SIGNAL_BYTES - BOX_OVERHEAD_BYTES;

function bodyOf({ leafIndex, typing, at }: Typing): Uint8Array {
  const body = new Uint8Array(BODY_BYTES);
  const view = new DataView(body.buffer);
  view.setUint8(0, VERSION);
  view.setUint32(1, leafIndex);
  view.setUint8(5, typing ? 1 : 0);
  view.setBigUint64(6, BigInt(at));
  return body;
}

function placeOf({ conversation, epoch }: TypingPlace): Uint8Array {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, epoch);
  return concat(idBytes(conversation), number);
}

/**
 * `[box of: version, leaf u32, typing u8, at u64, signature 64, zeros]`, always {@link SIGNAL_BYTES} long: sealed for whoever shares the epoch,
 * signed by the leaf key, since every member could have sealed it.
 * @param key 32 bytes of the epoch's exporter ({@link TYPING_EXPORT})
 */
export function sealTyping(
  typing: Typing,
  place: TypingPlace,
  {
    key,
    leafPrivateKey,
    random,
  }: { key: Uint8Array; leafPrivateKey: Uint8Array; random: (length: number) => Uint8Array },
): Uint8Array {
  const body = bodyOf(typing);
  const signature = sign(leafPrivateKey, LABEL.typing, concat(placeOf(place), body));
  const zeros = new Uint8Array(CONTENT_BYTES - BODY_BYTES - SIGNATURE_BYTES);
  return sealBox(key, { label: LABEL.typingBox, about: placeOf(place) }, concat(body, signature, zeros), random);
}

/**
 * Opens hostile bytes; undefined for whatever isn't a signal of this place, signed by the device that it names.
 * @param leafKeyOf the public key of a leaf in this epoch
 */
export function openTyping(
  signal: Uint8Array,
  place: TypingPlace,
  { key, leafKeyOf }: { key: Uint8Array; leafKeyOf: (leafIndex: number) => Uint8Array | undefined },
): Typing | undefined {
  if (signal.length !== SIGNAL_BYTES) return undefined;
  const content = openBox(key, { label: LABEL.typingBox, about: placeOf(place) }, signal);
  if (content === undefined) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const at = view.getBigUint64(6);
  const state = view.getUint8(5);
  if (view.getUint8(0) !== VERSION || state > 1 || at > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const typing: Typing = { leafIndex: view.getUint32(1), typing: state === 1, at: Number(at) };
  const publicKey = leafKeyOf(typing.leafIndex);
  const signature = content.subarray(BODY_BYTES, BODY_BYTES + SIGNATURE_BYTES);
  if (publicKey === undefined) return undefined;
  return verify(publicKey, LABEL.typing, concat(placeOf(place), content.subarray(0, BODY_BYTES)), signature)
    ? typing
    : undefined;
}
