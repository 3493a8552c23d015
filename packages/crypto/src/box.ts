import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat } from "@sotto/protocol";
import { deriveKey, equalSecrets, labelled } from "./hash.ts";
import { LABEL, type Label } from "./labels.ts";

const NONCE_BYTES = 24;
const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;
/** What a box is longer than its content. */
export const BOX_OVERHEAD_BYTES = NONCE_BYTES + COMMITMENT_BYTES + TAG_BYTES;

/** What a box belongs to: a purpose and what it is about, authenticated and not stored. */
export type BoxContext = { label: Label; about: Uint8Array };

/**
 * Seals bytes as `[nonce 24][commitment 32][XChaCha20-Poly1305 ciphertext and tag]`. The AEAD alone doesn't commit to its key
 * (one ciphertext can open under two); 32 bytes derived from key and nonce beside the encryption key do.
 * @param key 32 bytes, any number of boxes
 */
export function sealBox(
  key: Uint8Array,
  context: BoxContext,
  content: Uint8Array,
  random: (length: number) => Uint8Array,
): Uint8Array {
  const nonce = random(NONCE_BYTES);
  const { encryption, commitment } = keysOf(key, nonce);
  return concat(
    nonce,
    commitment,
    xchacha20poly1305(encryption, nonce, labelled(context.label, context.about)).encrypt(content),
  );
}

/** Opens a box; undefined for a wrong key, a wrong context or changed bytes, and nothing tells which. */
export function openBox(key: Uint8Array, context: BoxContext, box: Uint8Array): Uint8Array | undefined {
  if (box.length < BOX_OVERHEAD_BYTES) return undefined;
  const nonce = box.subarray(0, NONCE_BYTES);
  const { encryption, commitment } = keysOf(key, nonce);
  if (!equalSecrets(commitment, box.subarray(NONCE_BYTES, NONCE_BYTES + COMMITMENT_BYTES))) return undefined;
  try {
    return xchacha20poly1305(encryption, nonce, labelled(context.label, context.about)).decrypt(
      box.subarray(NONCE_BYTES + COMMITMENT_BYTES),
    );
  } catch {
    return undefined;
  }
}

function keysOf(key: Uint8Array, nonce: Uint8Array): { encryption: Uint8Array; commitment: Uint8Array } {
  const bytes = deriveKey(key, LABEL.boxKeys, nonce, 32 + COMMITMENT_BYTES);
  return { encryption: bytes.subarray(0, 32), commitment: bytes.subarray(32) };
}
