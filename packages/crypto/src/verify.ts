/** What the delivery service may know of this package: hashes, signatures, chain checks. No key that opens content. */
export { sha256 } from "./hash.ts";
export {
  decodeChain,
  encodeChain,
  everBound,
  extendsChain,
  hasHead,
  isActiveDevice,
  verifyChain,
  type ChainDevice,
  type ChainInvalid,
  type ChainVerdict,
  type Extension,
  type PendingReclaim,
  type VerifiedChain,
} from "./chain.ts";
export { reclaimCompletesAt } from "./follow-statement.ts";
export { deviceIdOfKeys } from "./statement.ts";
export { sessionChallengeMessage, verifySessionChallenge, type SessionChallenge } from "./session-challenge.ts";
export { verifyRecoveryChallenge, type RecoveryChallenge } from "./recovery-challenge.ts";
export { isLeaveStatement, readLeave, verifyLeave, type Leave } from "./leave.ts";
export { entryHash, nextHead } from "./log-head.ts";
