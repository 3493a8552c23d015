import * as v from "valibot";

/** What to do about a failure: nothing helps, trying again is safe, or a person has to act. */
export type Remedy = { kind: "none" } | { kind: "retry"; afterMs?: number } | { kind: "person"; do: string };

/**
 * Every code of every error that someone may meet (docs/errors.md). Codes are contract: never renamed, never reused.
 * Code that decides branches on codes, never on the text of a message.
 */
export const ERROR_CODES = [
  // delivery service
  "request/malformed",
  "request/too-large",
  "request/unknown-operation",
  "request/too-many",
  "request/not-signed-in",
  "request/unavailable",
  "request/timeout",
  "account/name-taken",
  "account/name-invalid",
  "account/unknown",
  "account/closed",
  "account/sign-in-failed",
  "account/bad-statement",
  "account/clock-off",
  "account/chain-full",
  "account/stale-chain",
  "account/too-many-devices",
  "account/sign-up-closed",
  "account/recovery-failed",
  "account/reset-code-wrong",
  "account/replaced",
  "vault/stale",
  "reclaim/too-early",
  "link/unknown",
  "session/bad-signature",
  "session/wrong-origin",
  "session/device-revoked",
  "session/expired",
  "key-package/none-left",
  "key-package/too-many",
  "conversation/unknown",
  "conversation/exists",
  "conversation/stale-epoch",
  "conversation/not-a-member",
  "conversation/forbidden-change",
  "conversation/bundle-invalid",
  "conversation/tree-chunk-missing",
  "conversation/full",
  "conversation/self-exists",
  "direct/exists",
  "room/name-taken",
  "room/unknown",
  "invite/unknown",
  "invite/too-many",
  // client
  "password/too-weak",
  "password/cost-refused",
  "vault/unreadable",
  "vault/missing",
  "vault/foreign",
  "vault/rolled-back",
  "recovery-key/malformed",
  "recovery-key/confirmed",
  "link/expired",
  "link/mismatch",
  "device/cloned",
  "trust/mismatch",
  "chain/invalid",
  "chain/rolled-back",
  "chain/forked",
  "chain/revoked",
  "store/unreadable",
  "store/in-use",
  "store/unavailable",
  "connection/unreachable",
  "connection/insecure-context",
  "conversation/frozen",
  "conversation/fork",
  "conversation/clone",
  "conversation/identity-changed",
  "conversation/left",
  "conversation/hand-over-first",
  "post/too-large",
  "post/empty",
  "post/not-found",
  "post/not-yours",
  "post/not-allowed",
  "post/too-many-pins",
  "poll/malformed",
  "poll/closed",
  "member/not-addable",
  "member/no-such-person",
  "member/already",
  "member/blocked",
  "member/banned",
  "invite/malformed",
  "picture/invalid",
  "archive/keys-missing",
  "decrypt/malformed",
  "decrypt/wrong-epoch-key",
  "decrypt/wrong-sender-key",
  "decrypt/changed",
  "decrypt/wrong-signature",
  // start-up of the server
  "config/invalid",
  "config/port-in-use",
  "config/data-in-use",
  "internal/unexpected",
] as const;
export const ErrorCode = v.picklist(ERROR_CODES);
export type ErrorCode = v.InferOutput<typeof ErrorCode>;

/** A failure that someone may meet: a stable code, a sentence that says what happened, and what to do. */
export class SottoError extends Error {
  readonly code: ErrorCode;
  readonly remedy: Remedy;
  constructor(code: ErrorCode, sentence: string, remedy: Remedy = { kind: "none" }) {
    super(sentence);
    this.name = "SottoError";
    this.code = code;
    this.remedy = remedy;
  }
}

/** A refusal as it travels from the delivery service. `detail` carries ids and numbers, never text for people. */
export const Refusal = v.strictObject({
  code: ErrorCode,
  message: v.pipe(v.string(), v.maxLength(500)),
  retryAfterMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** direct/exists, conversation/self-exists and room/name-taken: the conversation that won. */
  conversation: v.optional(v.string()),
  /** conversation/stale-epoch: seq of the latest commit entry. */
  latestCommit: v.optional(v.number()),
});
export type Refusal = v.InferOutput<typeof Refusal>;
