import { type ConversationExtension, type ConversationId, idBytes } from "@sotto/protocol";
import * as library from "ts-mls";
import { CLIENT_CONFIG } from "./client-config.ts";
import { isWellFormed, writeExtensions } from "./context-extensions.ts";
import { GroupState } from "./group-state.ts";
import type { LeafIdentity } from "./identity.ts";
import { generate } from "./key-package.ts";
import type { LeafKey, Provider } from "./provider.ts";
import { mayBeInTree } from "./roster.ts";

/** The first leaf of a group never serves as a key package, so its lifetime is never asked for. */
export const NO_LIFETIME = { notBefore: 0n, notAfter: 0n };

export type NewGroup = {
  provider: Provider;
  conversation: ConversationId;
  identity: LeafIdentity;
  leafKey: LeafKey;
  chain: Uint8Array;
  extension: ConversationExtension;
};

/**
 * A group of one device, in epoch 0. The creator must be on the list.
 * @throws {TypeError} The extension isn't well-formed for its kind, or leaves out the creator.
 */
export async function createGroup({
  provider,
  conversation,
  identity,
  leafKey,
  chain,
  extension,
}: NewGroup): Promise<GroupState> {
  if (!isWellFormed(extension)) throw new TypeError("this kind of conversation can't have that list or policy");
  if (!mayBeInTree(extension, identity.account)) throw new TypeError("the creator isn't listed");
  const own = await generate({ provider, identity, leafKey, chain, lifetime: NO_LIFETIME });
  const mls = await library.createGroup(
    idBytes(conversation),
    own.publicPackage,
    own.privatePackage,
    writeExtensions(extension),
    provider.suite,
    CLIENT_CONFIG,
  );
  return GroupState.of(provider, mls);
}
