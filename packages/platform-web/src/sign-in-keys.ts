import { ed25519 } from "@noble/curves/ed25519.js";
import type { SignInKeys } from "@sotto/engine";
import type { KeyCabinet } from "./key-cabinet.ts";

const ALGORITHM = "Ed25519";
const ID_BYTES = 16;
const SEED_BYTES = 32;

/** The first byte of a reference: what follows is the id of a key in the cabinet, or the key itself. */
const IN_CABINET = 1;
const IN_REFERENCE = 2;

/**
 * Ed25519 keys that the browser makes, keeps and uses, and that no script can read. A browser without Ed25519 in its
 * WebCrypto gets the seed inside the reference, which the engine keeps in its encrypted store.
 */
export function webSignInKeys(cabinet: KeyCabinet): SignInKeys {
  return {
    async create() {
      const pair = await generate();
      if (pair === undefined) return createPortable();
      const id = crypto.getRandomValues(new Uint8Array(ID_BYTES));
      await cabinet.put(cabinetId(id), pair.privateKey);
      const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
      return { reference: Uint8Array.of(IN_CABINET, ...id), publicKey };
    },

    async sign(reference, message) {
      const rest = reference.subarray(1);
      if (reference[0] === IN_REFERENCE && rest.length === SEED_BYTES) return ed25519.sign(message, rest);
      if (reference[0] !== IN_CABINET || rest.length !== ID_BYTES) throw new TypeError("not a reference to a key");
      const key = await cabinet.get(cabinetId(rest));
      if (!(key instanceof CryptoKey)) throw new Error("The sign-in key is no longer in this browser.");
      return new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, Uint8Array.from(message)));
    },
  };
}

/** @returns undefined where the browser has no Ed25519. */
async function generate(): Promise<CryptoKeyPair | undefined> {
  try {
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    return "privateKey" in pair ? pair : undefined;
  } catch {
    return undefined;
  }
}

function createPortable(): { reference: Uint8Array; publicKey: Uint8Array } {
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  return { reference: Uint8Array.of(IN_REFERENCE, ...seed), publicKey: ed25519.getPublicKey(seed) };
}

const cabinetId = (id: Uint8Array): string =>
  `sign-in:${[...id].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
