import { type ConversationExtension, type ConversationId, conversationIdOf, encodeRoster } from "@sotto/protocol";
import { type GenerationSecret, mlsExporter, type SecretTree } from "ts-mls";
import { CLIENT_CONFIG } from "./client-config.ts";
import { readExtensions } from "./context-extensions.ts";
import { type Leaf, readLeaves } from "./leaf.ts";
import type { ClientState, RatchetTree } from "./library.ts";
import type { Provider } from "./provider.ts";
import { rosterOfGroup } from "./roster.ts";

/**
 * One device's view of one group in one epoch. Immutable: operations give the next state and leave this one as it was.
 * Secrets are behind a private field, so that printing, cloning or serialising a state shows none.
 */
export class GroupState {
  readonly #inside: Inside;

  private constructor(inside: Inside) {
    this.#inside = inside;
  }

  /** For this package only; the front door exports the type alone. */
  static of(provider: Provider, mls: ClientState): GroupState {
    return new GroupState({ provider, mls: settled(mls) });
  }

  static inside(state: GroupState): Inside {
    return state.#inside;
  }

  toJSON(): string {
    return "GroupState";
  }
}

type Inside = { readonly provider: Provider; readonly mls: ClientState };

const NO_RATCHET: GenerationSecret = { secret: new Uint8Array(), generation: 0, unusedGenerations: {} };
/** Stands where no sender can be: parents' ratchets are never used, blank leaves have none. */
export const NO_SENDER = { handshake: NO_RATCHET, application: NO_RATCHET };

/** Drops what the library keeps and nobody may use: past epochs, and ratchets of parents and blank leaves. */
function settled(mls: ClientState): ClientState {
  const isTidy =
    mls.historicalReceiverData.size === 0 &&
    mls.secretTree.every((node, i) => node === NO_SENDER || (i % 2 === 0 && mls.ratchetTree[i] !== undefined));
  if (isTidy && mls.clientConfig === CLIENT_CONFIG) return mls;
  const secretTree: SecretTree = mls.secretTree.map((node, i) =>
    i % 2 === 1 || mls.ratchetTree[i] === undefined ? NO_SENDER : node,
  );
  return { ...mls, secretTree, historicalReceiverData: new Map(), clientConfig: CLIENT_CONFIG };
}

/** Epoch of the group (RFC 9420 §8.1). */
export function epoch(state: GroupState): bigint {
  return GroupState.inside(state).mls.groupContext.epoch;
}

export function conversationOf(state: GroupState): ConversationId {
  return conversationIdOf(GroupState.inside(state).mls.groupContext.groupId);
}

/** One's own place in the tree. */
export function ownLeafIndex(state: GroupState): number {
  return GroupState.inside(state).mls.privatePath.leafIndex;
}

/** The devices of the group, in order of their leaves. */
export function members(state: GroupState): readonly Leaf[] {
  const leaves = leavesOf(GroupState.inside(state).mls.ratchetTree);
  if (leaves === undefined) throw new Error("a group state with a leaf of foreign form");
  return leaves;
}

const leavesCache = new WeakMap<RatchetTree, readonly Leaf[] | "bad">();

/** Leaves of a tree, or undefined if one isn't of our form. Trees are never changed in place, so each is read once. */
export function leavesOf(tree: RatchetTree): readonly Leaf[] | undefined {
  let leaves = leavesCache.get(tree);
  if (leaves === undefined) leavesCache.set(tree, (leaves = readLeaves(tree) ?? "bad"));
  return leaves === "bad" ? undefined : leaves;
}

/** The agreed kind, accounts, roles and policy. */
export function extensionOf(state: GroupState): ConversationExtension {
  const extension = readExtensions(GroupState.inside(state).mls.groupContext.extensions);
  if (extension === undefined) throw new Error("a group state with foreign extensions");
  return extension;
}

/** The canonical roster of this epoch, as the delivery service is to see it. */
export function rosterOf(state: GroupState): Uint8Array {
  return encodeRoster(rosterOfGroup(extensionOf(state), members(state)));
}

/** A secret of this epoch that all its members share and nobody else (RFC 9420 §8.5). `length` in bytes. */
export function exportSecret(
  state: GroupState,
  label: string,
  context: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  const { mls, provider } = GroupState.inside(state);
  return mlsExporter(mls.keySchedule.exporterSecret, label, context, length, provider.suite);
}

/** 64 bytes that only those who share this very epoch know (RFC 9420 §8.7). */
export function epochAuthenticator(state: GroupState): Uint8Array {
  return GroupState.inside(state).mls.keySchedule.epochAuthenticator.slice();
}
