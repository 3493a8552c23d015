import { equalBytes } from "@sotto/protocol";
import { getHpkePublicKey } from "ts-mls/ratchetTree.js";
import type { ClientState } from "./library.ts";
import type { Provider } from "./provider.ts";

/**
 * The state without keys of nodes that are blank now, if every other private key fits the public one of its node; else
 * undefined: a path or Welcome gave this member secrets that aren't those of the tree, and the next commit would fail for it.
 */
export async function withTruePrivateKeys(provider: Provider, mls: ClientState): Promise<ClientState | undefined> {
  const privateKeys: Record<number, Uint8Array> = {};
  for (const [index, seed] of Object.entries(mls.privatePath.privateKeys)) {
    const node = mls.ratchetTree[Number(index)];
    if (node === undefined) continue;
    privateKeys[Number(index)] = seed;
    const claimed = getHpkePublicKey(node);
    if (!equalBytes(await publicKeyOf(provider, seed), claimed)) return undefined;
  }
  return { ...mls, privatePath: { ...mls.privatePath, privateKeys } };
}

// Most keys are kept from commit to commit: one derivation each is enough.
const derived = new WeakMap<Uint8Array, Uint8Array>();

async function publicKeyOf(provider: Provider, seed: Uint8Array): Promise<Uint8Array> {
  let key = derived.get(seed);
  if (key === undefined) derived.set(seed, (key = await provider.publicKeyOfSeed(seed)));
  return key;
}
