import { createHash, createPrivateKey, createPublicKey, hash } from "node:crypto";
import { createProvider, type Primitives, type Provider } from "@sotto/mls";
import { concat, equalBytes, utf8 } from "@sotto/protocol";
import { remembered } from "./remembered.ts";
import { nodeAead } from "./seeded-provider.ts";

/**
 * Stands where the product's suite stands, for the many histories of a simulation: the same lengths, the same draws of random bytes,
 * and whatever is under another key or was changed is refused. But its public-key operations are hashes: who sees a public
 * key can sign and open under it, which no honest engine does. Hashes, key schedule and AEAD are the real ones.
 */
export async function standInProvider(
  random: (length: number) => Uint8Array,
  aead: Primitives["aead"] = nodeAead,
): Promise<Provider> {
  const provider = await createProvider({ random, primitives: { kem: kemFrom(random), aead, signer } });
  const { suite } = provider;
  const { hpke } = suite;
  const keysOf = (
    shared: Uint8Array,
    info: Uint8Array,
  ): { key: Uint8Array; nonce: Uint8Array; exporter: Uint8Array } => {
    const bytes = sha512(concat(shared, info));
    return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32, 44), exporter: bytes.subarray(44) };
  };
  const sharedBy = async (key: Parameters<typeof hpke.exportPublicKey>[0]) => {
    const publicKey = await hpke.exportPublicKey(key);
    const enc = ciphertextOf(random(COINS_BYTES));
    return { enc, shared: agreed(publicKey, enc) };
  };
  const sharedWith = async (key: Parameters<typeof hpke.exportPrivateKey>[0], enc: Uint8Array) =>
    opened(publicOf(await hpke.exportPrivateKey(key)), enc);
  return {
    ...provider,
    suite: {
      ...suite,
      kdf: {
        ...suite.kdf,
        extract: async (salt, ikm) => hmac(salt, ikm),
        expand: async (prk, info, length) => expand(prk, info, length),
      },
      hash: {
        digest: async (data) => sha512(data),
        mac: async (key, data) => hmac(key, data),
        verifyMac: async (key, mac, data) => equalBytes(hmac(key, data), mac),
      },
      hpke: {
        ...hpke,
        seal: async (publicKey, plaintext, info, aad) => {
          const { enc, shared } = await sharedBy(publicKey);
          const { key, nonce } = keysOf(shared, info);
          return { enc, ct: await aead.encrypt(key, nonce, aad ?? EMPTY, plaintext) };
        },
        open: async (privateKey, enc, ciphertext, info, aad) => {
          const { key, nonce } = keysOf(await sharedWith(privateKey, enc), info);
          return aead.decrypt(key, nonce, aad ?? EMPTY, ciphertext);
        },
        exportSecret: async (publicKey, context, length, info) => {
          const { enc, shared } = await sharedBy(publicKey);
          return { enc, secret: expand(keysOf(shared, info).exporter, context, length) };
        },
        importSecret: async (privateKey, context, enc, length, info) =>
          expand(keysOf(await sharedWith(privateKey, enc), info).exporter, context, length),
      },
    },
  };
}

const EMPTY = new Uint8Array();
const COINS_BYTES = 64;
const PUBLIC_BYTES = 1216;
const COEFFICIENT_BYTES = 1152;
const CIPHERTEXT_BYTES = 1120;
const HASH_BYTES = 64;

const sha512 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash("sha512", bytes, "buffer"));

const BLOCK_BYTES = 128;

/** HMAC (RFC 2104) of two hashes: Node's own makes a key object for every call, which costs more than the hashing. */
function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  const short = key.length > BLOCK_BYTES ? sha512(key) : key;
  const inner = new Uint8Array(BLOCK_BYTES + data.length).fill(0x36, 0, BLOCK_BYTES);
  const outer = new Uint8Array(BLOCK_BYTES + HASH_BYTES).fill(0x5c, 0, BLOCK_BYTES);
  for (let i = 0; i < short.length; i++) {
    inner[i]! ^= short[i]!;
    outer[i]! ^= short[i]!;
  }
  inner.set(data, BLOCK_BYTES);
  outer.set(sha512(inner), BLOCK_BYTES);
  return sha512(outer);
}

/** HKDF-Expand (RFC 5869 §2.3). */
function expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let block: Uint8Array = EMPTY, made = 0; made < length; made += HASH_BYTES) {
    block = hmac(prk, concat(block, info, Uint8Array.of(blocks.length + 1)));
    blocks.push(block);
  }
  const [first] = blocks;
  return (blocks.length === 1 && first !== undefined ? first : concat(...blocks)).slice(0, length);
}

const publicOf = remembered((seed) => {
  if (seed.length !== 32) throw new TypeError("expected 32 bytes");
  const made = new Uint8Array(createHash("shake256", { outputLength: PUBLIC_BYTES }).update(seed).digest());
  // Of the form that keys are checked for: coefficients of 12 bits below 3329 (FIPS 203 §7.2), a reduced X25519 point.
  for (let at = 0; at < COEFFICIENT_BYTES; at += 3) {
    made[at + 1]! &= 0x77;
    made[at + 2]! &= 0x7f;
  }
  made[PUBLIC_BYTES - 1]! &= 0x7f;
  return made;
});

function ciphertextOf(coins: Uint8Array): Uint8Array {
  const ciphertext = new Uint8Array(CIPHERTEXT_BYTES);
  ciphertext.set(coins);
  return ciphertext;
}

const agreed = (publicKey: Uint8Array, ciphertext: Uint8Array): Uint8Array => {
  if (publicKey.length !== PUBLIC_BYTES) throw new TypeError("expected 1216 bytes");
  return sha512(concat(publicKey, ciphertext)).subarray(0, 32);
};
const opened = (publicKey: Uint8Array, ciphertext: Uint8Array): Uint8Array => {
  if (ciphertext.length !== CIPHERTEXT_BYTES) throw new TypeError("expected 1120 bytes");
  return agreed(publicKey, ciphertext);
};

const kemFrom = (random: (length: number) => Uint8Array): Primitives["kem"] => ({
  derive: async (seed) => ({ privateKey: { seed }, publicKey: { bytes: publicOf(seed) } }),
  encapsulate: async ({ bytes }) => {
    const ciphertext = ciphertextOf(random(COINS_BYTES));
    return { secret: agreed(bytes, ciphertext), ciphertext };
  },
  decapsulate: async ({ seed }, ciphertext) => opened(publicOf(seed), ciphertext),
});

const ED25519_PRIVATE = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);
const TAG = utf8("stand-in signature");

/** The real public key: it stands in chains, where real signatures are made by it. */
const verifyingKeyOf = remembered((seed) => {
  const der = Buffer.from(concat(ED25519_PRIVATE, seed));
  const spki = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  return new Uint8Array(spki.export({ format: "der", type: "spki" }).subarray(-32));
});

const signer: Primitives["signer"] = {
  sign: async (seed, message) => sha512(concat(TAG, verifyingKeyOf(seed), message)),
  verify: async (publicKey, message, signature) => equalBytes(sha512(concat(TAG, publicKey, message)), signature),
};
