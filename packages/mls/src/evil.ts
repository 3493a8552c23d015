/** For tests: a member without our policy, who can send whatever the library can be made to sign (docs/threat-model.md). */
import type { ConversationExtension, Evidence } from "@sotto/protocol";
import {
  type CiphersuiteImpl,
  createCommit,
  encodeMlsMessage,
  joinGroupExternal,
  type PrivateMessage,
  type Proposal,
} from "ts-mls";
import { createContentCommitSignature } from "ts-mls/framedContent.js";
import { type KeyPackage, signKeyPackage } from "ts-mls/keyPackage.js";
import { type LeafNodeKeyPackage, signLeafNodeKeyPackage } from "ts-mls/leafNode.js";
import { proposeAddExternal } from "ts-mls/externalProposal.js";
import { decryptSenderData, encodePrivateContentAAD, encryptSenderData } from "ts-mls/privateMessage.js";
import { ratchetToGeneration } from "ts-mls/secretTree.js";
import type { SenderData } from "ts-mls/sender.js";
import { announce } from "./bundle.ts";
import { CLIENT_CONFIG } from "./client-config.ts";
import { NO_LIFETIME } from "./create-group.ts";
import { extensionOf, GroupState, members } from "./group-state.ts";
import { sameIdentity } from "./identity.ts";
import { generate } from "./key-package.ts";
import { readLeaf } from "./leaf.ts";
import { type ClientState, type LeafNode, readGroupInfo, readMessage } from "./library.ts";
import type { Actor } from "./testing.ts";

const BELIEVES_ALL = { ...CLIENT_CONFIG, authService: { validateCredential: async () => true } };

export type Evil = {
  proposals: Proposal[];
  /** What the roster says; the truth unless told. */
  extension?: ConversationExtension;
  evidence?: Evidence[];
  /** Bends the state from which the commit is made. */
  bend?: (mls: ClientState) => ClientState;
  /** Bends the cryptography that makes it. */
  suite?: ((suite: CiphersuiteImpl) => CiphersuiteImpl) | undefined;
  asPublicMessage?: boolean;
};

/** A commit of a member, signed and encrypted as it should be, whatever it holds. */
export async function evilCommit(state: GroupState, { proposals, evidence = [], ...evil }: Evil) {
  const { provider, mls } = GroupState.inside(state);
  const suite = evil.suite?.(provider.suite) ?? provider.suite;
  const gone = proposals.flatMap((each) =>
    each.proposalType === "remove" && "remove" in each ? [each.remove.removed] : [],
  );
  const come = proposals.flatMap((each) =>
    each.proposalType === "add" && "add" in each ? [readLeaf(each.add.keyPackage.leafNode)] : [],
  );
  const leaves = [
    ...members(state).filter(({ leafIndex }) => !gone.includes(leafIndex)),
    ...come.filter((leaf) => leaf !== undefined),
  ];
  const { roster, authenticatedData } = announce(evil.extension ?? extensionOf(state), leaves, evidence);
  const { commit } = await createCommit(
    { state: { ...(evil.bend?.(mls) ?? mls), clientConfig: BELIEVES_ALL }, cipherSuite: suite },
    { extraProposals: proposals, authenticatedData, wireAsPublicMessage: evil.asPublicMessage ?? false },
  );
  return { commit: encodeMlsMessage(commit), roster };
}

export type EvilJoin = {
  groupInfo: Uint8Array;
  state: GroupState;
  /** Takes this leaf away, as if it were an older one of one's own. */
  remove?: number;
  /** Changes the proposals before they are signed. */
  proposals?: (proposals: Proposal[]) => Proposal[];
  withoutPath?: boolean;
};

/** An external commit, signed as it should be, whatever it holds. */
export async function evilJoin(who: Actor, { groupInfo, state, remove, proposals, withoutPath = false }: EvilJoin) {
  const { suite } = who.provider;
  const info = readGroupInfo(groupInfo)!;
  const { ratchetTree } = GroupState.inside(state).mls;
  const gone = members(state).find(({ leafIndex }) => leafIndex === remove);
  const { roster, authenticatedData } = announce(
    extensionOf(state),
    [...members(state).filter((each) => each !== gone), who],
    [],
  );
  const own = await generate({ ...who, lifetime: NO_LIFETIME });
  const aim = (_: KeyPackage, leaf: LeafNode) =>
    gone !== undefined && sameIdentity(readLeaf(leaf)!.identity, gone.identity);
  const keyPackageEqualityConfig = { ...CLIENT_CONFIG.keyPackageEqualityConfig, compareKeyPackageToLeafNode: aim };
  const config = { ...CLIENT_CONFIG, keyPackageEqualityConfig };
  const { publicMessage } = await joinGroupExternal(
    info,
    own.publicPackage,
    own.privatePackage,
    gone !== undefined,
    suite,
    ratchetTree,
    config,
    authenticatedData,
  );
  if (publicMessage.content.contentType !== "commit" || publicMessage.auth.contentType !== "commit")
    throw new Error("not a commit");
  if (proposals === undefined && !withoutPath) {
    return { commit: encodeMlsMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage }), roster };
  }
  const { commit } = publicMessage.content;
  const inline = commit.proposals.flatMap((each) => (each.proposalOrRefType === "proposal" ? [each.proposal] : []));
  const changed = (proposals?.(inline) ?? inline).map((proposal) => ({
    proposalOrRefType: "proposal" as const,
    proposal,
  }));
  const sender = { senderType: "new_member_commit" as const };
  const path = withoutPath ? undefined : commit.path;
  const { framedContent, signature } = await createContentCommitSignature(
    info.groupContext,
    "mls_public_message",
    { proposals: changed, path },
    sender,
    authenticatedData,
    who.leafKey.privateKey,
    suite.signature,
  );
  const { confirmationTag } = publicMessage.auth;
  const content = { ...framedContent, sender };
  const auth = { contentType: "commit" as const, signature, confirmationTag };
  const message = { ...sender, content, auth };
  return {
    commit: encodeMlsMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage: message }),
    roster,
  };
}

export function privateMessageOf(bytes: Uint8Array): PrivateMessage {
  const message = readMessage(bytes);
  if (message?.wireformat !== "mls_private_message") throw new Error("not a private message");
  return message.privateMessage;
}

/** Where a message of the state's epoch says that it stands. */
export async function senderData(state: GroupState, bytes: Uint8Array): Promise<SenderData> {
  const { provider, mls } = GroupState.inside(state);
  const data = await decryptSenderData(privateMessageOf(bytes), mls.keySchedule.senderDataSecret, provider.suite);
  if (data === undefined) throw new Error("no sender data");
  return data;
}

/** The same message under other sender data: every member holds the key for that. */
export async function withSenderData(
  state: GroupState,
  bytes: Uint8Array,
  change: Partial<SenderData>,
): Promise<Uint8Array> {
  const { provider, mls } = GroupState.inside(state);
  const privateMessage = privateMessageOf(bytes);
  const data = { ...(await senderData(state, bytes)), ...change };
  const encryptedSenderData = await encryptSenderData(
    mls.keySchedule.senderDataSecret,
    data,
    privateMessage,
    privateMessage.ciphertext,
    provider.suite,
  );
  return encodeMlsMessage({
    version: "mls10",
    wireformat: "mls_private_message",
    privateMessage: { ...privateMessage, encryptedSenderData },
  });
}

/**
 * Somebody else's post, with their signature, encrypted anew under a key that their ratchet would have given them next: every member
 * holds those secrets (RFC 9750 §8.6).
 */
export async function rewrapped(state: GroupState, bytes: Uint8Array): Promise<Uint8Array> {
  const { provider, mls } = GroupState.inside(state);
  const { hpke } = provider.suite;
  const privateMessage = privateMessageOf(bytes);
  const aad = encodePrivateContentAAD(privateMessage);
  const data = await senderData(state, bytes);
  const { keyRetentionConfig } = CLIENT_CONFIG;
  const old = await ratchetToGeneration(mls.secretTree, data, "application", keyRetentionConfig, provider.suite);
  const content = await hpke.decryptAead(old.key, old.nonce, aad, privateMessage.ciphertext);
  const later = { ...data, generation: data.generation + 1 };
  const fresh = await ratchetToGeneration(mls.secretTree, later, "application", keyRetentionConfig, provider.suite);
  const ciphertext = await hpke.encryptAead(fresh.key, fresh.nonce, aad, content);
  const encryptedSenderData = await encryptSenderData(
    mls.keySchedule.senderDataSecret,
    later,
    privateMessage,
    ciphertext,
    provider.suite,
  );
  return encodeMlsMessage({
    version: "mls10",
    wireformat: "mls_private_message",
    privateMessage: { ...privateMessage, ciphertext, encryptedSenderData },
  });
}

/** What anybody who saw a GroupInfo can make: a proposal that asks to be added (RFC 9420 §12.1.8). */
export async function externalAdd(who: Actor, groupInfo: Uint8Array): Promise<Uint8Array> {
  const own = await generate({ ...who, lifetime: { notBefore: 0n, notAfter: 2n ** 40n } });
  return encodeMlsMessage(
    await proposeAddExternal(readGroupInfo(groupInfo)!, own.publicPackage, own.privatePackage, who.provider.suite),
  );
}

/** A key package with another leaf or init key, signed by its owner all the same. */
export async function resigned(
  who: Actor,
  change: { leaf?: Partial<LeafNodeKeyPackage>; keyPackage?: Partial<KeyPackage> },
): Promise<KeyPackage> {
  const { publicPackage } = await generate({ ...who, lifetime: { notBefore: 0n, notAfter: 2n ** 40n } });
  const { signature } = who.provider.suite;
  const leaf = { ...publicPackage.leafNode, ...change.leaf };
  const leafNode = await signLeafNodeKeyPackage(leaf, who.leafKey.privateKey, signature);
  return signKeyPackage({ ...publicPackage, ...change.keyPackage, leafNode }, who.leafKey.privateKey, signature);
}
