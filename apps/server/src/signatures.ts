import { createPublicKey, verify } from "node:crypto";

/** An Ed25519 public key as SubjectPublicKeyInfo (RFC 8410 §4), but for its 32 bytes. */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * Ed25519 by the platform's own library: a fraction of a millisecond where portable code takes several. Callers have made sure that
 * the key is usable (identity chains hold no others), so both say the same of every signature.
 */
export function verifyNatively(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: "der", type: "spki" });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
