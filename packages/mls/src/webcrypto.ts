/**
 * The few parts of WebCrypto that this package uses. Declared here, as pure packages compile without the platform's types
 * and `encapsulateBits` is too new for most of them.
 */
export interface Key {
  readonly type: string;
}

export interface KeyPair {
  readonly publicKey: Key;
  readonly privateKey: Key;
}

type Algorithm = string | { readonly name: string; readonly [parameter: string]: unknown };

export interface Subtle {
  importKey(
    format: string,
    data: Uint8Array,
    algorithm: Algorithm,
    extractable: boolean,
    usages: string[],
  ): Promise<Key>;
  exportKey(format: string, key: Key): Promise<ArrayBuffer>;
  generateKey(algorithm: Algorithm, extractable: boolean, usages: string[]): Promise<KeyPair>;
  deriveBits(algorithm: Algorithm, key: Key, bits: number): Promise<ArrayBuffer>;
  encrypt(algorithm: Algorithm, key: Key, data: Uint8Array): Promise<ArrayBuffer>;
  decrypt(algorithm: Algorithm, key: Key, data: Uint8Array): Promise<ArrayBuffer>;
  sign(algorithm: Algorithm, key: Key, data: Uint8Array): Promise<ArrayBuffer>;
  verify(algorithm: Algorithm, key: Key, signature: Uint8Array, data: Uint8Array): Promise<boolean>;
  encapsulateBits(algorithm: Algorithm, key: Key): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }>;
  decapsulateBits(algorithm: Algorithm, key: Key, ciphertext: Uint8Array): Promise<ArrayBuffer>;
  getPublicKey(key: Key, usages: string[]): Promise<Key>;
}

interface Platform {
  readonly crypto: { readonly subtle?: Subtle; getRandomValues(bytes: Uint8Array): Uint8Array };
}

// The one place where the platform's global is given its type.
const platform = globalThis as unknown as Platform;

/** WebCrypto, or undefined outside a secure context. */
export function webCrypto(): Subtle | undefined {
  return platform.crypto.subtle;
}

/** Bytes of the platform's random source, for at most 65,536 bytes. */
export function platformRandom(length: number): Uint8Array {
  return platform.crypto.getRandomValues(new Uint8Array(length));
}
