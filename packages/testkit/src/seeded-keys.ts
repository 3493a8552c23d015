import { createHash, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { PasswordServer } from "@sotto/delivery";
import type { Ports, SignInKeys } from "@sotto/engine";
import { concat, toBase64Url } from "@sotto/protocol";

const ED25519_PRIVATE = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

const keyOf = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.from(concat(ED25519_PRIVATE, seed)), format: "der", type: "pkcs8" });

/** Sign-in keys whose reference is their seed. */
export function seededSignInKeys(random: (length: number) => Uint8Array): SignInKeys {
  return {
    create: async () => {
      const seed = random(32);
      const spki = createPublicKey(keyOf(seed)).export({ format: "der", type: "spki" });
      return { reference: seed, publicKey: new Uint8Array(spki.subarray(-32)) };
    },
    sign: async (reference, message) => new Uint8Array(sign(null, message, keyOf(reference))),
  };
}

const digest = (...parts: string[]): Uint8Array =>
  new Uint8Array(createHash("sha512").update(JSON.stringify(parts)).digest());
const proof = (record: string, role: string, nonce: string): string =>
  createHmac("sha256", record).update(role).update(nonce).digest("base64url");
const recordOf = (username: string, password: string): string =>
  toBase64Url(concat(digest("record", username, password), digest("record, continued", username, password)));

/**
 * Stands where OPAQUE stands, with the same messages and outcomes but without its strength: OPAQUE draws its own randomness
 * and its Argon2id takes a second. What it promises is tested where it is (packages/crypto).
 */
export function seededPasswordClient(random: (length: number) => Uint8Array): Ports["passwords"] {
  return {
    registerStart: async () => ({ state: "", request: toBase64Url(random(32)) }),
    registerFinish: async ({ password, username }) => ({
      record: recordOf(username, password),
      exportKey: digest("export", username, password),
    }),
    loginStart: async () => ({ state: "", request: toBase64Url(random(32)) }),
    loginFinish: async ({ password, username, response }) => {
      const [nonce = "", theirs] = response.split(".");
      const record = recordOf(username, password);
      if (theirs !== proof(record, "server", nonce)) return undefined;
      return {
        request: proof(record, "client", nonce),
        exportKey: digest("export", username, password),
        sessionKey: digest("session", record, nonce),
      };
    },
  };
}

export function seededPasswordServer(random: (length: number) => Uint8Array): PasswordServer {
  return {
    startRegistration: () => toBase64Url(random(32)),
    startLogin: (_username, record) => {
      const nonce = toBase64Url(random(16));
      return {
        state: JSON.stringify([record ?? "", nonce]),
        loginResponse: `${nonce}.${proof(record ?? "", "server", nonce)}`,
      };
    },
    finishLogin: (state, request) => {
      const [record, nonce] = JSON.parse(state) as [string, string];
      return record !== "" && request === proof(record, "client", nonce);
    },
  };
}
