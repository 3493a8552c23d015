// Crockford's base32: without I, L, O and U, which are misread or spell words.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The text of bytes; the last character is filled up with zero bits. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >> bits) & 31]!;
    }
  }
  return bits === 0 ? text : text + ALPHABET[(buffer << (5 - bits)) & 31]!;
}

/** The bytes of a text that {@link toBase32} made; undefined for anything else. */
export function fromBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let buffer = 0;
  let bits = 0;
  let offset = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (buffer >> bits) & 0xff;
    }
  }
  return bits < 5 && (buffer & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

/** What a person typed, as it was meant: any case, spaces and dashes anywhere, O for 0, I and L for 1. */
export function asTyped(text: string): string {
  return text.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
}
