import { createHash, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { PasswordServer } from "@sotto/delivery";
import type { Ports, SignInKeys } from "@sotto/engine";
import { concat, toBase64Url } from "@sotto/protocol";
import { remembered } from "./remembered.ts";

const ED25519_PRIVATE = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

const keyOf = remembered((seed) =>
  createPrivateKey({ key: Buffer.from(concat(ED25519_PRIVATE, seed)), format: "der", type: "pkcs8" }),
);

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
const proof = (verifier: string, role: string, nonce: string): string =>
  createHmac("sha256", verifier).update(role).update(nonce).digest("base64url");
const verifierOf = (username: string, password: string, salt: string): string =>
  toBase64Url(
    concat(digest("record", username, password, salt), digest("record, continued", username, password, salt)),
  );
/** A record is all of one alphabet, as a real one is: the salt has the first characters. */
const SALT_BYTES = 18;
const SALT_CHARACTERS = 24;
const parts = (record: string): [salt: string, verifier: string] => [
  record.slice(0, SALT_CHARACTERS),
  record.slice(SALT_CHARACTERS),
];
const exportKeyOf = (username: string, password: string, salt: string): Uint8Array =>
  digest("export", username, password, salt);

/**
 * Stands where OPAQUE stands, with the same messages and outcomes but without its strength: OPAQUE draws its own randomness
 * and its Argon2id takes a second. The export key belongs to the password and to this one registration of it: the same password,
 * registered again, gives another. What it promises is tested where it is (packages/crypto).
 */
export function seededPasswordClient(random: (length: number) => Uint8Array): Ports["passwords"] {
  return {
    registerStart: async () => ({ state: "", request: toBase64Url(random(32)) }),
    registerFinish: async ({ password, username }) => {
      const salt = toBase64Url(random(SALT_BYTES));
      return {
        record: `${salt}${verifierOf(username, password, salt)}`,
        exportKey: exportKeyOf(username, password, salt),
      };
    },
    loginStart: async () => ({ state: "", request: toBase64Url(random(32)) }),
    loginFinish: async ({ password, username, response }) => {
      const [nonce = "", salt = "", theirs] = response.split(".");
      const verifier = verifierOf(username, password, salt);
      if (theirs !== proof(verifier, "server", nonce)) return undefined;
      return {
        request: proof(verifier, "client", nonce),
        exportKey: exportKeyOf(username, password, salt),
        sessionKey: digest("session", verifier, nonce),
      };
    },
  };
}

/** What the right password gives for a record that the server holds; undefined for any other. */
export function seededExportKey(asked: { username: string; password: string; record: string }): Uint8Array | undefined {
  const [salt, verifier] = parts(asked.record);
  const isRight = verifierOf(asked.username, asked.password, salt) === verifier;
  return isRight ? exportKeyOf(asked.username, asked.password, salt) : undefined;
}

/** The other half. An unknown name has a salt and a record of its own, always the same (RFC 9807 §10.9). */
export function seededPasswordServer(random: (length: number) => Uint8Array): PasswordServer {
  return {
    startRegistration: () => toBase64Url(random(32)),
    startLogin: (username, record) => {
      const nonce = toBase64Url(random(16));
      const [salt, verifier] = parts(record ?? toBase64Url(digest("unknown", username).slice(0, SALT_BYTES)));
      return {
        state: JSON.stringify([verifier, nonce]),
        loginResponse: `${nonce}.${salt}.${proof(verifier, "server", nonce)}`,
      };
    },
    finishLogin: (state, request) => {
      const [verifier, nonce] = JSON.parse(state) as [string, string];
      return verifier !== "" && request === proof(verifier, "client", nonce);
    },
  };
}
