/**
 * Every label that separates one use of a key or a hash from another. A signature, hash or key made for one purpose means
 * nothing for any other: the label is the beginning of what is signed or hashed, no label is the beginning of another (a test
 * holds that), so inputs of two purposes are never equal. A label is never given a second meaning.
 */
export const LABEL = {
  /** Signatures of the account key, or of the revoked device itself, on statements of the identity chain. */
  chainStatement: "sotto chain statement v1:",
  /** Hash of a whole statement: what the next one points to. */
  statementHash: "sotto chain hash v1:",
  accountId: "sotto account id v1:",
  deviceId: "sotto device id v1:",
  /** A device's two keys each show that their owner agreed to stand in this chain. */
  signInPossession: "sotto sign-in key possession v1:",
  leafPossession: "sotto leaf key possession v1:",
  /** A new account key and a new recovery key likewise. */
  accountKeyPossession: "sotto account key possession v1:",
  recoveryKeyPossession: "sotto recovery key possession v1:",
  /** What the recovery key's signing half signs to be let in without the password. */
  recoveryChallenge: "sotto recovery challenge v1:",
  /** What the sign-in key signs whenever it connects; nothing else after its proof of possession. */
  sessionChallenge: "sotto session challenge v1:",
  /** Signatures of the leaf key outside MLS. */
  leave: "sotto leave v1:",
  vaultPasswordWrap: "sotto vault password wrap v1:",
  vaultRecoveryWrap: "sotto vault recovery wrap v1:",
  vaultContent: "sotto vault content v1:",
  archiveRecord: "sotto archive record v1:",
  /** The account key vouches for the key of a generation of the archive. */
  archiveGeneration: "sotto archive generation v1:",
  /** Inside every sealed box: one half of the derived bytes encrypts, the other commits to the key. */
  boxKeys: "sotto box keys v1:",
  recoverySigningKey: "sotto recovery signing key v1:",
  recoveryWrappingKey: "sotto recovery wrapping key v1:",
  recoveryChecksum: "sotto recovery checksum v1:",
  passwordWrappingKey: "sotto password wrapping key v1:",
  /** Linking a device: what it commits to, what both derive from the exchange, the digits, and what they then seal. */
  linkCommitment: "sotto link commitment v1:",
  linkKeys: "sotto link keys v1:",
  linkDigits: "sotto link digits v1:",
  linkMessage: "sotto link message v1:",
  /** What keys of past epochs are sealed for, when a member gives them to another. */
  keysAnswer: "sotto keys answer v1:",
  /** Who is writing now: what its device signs, and what is sealed for the members of an epoch. */
  typing: "sotto typing v1:",
  typingBox: "sotto typing box v1:",
  safetyNumber: "sotto safety number v1:",
  fingerprint: "sotto fingerprint v1:",
  logHead: "sotto log head v1:",
  /** By it a group agrees on the public name of its open room. */
  roomName: "sotto room name v1:",
  /** Of a link into a conversation: its id, its key, and what is sealed under that. */
  inviteId: "sotto invite id v1:",
  inviteKey: "sotto invite key v1:",
  invitePreview: "sotto invite preview v1:",
  joinRequest: "sotto join request v1:",
  sealId: "sotto seal id v1",
  sealKey: "sotto seal key v1",
} as const;

export type Label = (typeof LABEL)[keyof typeof LABEL];
