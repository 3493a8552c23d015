import { x25519 } from "@noble/curves/ed25519.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { concat } from "@sotto/protocol";
import { type Key, type Subtle } from "./webcrypto.ts";

/**
 * X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519 in one KEM. A private key is its 32-byte seed, a
 * public key 1,216 bytes (ML-KEM then X25519), a ciphertext 1,120.
 */
export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 1216;
export const CIPHERTEXT_BYTES = 1120;
const ML_KEM_PUBLIC_BYTES = 1184;
const ML_KEM_CIPHERTEXT_BYTES = 1088;
const LABEL = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

export type PublicKey = { readonly bytes: Uint8Array };
export type PrivateKey = { readonly seed: Uint8Array };
export type KeyPair = { readonly publicKey: PublicKey; readonly privateKey: PrivateKey };

/** Both implementations throw on keys and ciphertexts of the wrong length or with an unusable half, and on nothing else. */
export interface XWing {
  derive(seed: Uint8Array): Promise<KeyPair>;
  encapsulate(publicKey: PublicKey): Promise<{ secret: Uint8Array; ciphertext: Uint8Array }>;
  decapsulate(privateKey: PrivateKey, ciphertext: Uint8Array): Promise<Uint8Array>;
}

function combine(
  mlKemSecret: Uint8Array,
  xSecret: Uint8Array,
  xCiphertext: Uint8Array,
  xPublic: Uint8Array,
): Uint8Array {
  return sha3_256(concat(mlKemSecret, xSecret, xCiphertext, xPublic, LABEL));
}

function demand(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new TypeError(`X-Wing: expected ${length} bytes`);
}

/** X-Wing in JavaScript. Asks `random` for 64 bytes for each encapsulation and for nothing else. */
export function portableXWing(random: (length: number) => Uint8Array): XWing {
  type Expanded = { mlKemSecret: Uint8Array; mlKemPublic: Uint8Array; x: Uint8Array; xPublic: Uint8Array };
  const expandedOf = new WeakMap<PrivateKey, Expanded>();

  function expand(key: PrivateKey): Expanded {
    const known = expandedOf.get(key);
    if (known !== undefined) return known;
    demand(key.seed, SEED_BYTES);
    const bytes = shake256(key.seed, { dkLen: 96 });
    const { secretKey, publicKey } = ml_kem768.keygen(bytes.subarray(0, 64));
    const x = bytes.slice(64);
    const expanded = { mlKemSecret: secretKey, mlKemPublic: publicKey, x, xPublic: x25519.getPublicKey(x) };
    expandedOf.set(key, expanded);
    return expanded;
  }

  return {
    async derive(seed) {
      const privateKey = { seed };
      const { mlKemPublic, xPublic } = expand(privateKey);
      return { privateKey, publicKey: { bytes: concat(mlKemPublic, xPublic) } };
    },
    async encapsulate({ bytes }) {
      if (!isUsablePublicKey(bytes)) throw new TypeError("X-Wing: not a usable public key");
      const xPublic = bytes.subarray(ML_KEM_PUBLIC_BYTES);
      const coins = random(64);
      const ephemeral = coins.subarray(32);
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(
        bytes.subarray(0, ML_KEM_PUBLIC_BYTES),
        coins.subarray(0, 32),
      );
      const xCiphertext = x25519.getPublicKey(ephemeral);
      const xSecret = x25519.getSharedSecret(ephemeral, xPublic);
      return {
        secret: combine(sharedSecret, xSecret, xCiphertext, xPublic),
        ciphertext: concat(cipherText, xCiphertext),
      };
    },
    async decapsulate(privateKey, ciphertext) {
      demand(ciphertext, CIPHERTEXT_BYTES);
      const { mlKemSecret, x, xPublic } = expand(privateKey);
      const xCiphertext = ciphertext.subarray(ML_KEM_CIPHERTEXT_BYTES);
      const shared = ml_kem768.decapsulate(ciphertext.subarray(0, ML_KEM_CIPHERTEXT_BYTES), mlKemSecret);
      return combine(shared, x25519.getSharedSecret(x, xCiphertext), xCiphertext, xPublic);
    },
  };
}

const ML_KEM = "ML-KEM-768";
const X25519 = "X25519";
// RFC 8410: the PKCS #8 frame of a raw X25519 key. WebCrypto has no raw import for private keys.
const X25519_PKCS8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32);

/** X-Wing on WebCrypto's ML-KEM-768 and X25519: about ten times as fast. Randomness is the platform's own. */
export function nativeXWing(subtle: Subtle): XWing {
  type Expanded = { mlKem: Key; x: Key; publicBytes: Uint8Array };
  type Imported = { mlKem: Key; x: Key };
  const expandedOf = new WeakMap<PrivateKey, Promise<Expanded>>();
  const importedOf = new WeakMap<PublicKey, Promise<Imported>>();

  async function expand(key: PrivateKey): Promise<Expanded> {
    demand(key.seed, SEED_BYTES);
    const bytes = shake256(key.seed, { dkLen: 96 });
    const [mlKem, x] = await Promise.all([
      subtle.importKey("raw-seed", bytes.subarray(0, 64), ML_KEM, true, ["decapsulateBits"]),
      subtle.importKey("pkcs8", concat(X25519_PKCS8, bytes.subarray(64)), X25519, true, ["deriveBits"]),
    ]);
    const [mlKemPublic, xPublic] = await Promise.all([
      subtle.getPublicKey(mlKem, ["encapsulateBits"]).then((half) => subtle.exportKey("raw-public", half)),
      subtle.getPublicKey(x, []).then((half) => subtle.exportKey("raw", half)),
    ]);
    return { mlKem, x, publicBytes: concat(new Uint8Array(mlKemPublic), new Uint8Array(xPublic)) };
  }

  function expanded(key: PrivateKey): Promise<Expanded> {
    let known = expandedOf.get(key);
    if (known === undefined) expandedOf.set(key, (known = expand(key)));
    return known;
  }

  async function importHalves({ bytes }: PublicKey): Promise<Imported> {
    demand(bytes, PUBLIC_KEY_BYTES);
    const [mlKem, x] = await Promise.all([
      subtle.importKey("raw-public", bytes.subarray(0, ML_KEM_PUBLIC_BYTES), ML_KEM, true, ["encapsulateBits"]),
      subtle.importKey("raw", bytes.subarray(ML_KEM_PUBLIC_BYTES), X25519, true, []),
    ]);
    return { mlKem, x };
  }

  function imported(key: PublicKey): Promise<Imported> {
    let known = importedOf.get(key);
    if (known === undefined) importedOf.set(key, (known = importHalves(key)));
    return known;
  }

  return {
    async derive(seed) {
      const privateKey = { seed };
      return { privateKey, publicKey: { bytes: (await expanded(privateKey)).publicBytes } };
    },
    async encapsulate(publicKey) {
      const [halves, ephemeral] = await Promise.all([
        imported(publicKey),
        subtle.generateKey(X25519, false, ["deriveBits"]),
      ]);
      const [{ sharedKey, ciphertext }, xSecret, xCiphertext] = await Promise.all([
        subtle.encapsulateBits(ML_KEM, halves.mlKem),
        subtle.deriveBits({ name: X25519, public: halves.x }, ephemeral.privateKey, 256),
        subtle.exportKey("raw", ephemeral.publicKey),
      ]);
      const xPublic = publicKey.bytes.subarray(ML_KEM_PUBLIC_BYTES);
      const ct = new Uint8Array(xCiphertext);
      return {
        secret: combine(new Uint8Array(sharedKey), new Uint8Array(xSecret), ct, xPublic),
        ciphertext: concat(new Uint8Array(ciphertext), ct),
      };
    },
    async decapsulate(privateKey, ciphertext) {
      demand(ciphertext, CIPHERTEXT_BYTES);
      const xCiphertext = ciphertext.subarray(ML_KEM_CIPHERTEXT_BYTES);
      const [{ mlKem, x, publicBytes }, peer] = await Promise.all([
        expanded(privateKey),
        subtle.importKey("raw", xCiphertext, X25519, false, []),
      ]);
      const [shared, xSecret] = await Promise.all([
        subtle.decapsulateBits(ML_KEM, mlKem, ciphertext.subarray(0, ML_KEM_CIPHERTEXT_BYTES)),
        subtle.deriveBits({ name: X25519, public: peer }, x, 256),
      ]);
      return combine(
        new Uint8Array(shared),
        new Uint8Array(xSecret),
        xCiphertext,
        publicBytes.subarray(ML_KEM_PUBLIC_BYTES),
      );
    },
  };
}

/** Does this platform's WebCrypto give the answer of the draft's first test vector? Anything else means: use the portable one. */
export async function hasNativeXWing(subtle: Subtle): Promise<boolean> {
  try {
    const native = nativeXWing(subtle);
    const seed = new Uint8Array(SEED_BYTES).fill(7);
    const [{ publicKey, privateKey }, expected] = await Promise.all([
      native.derive(seed),
      portableXWing(() => new Uint8Array(64)).derive(seed),
    ]);
    if (publicKey.bytes.some((byte, i) => byte !== expected.publicKey.bytes[i])) return false;
    const { secret, ciphertext } = await native.encapsulate(publicKey);
    const opened = await native.decapsulate(privateKey, ciphertext);
    return ciphertext.length === CIPHERTEXT_BYTES && opened.every((byte, i) => byte === secret[i]);
  } catch {
    return false;
  }
}

const FIELD = 2n ** 255n - 19n;
/** u-coordinates of the points of order 1, 2, 4 and 8 of Curve25519 and its twist (RFC 7748 §6.1). */
const LOW_ORDER = new Set([
  0n,
  1n,
  FIELD - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);

/**
 * Would every member be able to encrypt to this key? ML-KEM demands coefficients below 3329 (FIPS 203 §7.2), X25519 a
 * point that isn't of low order. Decided by the bytes alone, so that all members decide alike.
 */
export function isUsablePublicKey(bytes: Uint8Array): boolean {
  if (bytes.length !== PUBLIC_KEY_BYTES) return false;
  for (let i = 0; i < 1152; i += 3) {
    const [a, b, c] = [bytes[i]!, bytes[i + 1]!, bytes[i + 2]!];
    if ((a | ((b & 15) << 8)) >= 3329 || ((b >> 4) | (c << 4)) >= 3329) return false;
  }
  let u = 0n;
  for (let i = PUBLIC_KEY_BYTES - 1; i >= ML_KEM_PUBLIC_BYTES; i--) u = (u << 8n) | BigInt(bytes[i]!);
  return !LOW_ORDER.has((u & (2n ** 255n - 1n)) % FIELD);
}
