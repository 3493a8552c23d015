export {
  createProvider,
  generateLeafKey,
  type LeafKey,
  type Primitives,
  type Provider,
  type ProviderOptions,
} from "./provider.ts";
export { generateSealKeyPair, openSealed, sealTo, type Sealed, type SealKeyPair } from "./sealing.ts";
export type { LeafIdentity } from "./identity.ts";
export type { ChainJudge } from "./judge.ts";
export type { Leaf } from "./leaf.ts";
export {
  type BadKeyPackage,
  type CheckedKeyPackage,
  checkKeyPackage,
  createKeyPackage,
  type KeyPackageRequest,
  type Lifetime,
  type NewKeyPackage,
} from "./key-package.ts";
export { createGroup, type NewGroup } from "./create-group.ts";
export {
  conversationOf,
  epoch,
  epochAuthenticator,
  exportSecret,
  extensionOf,
  type GroupState,
  members,
  ownLeafIndex,
  rosterOf,
} from "./group-state.ts";
export { groupInfo } from "./bundle.ts";
export { type CommitRequest, createCommit, type MadeCommit, type RefusedCommit } from "./create-commit.ts";
export { type CommitContext, type SkipReason, stageCommit, type Staged, type StagedCommit } from "./stage.ts";
export {
  type Change,
  type GroupView,
  judgeCommit,
  type Judgement,
  LEAVE_EPOCHS_MAX,
  type PolicyRefusal,
} from "./policy.ts";
export { joinByWelcome, type Joined, welcomeReferences, type WelcomeRequest } from "./join-by-welcome.ts";
export { createExternalCommit, type ExternalRequest, type MadeExternalCommit } from "./external-commit.ts";
export { type JoinRefusal, peekGroupInfo, type UnverifiedGroupInfo } from "./group-info.ts";
export {
  advanceAfterDrop,
  open,
  type OpenedPost,
  type OwnEcho,
  type RefusedPost,
  seal,
  type VerifiedSender,
} from "./posts.ts";
export {
  type ArchivedPost,
  type ArchiveReader,
  epochKeyRecord,
  openArchive,
  senderKeyRecord,
  senderOf,
} from "./archive.ts";
export {
  aboutEpochKey,
  aboutSenderKey,
  joinEpochKey,
  readByHand,
  splitEpochKey,
  type AboutEpoch,
  type AboutSender,
  type ReadByHand,
} from "./archive-keys.ts";
export { decodeRows, encodeRows, type RowChanges, type RowKey } from "./rows.ts";
export { treeChunks } from "./tree.ts";
export { epochOfMessage } from "./message-epoch.ts";
