import type { Provider } from "./provider.ts";
import { isUsablePublicKey } from "./x-wing.ts";

/** A pair of X-Wing keys for one exchange outside groups. `privateKey`: the seed, 32 bytes; `publicKey`: 1,216 bytes. */
export type SealKeyPair = { publicKey: Uint8Array; privateKey: Uint8Array };

/** `enc`: the encapsulation, 1,120 bytes. `sealed`: ciphertext and tag, 16 bytes longer than what is in it. */
export type Sealed = { enc: Uint8Array; sealed: Uint8Array };

/** A fresh pair, to be asked with once and erased. */
export async function generateSealKeyPair(provider: Provider): Promise<SealKeyPair> {
  const privateKey = provider.random(32);
  return { privateKey, publicKey: await provider.publicKeyOfSeed(privateKey) };
}

/**
 * Seals to whoever holds the private key, by the HPKE of the suite (RFC 9180 §6.1, mode base). It says nothing about the sender.
 * @param info what it is about; opens only under the same
 * @returns undefined when nobody could open what is sealed to this key
 */
export async function sealTo(
  provider: Provider,
  publicKey: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
): Promise<Sealed | undefined> {
  if (!isUsablePublicKey(publicKey)) return undefined;
  const { hpke } = provider.suite;
  const { enc, ct } = await hpke.seal(await hpke.importPublicKey(publicKey), plaintext, info);
  return { enc, sealed: ct };
}

/** Opens it; undefined for another key, other info, or changed bytes, and nothing tells which. */
export async function openSealed(
  provider: Provider,
  privateKey: Uint8Array,
  info: Uint8Array,
  { enc, sealed }: Sealed,
): Promise<Uint8Array | undefined> {
  const { hpke } = provider.suite;
  const key = await hpke.importPrivateKey(privateKey);
  try {
    return await hpke.open(key, enc, sealed, info);
  } catch {
    return undefined;
  }
}
