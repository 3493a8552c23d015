import { decode, encode, rfc8949EncodeOptions, type DecodeOptions } from "cborg";
import { concat, equalBytes, utf8 } from "./bytes.ts";

/**
 * Deterministic CBOR (RFC 8949 §4.2.1). Maps of string keys, arrays, bytes, text, integers, booleans, null.
 * The result is a plain array with memory of its own: in Node the library hands out Buffers, whose `slice` doesn't copy.
 */
export function encodeCbor(value: unknown): Uint8Array {
  return new Uint8Array(encode(value, rfc8949EncodeOptions));
}

export type Decoded = { kind: "value"; value: unknown } | { kind: "malformed" };

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  rejectDuplicateMapKeys: true,
} as const;

/**
 * Decodes hostile bytes. Only the one deterministic encoding of a value is taken: what doesn't re-encode to the
 * same bytes is malformed, so that hashes and signatures over the bytes and over the value agree. Never throws.
 * Maps come out as objects and have string keys only; a key such as `__proto__` is malformed.
 */
export function decodeCbor(bytes: Uint8Array): Decoded {
  const decoded = decodeWith(bytes, STRICT);
  return decoded.kind === "value" && mentionsPrototype(bytes) && hasPrototypeKey(decoded.value)
    ? { kind: "malformed" }
    : decoded;
}

const PROTOTYPE_KEY = "__proto__";
/** The one deterministic encoding of that text: header, then its nine characters. */
const PROTOTYPE_TEXT = concat(Uint8Array.of(0x60 + PROTOTYPE_KEY.length), utf8(PROTOTYPE_KEY));

function mentionsPrototype(bytes: Uint8Array): boolean {
  const [first] = PROTOTYPE_TEXT;
  for (let at = bytes.indexOf(first!); at >= 0; at = bytes.indexOf(first!, at + 1))
    if (equalBytes(bytes.subarray(at, at + PROTOTYPE_TEXT.length), PROTOTYPE_TEXT)) return true;
  return false;
}

/** Schemas and spreads treat this one key unlike all others, so it never gets that far (T55). */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return Object.hasOwn(value, PROTOTYPE_KEY) || Object.values(value).some(hasPrototypeKey);
}

/** The same for formats whose maps have keys of other types: every map comes out as a Map. */
export function decodeCborMaps(bytes: Uint8Array): Decoded {
  return decodeWith(bytes, { ...STRICT, useMaps: true });
}

function decodeWith(bytes: Uint8Array, options: DecodeOptions): Decoded {
  try {
    // The same memory as a plain array, so that byte strings inside come out as such whatever a transport handed in.
    const value: unknown = decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), options);
    return equalBytes(encodeCbor(value), bytes) ? { kind: "value", value } : { kind: "malformed" };
  } catch {
    return { kind: "malformed" };
  }
}
