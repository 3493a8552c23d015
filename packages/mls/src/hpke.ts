import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equalBytes, utf8 } from "@sotto/protocol";
import type { XWing, PrivateKey, PublicKey } from "./x-wing.ts";

/** AES-256-GCM; throws when the tag doesn't fit. */
export interface Aead {
  encrypt(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  decrypt(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Promise<Uint8Array>;
}

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
const HASH_BYTES = 64;
const EMPTY = new Uint8Array();
// RFC 9180 §5.1: "HPKE", KEM X-Wing 0x647a, KDF HKDF-SHA512 3, AEAD AES-256-GCM 2.
const SUITE_ID = concat(utf8("HPKE"), Uint8Array.of(0x64, 0x7a, 0, 3, 0, 2));
const VERSION = utf8("HPKE-v1");

function labeledExtract(salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return extract(sha512, concat(VERSION, SUITE_ID, utf8(label), ikm), salt);
}

function labeledExpand(prk: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
  return expand(
    sha512,
    prk,
    concat(Uint8Array.of(length >> 8, length & 255), VERSION, SUITE_ID, utf8(label), info),
    length,
  );
}

// Depend on nothing but the suite.
const PSK_ID_HASH = labeledExtract(EMPTY, "psk_id_hash", EMPTY);
const MODE_BASE = 0;

type Context = { key: Uint8Array; nonce: Uint8Array; exporter: Uint8Array };

// A path commit seals to everyone under one and the same info, the group context, which is long in a large group. It is public.
let lastInfo = EMPTY;
let lastInfoHash = labeledExtract(EMPTY, "info_hash", EMPTY);

function infoHashOf(info: Uint8Array): Uint8Array {
  if (!equalBytes(info, lastInfo)) {
    lastInfo = info.slice();
    lastInfoHash = labeledExtract(EMPTY, "info_hash", lastInfo);
  }
  return lastInfoHash;
}

/** RFC 9180 §5.1 KeySchedule, mode base. */
function schedule(shared: Uint8Array, info: Uint8Array): Context {
  const context = concat(Uint8Array.of(MODE_BASE), PSK_ID_HASH, infoHashOf(info));
  const secret = labeledExtract(shared, "secret", EMPTY);
  return {
    key: labeledExpand(secret, "key", context, KEY_BYTES),
    nonce: labeledExpand(secret, "base_nonce", context, NONCE_BYTES),
    exporter: labeledExpand(secret, "exp", context, HASH_BYTES),
  };
}

/** HPKE base mode, one message a context (RFC 9180 §6.1 and §6.2), over a synchronous HKDF. */
export function makeHpke(kem: XWing, aead: Aead) {
  return {
    async seal(key: PublicKey, plaintext: Uint8Array, info: Uint8Array, aad: Uint8Array = EMPTY) {
      const { secret, ciphertext } = await kem.encapsulate(key);
      const context = schedule(secret, info);
      return { enc: ciphertext, ct: await aead.encrypt(context.key, context.nonce, aad, plaintext) };
    },
    async open(key: PrivateKey, enc: Uint8Array, ciphertext: Uint8Array, info: Uint8Array, aad: Uint8Array = EMPTY) {
      const context = schedule(await kem.decapsulate(key, enc), info);
      return aead.decrypt(context.key, context.nonce, aad, ciphertext);
    },
    async exportSecret(key: PublicKey, exporterContext: Uint8Array, length: number, info: Uint8Array) {
      const { secret, ciphertext } = await kem.encapsulate(key);
      return {
        enc: ciphertext,
        secret: labeledExpand(schedule(secret, info).exporter, "sec", exporterContext, length),
      };
    },
    async importSecret(
      key: PrivateKey,
      exporterContext: Uint8Array,
      enc: Uint8Array,
      length: number,
      info: Uint8Array,
    ) {
      const shared = await kem.decapsulate(key, enc);
      return labeledExpand(schedule(shared, info).exporter, "sec", exporterContext, length);
    },
  };
}
