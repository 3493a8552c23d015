import { KEY_PACKAGE_BYTES_MAX, KEY_PACKAGE_LIFETIME_SECONDS } from "@sotto/protocol";
import { generateKeyPackageWithKey, type PrivateKeyPackage } from "ts-mls";
import { makeKeyPackageRef, verifyKeyPackage } from "ts-mls/keyPackage.js";
import { verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";
import { equalBytes } from "@sotto/protocol";
import type { LeafIdentity } from "./identity.ts";
import type { ChainJudge } from "./judge.ts";
import { CAPABILITIES, chainExtension, credentialOf, readLeaf } from "./leaf.ts";
import { type KeyPackage, keyPackageBytes, readKeyPackage } from "./library.ts";
import { type LeafKey, type Provider, SUITE } from "./provider.ts";
import { isUsablePublicKey, SEED_BYTES } from "./x-wing.ts";

/** Seconds since the Unix epoch. */
export type Lifetime = { notBefore: bigint; notAfter: bigint };

export type NewKeyPackage = {
  /** The KeyPackage (RFC 9420 §10), for the delivery service. */
  publicBytes: Uint8Array;
  /** Opens the Welcome that uses it. Secret; erased once used, unless it is a last resort. */
  privateBytes: Uint8Array;
  /** KeyPackageRef (RFC 9420 §5.2), 64 bytes: names it in a Welcome. */
  reference: Uint8Array;
};

/** MLS extension type of a key package that may be used more than once (draft-ietf-mls-extensions, last_resort). */
const LAST_RESORT = 0x000a;
const PRIVATE_VERSION = 1;

export type KeyPackageRequest = {
  provider: Provider;
  identity: LeafIdentity;
  leafKey: LeafKey;
  chain: Uint8Array;
  lifetime: Lifetime;
  lastResort?: boolean;
};

/** Makes a key package, by which others can add this device while it sleeps. */
export async function createKeyPackage(request: KeyPackageRequest): Promise<NewKeyPackage> {
  const { publicPackage, privatePackage } = await generate(request);
  return {
    publicBytes: keyPackageBytes(publicPackage),
    privateBytes: Uint8Array.of(PRIVATE_VERSION, ...privatePackage.initPrivateKey, ...privatePackage.hpkePrivateKey),
    reference: await makeKeyPackageRef(publicPackage, request.provider.suite.hash),
  };
}

/** For this package: the library's own pair. A group's creator and an external joiner start from one, too. */
export function generate({ provider, identity, leafKey, chain, lifetime, lastResort = false }: KeyPackageRequest) {
  return generateKeyPackageWithKey(
    credentialOf(identity),
    CAPABILITIES,
    lifetime,
    lastResort ? [{ extensionType: LAST_RESORT, extensionData: new Uint8Array() }] : [],
    { signKey: leafKey.privateKey, publicKey: leafKey.publicKey },
    provider.suite,
    [chainExtension(chain)],
  );
}

export function readPrivateKeyPackage(bytes: Uint8Array, leafKey: LeafKey): PrivateKeyPackage | undefined {
  if (bytes.length !== 1 + 2 * SEED_BYTES || bytes[0] !== PRIVATE_VERSION) return undefined;
  return {
    initPrivateKey: bytes.slice(1, 1 + SEED_BYTES),
    hpkePrivateKey: bytes.slice(1 + SEED_BYTES),
    signaturePrivateKey: leafKey.privateKey,
  };
}

export type BadKeyPackage =
  | "too-large"
  | "malformed"
  | "foreign-suite"
  | "unusable"
  | "bad-signature"
  | "lifetime"
  | "not-active";

export type CheckedKeyPackage =
  | { kind: "good"; identity: LeafIdentity; reference: Uint8Array; isLastResort: boolean }
  | { kind: "bad"; because: BadKeyPackage };

/**
 * Would we add the device behind this key package? (T16: the directory may serve anything.)
 * @param now  Seconds since the Unix epoch, by one's own clock.
 */
export async function checkKeyPackage(
  provider: Provider,
  bytes: Uint8Array,
  now: bigint,
  judge: ChainJudge,
): Promise<CheckedKeyPackage> {
  if (bytes.length > KEY_PACKAGE_BYTES_MAX) return { kind: "bad", because: "too-large" };
  const keyPackage = readKeyPackage(bytes);
  if (keyPackage === undefined) return { kind: "bad", because: "malformed" };
  const form = await formOf(provider, keyPackage);
  if (form !== "good") return { kind: "bad", because: form };
  const leaf = readLeaf(keyPackage.leafNode)!;
  const { notBefore, notAfter } = keyPackage.leafNode.lifetime;
  const isTooLong = notAfter - notBefore > BigInt(KEY_PACKAGE_LIFETIME_SECONDS);
  if (notBefore > now || notAfter < now || isTooLong) return { kind: "bad", because: "lifetime" };
  if (!judge.active(leaf.chain, leaf.identity, leaf.signatureKey)) return { kind: "bad", because: "not-active" };
  return {
    kind: "good",
    identity: leaf.identity,
    reference: await makeKeyPackageRef(keyPackage, provider.suite.hash),
    isLastResort: keyPackage.extensions.length === 1,
  };
}

/** Everything about a key package that depends on neither time nor chains. */
export async function formOf(provider: Provider, keyPackage: KeyPackage): Promise<"good" | BadKeyPackage> {
  if (keyPackage.version !== "mls10" || keyPackage.cipherSuite !== SUITE) return "foreign-suite";
  if (!hasGoodForm(keyPackage)) return "unusable";
  const { signature } = provider.suite;
  const [leafSigned, packageSigned] = await Promise.all([
    verifyLeafNodeSignatureKeyPackage(keyPackage.leafNode, signature),
    verifyKeyPackage(keyPackage, signature),
  ]);
  return leafSigned && packageSigned ? "good" : "bad-signature";
}

/** The same without signatures, which the library verifies in every Add that one receives. */
export function hasGoodForm(keyPackage: KeyPackage): boolean {
  const { leafNode, extensions, initKey } = keyPackage;
  if (leafNode.leafNodeSource !== "key_package" || readLeaf(leafNode) === undefined) return false;
  if (
    !isUsablePublicKey(initKey) ||
    !isUsablePublicKey(leafNode.hpkePublicKey) ||
    equalBytes(initKey, leafNode.hpkePublicKey)
  )
    return false;
  const [extension] = extensions;
  if (extension === undefined) return true;
  return extensions.length === 1 && extension.extensionType === LAST_RESORT && extension.extensionData.length === 0;
}
