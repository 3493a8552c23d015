import type { ErrorCode, Refusal } from "@sotto/protocol";

/** An operation's way of saying no. */
export class Refused {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

type Detail = Omit<Refusal, "code" | "message">;

/** Says no with the one sentence that belongs to the code. @param detail  ids and numbers that a device acts on. */
export function refuse(code: keyof typeof SENTENCES, detail: Detail = {}): Refused {
  return new Refused({ code, message: SENTENCES[code], ...detail });
}

export const tooMany = (retryAfterMs: number): Refused => refuse("request/too-many", { retryAfterMs });

/** What failed may have happened or not: every operation is safe to repeat. */
export const unavailable = (): Refused => refuse("request/unavailable", { retryAfterMs: 2_000 });

const SENTENCES = {
  "request/malformed": "The server didn't understand this request.",
  "request/too-large": "This is larger than the server takes.",
  "request/unknown-operation": "The server doesn't know this operation; it may be older than this app.",
  "request/too-many": "Too many requests in a short time. Wait a moment and try again.",
  "request/not-signed-in": "This needs a signed-in device.",
  "request/unavailable": "The server can't do this right now. Try again in a moment.",
  "account/name-taken": "This username is taken.",
  "account/name-invalid": "A username has 3 to 32 characters: small letters, digits, underscore and dot.",
  "account/unknown": "There is no such account on this server.",
  "account/closed": "This account is closed.",
  "account/sign-in-failed": "The username or the password is wrong.",
  "account/bad-statement": "This statement isn't valid for this account.",
  "account/clock-off": "The time of this device is too far from the server's. Set its date and time.",
  "account/stale-chain": "The account was changed from another device meanwhile. Try again.",
  "account/too-many-devices": "This account has as many devices as it may have. Remove one first.",
  "account/sign-up-closed": "This server doesn't take new accounts.",
  "account/recovery-failed": "The username or the recovery key is wrong.",
  "account/reset-code-wrong": "This code isn't valid for this name: wrong, used, or older than a day.",
  "account/replaced": "The owner of this server gave this account's name to a new account.",
  "vault/stale": "The vault was changed from another device meanwhile. Try again.",
  "reclaim/too-early": "The other devices of this account still have time to object.",
  "link/unknown": "This link's code is wrong, used or too old. Start again on the new device.",
  "session/bad-signature": "The signature of this device doesn't fit.",
  "session/wrong-origin": "This server doesn't answer under this address. Its owner can set SOTTO_PUBLIC_URL.",
  "session/device-revoked": "This device was removed from its account.",
  "session/expired": "This took too long. Start again.",
  "key-package/too-many": "A device keeps at most 100 key packages here.",
  "conversation/unknown": "There is no such conversation.",
  "conversation/exists": "A conversation with this id exists already.",
  "conversation/stale-epoch": "The conversation has moved on. Catch up and send again.",
  "conversation/not-a-member": "This account isn't in the conversation.",
  "conversation/forbidden-change": "This account may not change the conversation like this.",
  "conversation/bundle-invalid": "The parts of this change don't fit together.",
  "conversation/tree-chunk-missing": "The server lacks a part of the group's tree. Send it whole.",
  "conversation/full": "This conversation has as many people as it may have.",
  "conversation/self-exists": "This account has a conversation with itself already.",
  "invite/unknown": "There is no such link into a conversation, or not any more.",
  "invite/too-many": "There are as many links into this conversation, or requests by them, as there may be.",
  "direct/exists": "These two people have a direct conversation already.",
  "room/name-taken": "A room with this name exists already.",
  "room/unknown": "There is no room with this name.",
} as const satisfies Partial<Record<ErrorCode, string>>;
