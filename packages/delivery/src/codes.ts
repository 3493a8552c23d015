import { utf8 } from "@sotto/protocol";

/** Crockford's base32: no I, L, O or U, so that what is read aloud or written down comes back as it was. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Bytes as text for people: 5 bytes become 8 characters. @param bytes  a multiple of 5 */
export function codeOf(bytes: Uint8Array): string {
  let text = "";
  let [bits, count] = [0, 0];
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    count += 8;
    while (count >= 5) {
      count -= 5;
      text += ALPHABET[(bits >> count) & 31] ?? "";
    }
  }
  return text;
}

export const LINK_CODE_BYTES = 5;
export const RESET_CODE_BYTES = 10;
/** A code of the server's owner is good for a day. */
export const RESET_CODE_MS = 24 * 60 * 60_000;

/** What is stored of a reset code: who reads the database can't use it. 80 random bits need no slow hash. */
export const resetCodeHash = (hash: (bytes: Uint8Array) => Uint8Array, code: string): Uint8Array =>
  hash(utf8(`sotto reset code v1:${code}`));
