import type { KeyCabinet } from "./key-cabinet.ts";
import { unreadable } from "./sqlite-errors.ts";

const DATABASE_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const ID = "database";

/** The database's key, sealed (AES-256-GCM) by a key that no script can read. */
type Wrapped = {
  version: 1;
  wrappingKey: CryptoKey;
  nonce: Uint8Array<ArrayBuffer>;
  sealed: Uint8Array<ArrayBuffer>;
  /** False until the database under it exists: then a crash in between isn't taken for damage. */
  isEstablished: boolean;
};

export type DatabaseKey = { key: Uint8Array; isEstablished: boolean };

/** @throws SottoError store/unreadable when what is there is no key. */
export async function readDatabaseKey(cabinet: KeyCabinet): Promise<DatabaseKey | undefined> {
  const found = await cabinet.get(ID);
  if (found === undefined) return undefined;
  if (!isWrapped(found)) throw unreadable();
  try {
    const key = await crypto.subtle.decrypt({ name: "AES-GCM", iv: found.nonce }, found.wrappingKey, found.sealed);
    return { key: new Uint8Array(key), isEstablished: found.isEstablished };
  } catch {
    throw unreadable();
  }
}

/** A fresh key, not yet established. */
export async function createDatabaseKey(cabinet: KeyCabinet): Promise<Uint8Array> {
  const key = crypto.getRandomValues(new Uint8Array(DATABASE_KEY_BYTES));
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const wrappingKey = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, wrappingKey, key));
  await cabinet.put(ID, { version: 1, wrappingKey, nonce, sealed, isEstablished: false } satisfies Wrapped);
  return key;
}

export async function establishDatabaseKey(cabinet: KeyCabinet): Promise<void> {
  const found = await cabinet.get(ID);
  if (!isWrapped(found)) throw unreadable();
  await cabinet.put(ID, { ...found, isEstablished: true } satisfies Wrapped);
}

function isWrapped(value: unknown): value is Wrapped {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    value.version === 1 &&
    "wrappingKey" in value &&
    value.wrappingKey instanceof CryptoKey &&
    "nonce" in value &&
    value.nonce instanceof Uint8Array &&
    "sealed" in value &&
    value.sealed instanceof Uint8Array &&
    "isEstablished" in value &&
    typeof value.isEstablished === "boolean"
  );
}
