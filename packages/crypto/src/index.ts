export * from "./verify.ts";
export { generateKeyPair, keyPairOf, type KeyPair } from "./signature.ts";
export {
  createAddDevice,
  createAddDeviceFromProofs,
  createCloseAccount,
  createGenesis,
  createRevokeDevice,
  possessionProofs,
  type Genesis,
  type PossessionProofs,
} from "./create-statements.ts";
export {
  createAnnounceReclaim,
  createCompleteReclaim,
  createRotateAccountKey,
  createRotateRecoveryKey,
} from "./create-key-changes.ts";
export type { SignMessage } from "./signed-statement.ts";
export { signSessionChallenge } from "./session-challenge.ts";
export { signRecoveryChallenge } from "./recovery-challenge.ts";
export { linkQr, parseLinkCode, type BroughtCode } from "./link-code.ts";
export {
  beginLink,
  onLinkMessageToNew,
  type LinkApplicant,
  type LinkNewDevice,
  type LinkNewDeviceStep,
} from "./link-new-device.ts";
export { askForProofs, enrolLinked, greetLink, onLinkMessageToOld, type LinkOldDevice } from "./link-old-device.ts";
export type { LinkEnrolment, NewDevice } from "./link-wire.ts";
export { keysAnswerInfo } from "./keys-answer.ts";
export { createLeave } from "./leave.ts";
export {
  INVITE_SECRET_BYTES,
  inviteIdOfSecret,
  openInvitePreview,
  openJoinRequest,
  sealInvitePreview,
  sealJoinRequest,
  type JoinAsked,
} from "./invite.ts";
export { openTyping, sealTyping, TYPING_EXPORT, type Typing, type TypingPlace } from "./typing.ts";
export { chainJudge } from "./judge.ts";
export { logHeadExtension, readLogHead } from "./log-head.ts";
export { parseRecoveryKey, printRecoveryKey, RECOVERY_KEY_BYTES, recoverySigningKey } from "./recovery-key.ts";
export {
  ARCHIVE_GENERATIONS_MAX,
  createVault,
  openVaultByPassword,
  openVaultByRecoveryKey,
  updateVault,
  type OpenVault,
  type VaultContents,
} from "./vault.ts";
export { signArchiveGeneration, verifyArchiveGeneration, type ArchiveGeneration } from "./archive-generation.ts";
export { archiveGenerationOf, openArchiveRecord, sealArchiveRecord, type ArchiveAbout } from "./archive.ts";
export { fingerprint, safetyNumber, type ChainIdentity } from "./safety-number.ts";
export { sealMaterialOfAccount, sealMaterialOfConversation, type SealMaterial } from "./seal-material.ts";
export { messageIdBytes, postIdOfContent, profileHash, roomNameHash } from "./message-id.ts";
