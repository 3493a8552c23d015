import type { Failure } from "@sotto/engine";
import { ERROR_CODES } from "@sotto/protocol";
import type { ErrorCode } from "@sotto/protocol";
import { m } from "./messages.ts";

/** What happened and what it means, then what to do. Both are whole sentences; `next` may be empty. */
export type FailureWords = { what: string; next: string };

const codes = new Set<string>(ERROR_CODES);

/** Anything that was thrown as a failure. What isn't one of ours has no words that would help a person. */
export function asFailure(thrown: unknown): Failure {
  const unknown: Failure = { code: "internal/unexpected", message: "", remedy: { kind: "retry" } };
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return unknown;
  const { code } = thrown;
  if (typeof code !== "string" || !codes.has(code)) return unknown;
  const message = "message" in thrown && typeof thrown.message === "string" ? thrown.message : "";
  return { code: code as ErrorCode, message, remedy: remedyOf(thrown) };
}

function remedyOf(thrown: object): Failure["remedy"] {
  const remedy: unknown = "remedy" in thrown ? thrown.remedy : undefined;
  if (typeof remedy !== "object" || remedy === null || !("kind" in remedy)) return { kind: "none" };
  if (remedy.kind === "retry")
    return "afterMs" in remedy && typeof remedy.afterMs === "number"
      ? { kind: "retry", afterMs: remedy.afterMs }
      : { kind: "retry" };
  if (remedy.kind === "person" && "do" in remedy && typeof remedy.do === "string")
    return { kind: "person", do: remedy.do };
  return { kind: "none" };
}

/** Not the words but who says them: the language may change. */
type Spoken = { what: () => string; next?: () => string };

const UNREACHABLE: Spoken = { what: m.failure_unreachable_what, next: m.failure_unreachable_next };
const WRONG_SERVER: Spoken = { what: m.failure_wrong_server_what, next: m.failure_wrong_server_next };
const IDENTITY: Spoken = { what: m.failure_identity_what, next: m.failure_identity_next };

const WORDS: Partial<Record<ErrorCode, Spoken>> = {
  "connection/unreachable": UNREACHABLE,
  "request/timeout": UNREACHABLE,
  "request/unavailable": { what: m.failure_request_unavailable_what, next: m.failure_request_unavailable_next },
  "request/malformed": WRONG_SERVER,
  "request/unknown-operation": {
    what: m.failure_request_unknown_operation_what,
    next: m.failure_request_unknown_operation_next,
  },
  "request/too-large": { what: m.failure_request_too_large_what, next: m.failure_next_in_parts },
  "request/too-many": { what: m.failure_request_too_many_what, next: m.failure_request_too_many_next },
  "request/not-signed-in": { what: m.failure_request_not_signed_in_what, next: m.failure_request_not_signed_in_next },
  "connection/insecure-context": {
    what: m.failure_connection_insecure_context_what,
    next: m.failure_connection_insecure_context_next,
  },
  "account/name-taken": { what: m.failure_account_name_taken_what, next: m.failure_account_name_taken_next },
  "account/name-invalid": { what: m.failure_account_name_invalid_what },
  "account/sign-up-closed": {
    what: m.failure_account_sign_up_closed_what,
    next: m.failure_account_sign_up_closed_next,
  },
  "account/sign-in-failed": {
    what: m.failure_account_sign_in_failed_what,
    next: m.failure_account_sign_in_failed_next,
  },
  "account/unknown": { what: m.failure_account_sign_in_failed_what, next: m.failure_account_sign_in_failed_next },
  "account/closed": { what: m.failure_account_closed_what },
  "account/too-many-devices": {
    what: m.failure_account_too_many_devices_what,
    next: m.failure_account_too_many_devices_next,
  },
  "account/clock-off": { what: m.failure_account_clock_off_what, next: m.failure_account_clock_off_next },
  "account/chain-full": { what: m.failure_account_chain_full_what, next: m.failure_account_chain_full_next },
  "account/recovery-failed": {
    what: m.failure_account_recovery_failed_what,
    next: m.failure_account_recovery_failed_next,
  },
  "account/reset-code-wrong": {
    what: m.failure_account_reset_code_wrong_what,
    next: m.failure_account_reset_code_wrong_next,
  },
  "account/replaced": { what: m.failure_account_replaced_what, next: m.failure_account_replaced_next },
  "vault/stale": { what: m.failure_vault_stale_what, next: m.failure_next_try_again },
  "vault/rolled-back": { what: m.failure_vault_rolled_back_what, next: m.failure_next_tell_operator },
  "reclaim/too-early": { what: m.failure_reclaim_too_early_what, next: m.failure_reclaim_too_early_next },
  "recovery-key/malformed": {
    what: m.failure_recovery_key_malformed_what,
    next: m.failure_recovery_key_malformed_next,
  },
  "recovery-key/confirmed": {
    what: m.failure_recovery_key_confirmed_what,
    next: m.failure_recovery_key_confirmed_next,
  },
  "link/unknown": { what: m.failure_link_unknown_what, next: m.failure_link_unknown_next },
  "link/expired": { what: m.failure_link_expired_what, next: m.failure_link_expired_next },
  "link/mismatch": { what: m.failure_link_mismatch_what, next: m.failure_link_mismatch_next },
  "device/cloned": { what: m.failure_device_cloned_what, next: m.failure_device_cloned_next },
  "trust/mismatch": { what: m.failure_trust_mismatch_what, next: m.failure_trust_mismatch_next },
  "conversation/identity-changed": {
    what: m.failure_conversation_identity_changed_what,
    next: m.failure_conversation_identity_changed_next,
  },
  "conversation/self-exists": WRONG_SERVER,
  "archive/keys-missing": { what: m.failure_archive_keys_missing_what, next: m.failure_archive_keys_missing_next },
  "account/bad-statement": IDENTITY,
  "account/stale-chain": { what: m.failure_vault_stale_what, next: m.failure_next_try_again },
  "session/device-revoked": {
    what: m.failure_session_device_revoked_what,
    next: m.failure_session_device_revoked_next,
  },
  "session/wrong-origin": { what: m.failure_session_wrong_origin_what, next: m.failure_session_wrong_origin_next },
  "session/expired": { what: m.failure_session_expired_what, next: m.failure_session_expired_next },
  "password/too-weak": { what: m.failure_password_too_weak_what, next: m.failure_password_too_weak_next },
  "password/cost-refused": { what: m.failure_password_cost_refused_what, next: m.failure_next_tell_operator },
  "vault/unreadable": { what: m.failure_vault_unreadable_what, next: m.failure_next_try_again },
  "vault/missing": { what: m.failure_vault_missing_what, next: m.failure_next_tell_operator },
  "vault/foreign": { what: m.failure_vault_foreign_what },
  "chain/invalid": IDENTITY,
  "chain/rolled-back": IDENTITY,
  "chain/forked": IDENTITY,
  "chain/revoked": { what: m.failure_chain_revoked_what },
  "store/unreadable": { what: m.failure_store_unreadable_what, next: m.failure_store_unreadable_next },
  "store/in-use": { what: m.failure_store_in_use_what, next: m.failure_store_in_use_next },
  "store/unavailable": { what: m.failure_store_unavailable_what },
  "conversation/unknown": { what: m.failure_conversation_unknown_what },
  "conversation/not-a-member": { what: m.failure_conversation_not_a_member_what },
  "conversation/left": { what: m.failure_conversation_not_a_member_what },
  "conversation/forbidden-change": { what: m.failure_conversation_forbidden_change_what },
  "conversation/bundle-invalid": {
    what: m.failure_conversation_bundle_invalid_what,
    next: m.failure_conversation_bundle_invalid_next,
  },
  "conversation/full": { what: m.failure_conversation_full_what },
  "conversation/frozen": { what: m.failure_conversation_frozen_what, next: m.failure_conversation_frozen_next },
  "conversation/fork": { what: m.failure_conversation_fork_what, next: m.failure_conversation_fork_next },
  "conversation/clone": { what: m.failure_conversation_clone_what, next: m.failure_conversation_clone_next },
  "room/name-taken": { what: m.failure_room_name_taken_what, next: m.failure_room_name_taken_next },
  "room/unknown": { what: m.failure_room_unknown_what, next: m.failure_room_unknown_next },
  "post/too-large": { what: m.failure_post_too_large_what, next: m.failure_next_in_parts },
  "invite/unknown": { what: m.refused_invite_unknown_what, next: m.refused_invite_unknown_next },
  "invite/too-many": { what: m.refused_invite_too_many_what, next: m.refused_invite_too_many_next },
  "invite/malformed": { what: m.refused_invite_malformed_what, next: m.refused_invite_malformed_next },
  "conversation/hand-over-first": {
    what: m.refused_conversation_hand_over_first_what,
    next: m.refused_conversation_hand_over_first_next,
  },
  "member/banned": { what: m.refused_member_banned_what, next: m.refused_member_banned_next },
  "picture/invalid": { what: m.refused_picture_invalid_what, next: m.refused_picture_invalid_next },
  "post/not-allowed": { what: m.refused_post_not_allowed_what, next: m.refused_post_not_allowed_next },
  "post/too-many-pins": { what: m.extras_too_many_pins_what, next: m.extras_too_many_pins_next },
  "poll/malformed": { what: m.extras_poll_malformed_what, next: m.extras_poll_malformed_next },
  "poll/closed": { what: m.extras_poll_closed_what },
  "post/empty": { what: m.failure_post_empty_what },
  "post/not-found": { what: m.act_not_found_what },
  "post/not-yours": { what: m.act_not_yours_what, next: m.act_not_yours_next },
  "member/no-such-person": { what: m.failure_member_no_such_person_what, next: m.failure_member_no_such_person_next },
  "member/not-addable": { what: m.failure_member_not_addable_what, next: m.failure_member_not_addable_next },
  "member/already": { what: m.failure_member_already_what },
  "internal/unexpected": { what: m.failure_internal_unexpected_what, next: m.failure_internal_unexpected_next },
};

function inSeconds(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 90 ? m.failure_seconds({ count: seconds }) : m.failure_minutes({ count: Math.ceil(seconds / 60) });
}

/** A failure in words, chosen by its code alone. */
export function failureWords(failure: Failure): FailureWords {
  const spoken = WORDS[failure.code];
  const { remedy } = failure;
  if (spoken === undefined)
    return { what: failure.message || m.failure_unknown(), next: remedy.kind === "person" ? remedy.do : "" };
  if (failure.code === "request/too-many" && remedy.kind === "retry" && remedy.afterMs !== undefined)
    return { what: spoken.what(), next: m.failure_wait({ time: inSeconds(remedy.afterMs) }) };
  return { what: spoken.what(), next: spoken.next?.() ?? "" };
}

export function failureSentence(failure: Failure): string {
  const { what, next } = failureWords(failure);
  return next === "" ? what : `${what} ${next}`;
}

/** Why a post was not sent, in the few words that fit under it. */
export function notSentBecause(failure: Failure): string {
  switch (failure.code) {
    case "connection/unreachable":
    case "request/timeout":
    case "request/unavailable":
      return m.failure_not_sent_offline();
    case "request/too-many":
      return m.failure_not_sent_too_many();
    case "conversation/left":
    case "conversation/not-a-member":
      return m.failure_not_sent_left();
    case "conversation/identity-changed":
      return m.failure_not_sent_keys_changed();
    case "device/cloned":
      return m.failure_not_sent_cloned();
    case "post/too-large":
    case "request/too-large":
      return m.failure_not_sent_too_long();
    default:
      return m.failure_not_sent();
  }
}
