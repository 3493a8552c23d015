import { gcm } from "@noble/ciphers/aes.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";
import type { CiphersuiteImpl, CiphersuiteName, Hpke, PrivateKey, PublicKey } from "ts-mls";
import {
  ED25519_KEY_BYTES,
  hasNativeEd25519,
  nativeSigner,
  portableSigner,
  publicKeyOf,
  type Signer,
} from "./ed25519.ts";
import { type Aead, KEY_BYTES, makeHpke, NONCE_BYTES } from "./hpke.ts";
import { platformRandom, type Subtle, webCrypto } from "./webcrypto.ts";
import * as xWing from "./x-wing.ts";

/** The one suite (no negotiation, so no downgrade). */
export const SUITE: CiphersuiteName = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";
const HASH_BYTES = 64;

/** Cryptography of the one suite. Made by {@link createProvider}; opaque to everyone outside this package. */
export type Provider = {
  /** native: WebCrypto where it can; portable: JavaScript throughout, deterministic when `random` is. */
  readonly kind: "native" | "portable";
  readonly random: (length: number) => Uint8Array;
  readonly suite: CiphersuiteImpl;
  /** The X-Wing public key that belongs to a private key of 32 bytes. */
  readonly publicKeyOfSeed: (seed: Uint8Array) => Promise<Uint8Array>;
};

/** Ed25519 signature key of a leaf. `privateKey` is the 32-byte seed. */
export type LeafKey = { publicKey: Uint8Array; privateKey: Uint8Array };

export type ProviderOptions = {
  /** never: JavaScript even where WebCrypto would do. */
  native?: "auto" | "never";
  /**
   * Every random byte comes from here, in the order of the calls. Implies the portable implementations, whose steps are
   * all synchronous: the same calls then give the same bytes, which the simulator rests on.
   */
  random?: (length: number) => Uint8Array;
  /** With `random`: other implementations of what costs most. They have to be synchronous underneath and draw from `random` only. */
  primitives?: Primitives;
};

/** What the suite is made of, for a platform with faster implementations than JavaScript's. */
export type Primitives = { kem: xWing.XWing; aead: Aead; signer: Signer };

/** Chooses the fastest correct implementation that the platform has. */
export async function createProvider(options: ProviderOptions = {}): Promise<Provider> {
  const random = options.random ?? platformRandom;
  const subtle = options.native === "never" || options.random !== undefined ? undefined : webCrypto();
  if (subtle === undefined) {
    const { kem, aead, signer } = options.primitives ?? {
      kem: xWing.portableXWing(random),
      aead: portableAead,
      signer: portableSigner(),
    };
    return assemble("portable", random, kem, aead, signer);
  }
  const [kem, signer] = await Promise.all([xWing.hasNativeXWing(subtle), hasNativeEd25519(subtle)]);
  return assemble(
    kem ? "native" : "portable",
    random,
    kem ? xWing.nativeXWing(subtle) : xWing.portableXWing(random),
    nativeAead(subtle),
    signer ? nativeSigner(subtle) : portableSigner(),
  );
}

/** A new leaf signature key. */
export function generateLeafKey(provider: Provider): LeafKey {
  const privateKey = provider.random(ED25519_KEY_BYTES);
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

// The library names WebCrypto's key type for HPKE keys but only carries them back and forth.
const asPublic = (key: xWing.PublicKey) => key as unknown as PublicKey;
const asPrivate = (key: xWing.PrivateKey) => key as unknown as PrivateKey;
const fromPublic = (key: PublicKey) => key as unknown as xWing.PublicKey;
const fromPrivate = (key: PrivateKey) => key as unknown as xWing.PrivateKey;

function assemble(
  kind: Provider["kind"],
  random: Provider["random"],
  kem: xWing.XWing,
  aead: Aead,
  signer: Signer,
): Provider {
  const hpke = makeHpke(kem, aead);
  const derive = async (seed: Uint8Array) => {
    const { publicKey, privateKey } = await kem.derive(seed);
    return { publicKey: asPublic(publicKey), privateKey: asPrivate(privateKey) };
  };
  // Keys are found again by the identity of their bytes: a leaf's key is expanded or imported once, not for every use.
  const publicOf = new WeakMap<Uint8Array, xWing.PublicKey>();
  const privateOf = new WeakMap<Uint8Array, xWing.PrivateKey>();
  const suiteHpke: Hpke = {
    keyLength: KEY_BYTES,
    nonceLength: NONCE_BYTES,
    seal: (key, plaintext, info, aad) => hpke.seal(fromPublic(key), plaintext, info, aad),
    open: (key, enc, ciphertext, info, aad) => hpke.open(fromPrivate(key), enc, ciphertext, info, aad),
    exportSecret: (key, context, length, info) => hpke.exportSecret(fromPublic(key), context, length, info),
    importSecret: (key, context, enc, length, info) => hpke.importSecret(fromPrivate(key), context, enc, length, info),
    async importPublicKey(bytes) {
      if (bytes.length !== xWing.PUBLIC_KEY_BYTES) throw new TypeError("not an X-Wing public key");
      let key = publicOf.get(bytes);
      if (key === undefined) publicOf.set(bytes, (key = { bytes }));
      return asPublic(key);
    },
    async importPrivateKey(seed) {
      if (seed.length !== xWing.SEED_BYTES) throw new TypeError("not an X-Wing seed");
      let key = privateOf.get(seed);
      if (key === undefined) privateOf.set(seed, (key = { seed }));
      return asPrivate(key);
    },
    exportPublicKey: async (key) => fromPublic(key).bytes,
    exportPrivateKey: async (key) => fromPrivate(key).seed,
    encryptAead: (key, nonce, aad, plaintext) => aead.encrypt(key, nonce, aad ?? EMPTY, plaintext),
    decryptAead: (key, nonce, aad, ciphertext) => aead.decrypt(key, nonce, aad ?? EMPTY, ciphertext),
    // X-Wing draft §5.2, DeriveKeyPair.
    deriveKeyPair: (ikm) => derive(shake256(ikm, { dkLen: xWing.SEED_BYTES })),
    generateKeyPair: () => derive(random(xWing.SEED_BYTES)),
  };
  const suite: CiphersuiteImpl = {
    name: SUITE,
    rng: { randomBytes: random },
    kdf: {
      size: HASH_BYTES,
      extract: async (salt, ikm) => extract(sha512, ikm, salt),
      expand: async (prk, info, length) => expand(sha512, prk, info, length),
    },
    hash: {
      digest: async (data) => sha512(data),
      mac: async (key, data) => hmac(sha512, key, data),
      verifyMac: async (key, mac, data) => equalSecrets(hmac(sha512, key, data), mac),
    },
    signature: {
      sign: (key, message) => signer.sign(key, message),
      verify: (key, message, signature) => signer.verify(key, message, signature),
      async keygen() {
        const signKey = random(ED25519_KEY_BYTES);
        return { signKey, publicKey: publicKeyOf(signKey) };
      },
    },
    hpke: suiteHpke,
  };
  return { kind, random, suite, publicKeyOfSeed: async (seed) => (await kem.derive(seed)).publicKey.bytes };
}

const EMPTY = new Uint8Array();

/** Equality in time that depends on the lengths only. Different lengths are unequal (an empty tag fits nothing). */
function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

const portableAead: Aead = {
  encrypt: async (key, nonce, aad, plaintext) => gcm(key, nonce, aad).encrypt(plaintext),
  decrypt: async (key, nonce, aad, ciphertext) => gcm(key, nonce, aad).decrypt(ciphertext),
};

function nativeAead(subtle: Subtle): Aead {
  const algorithm = "AES-GCM";
  return {
    async encrypt(key, nonce, aad, plaintext) {
      const imported = await subtle.importKey("raw", key, algorithm, false, ["encrypt"]);
      return new Uint8Array(
        await subtle.encrypt({ name: algorithm, iv: nonce, additionalData: aad }, imported, plaintext),
      );
    },
    async decrypt(key, nonce, aad, ciphertext) {
      const imported = await subtle.importKey("raw", key, algorithm, false, ["decrypt"]);
      return new Uint8Array(
        await subtle.decrypt({ name: algorithm, iv: nonce, additionalData: aad }, imported, ciphertext),
      );
    },
  };
}
