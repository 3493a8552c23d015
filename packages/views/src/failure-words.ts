import type { Failure } from "@sotto/engine";
import { ERROR_CODES } from "@sotto/protocol";
import type { ErrorCode } from "@sotto/protocol";

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

const UNREACHABLE: FailureWords = {
  what: "The server isn't answering.",
  next: "What you typed is kept. Check the connection, then try again.",
};
const WRONG_SERVER: FailureWords = {
  what: "The server's answer doesn't make sense, so it was refused.",
  next: "Reload the page. If it stays, tell whoever runs this server.",
};
const IDENTITY: FailureWords = {
  what: "The keys that the server gave out for this person don't verify, so they were refused.",
  next: "Nothing was sent. Ask them on another way whether something changed.",
};

const WORDS: Partial<Record<ErrorCode, FailureWords>> = {
  "connection/unreachable": UNREACHABLE,
  "request/timeout": UNREACHABLE,
  "request/unavailable": { what: "The server is starting or stopping.", next: "Try again in a few seconds." },
  "request/malformed": WRONG_SERVER,
  "request/unknown-operation": {
    what: "The server doesn't know this yet: it runs another version.",
    next: "Reload the page, then try again.",
  },
  "request/too-large": { what: "This is larger than the server accepts.", next: "Send it in parts." },
  "request/too-many": { what: "Too many tries.", next: "Wait a moment, then try again." },
  "request/not-signed-in": { what: "Nobody is signed in here.", next: "Sign in again." },
  "connection/insecure-context": {
    what: "This browser only gives keys to pages that came over HTTPS.",
    next: "Open this page over HTTPS.",
  },
  "account/name-taken": { what: "Someone here already has this name.", next: "Choose another one." },
  "account/name-invalid": {
    what: "A username has 3 to 32 of the characters a to z, 0 to 9, dot and underscore.",
    next: "",
  },
  "account/sign-up-closed": { what: "This server takes no new accounts.", next: "Ask whoever runs it." },
  "account/sign-in-failed": {
    what: "That username and password don't open an account here.",
    next: "Check capitals and keyboard layout, then try again.",
  },
  "account/unknown": {
    what: "That username and password don't open an account here.",
    next: "Check capitals and keyboard layout, then try again.",
  },
  "account/closed": { what: "This account was closed.", next: "" },
  "account/too-many-devices": {
    what: "This account is signed in on 10 devices, and more are not possible.",
    next: "Sign one of them out, on a device that you still have. If none is left, use your recovery key: that makes room.",
  },
  "account/clock-off": {
    what: "This device's clock is too far from the server's, so nothing was changed.",
    next: "Set its date and time, then try again.",
  },
  "account/chain-full": {
    what: "This account's devices and keys have changed as often as they can.",
    next: "Go on with the devices that you have. They can still be signed out, and the account deleted.",
  },
  "account/recovery-failed": {
    what: "That recovery key doesn't open this account.",
    next: "Check the username, and that it is the newest key: changing it ends the one before.",
  },
  "account/reset-code-wrong": {
    what: "That code doesn't work for this name: it is wrong, used already, or older than a day.",
    next: "Ask whoever runs this server for a new one.",
  },
  "account/replaced": {
    what: "The owner of this server gave this name to another account.",
    next: "What is on this device stays readable.",
  },
  "vault/stale": { what: "Your account changed on another device at the same moment.", next: "Try again." },
  "vault/rolled-back": {
    what: "The server gave out an older state of your keys than this device has seen, so it was refused.",
    next: "Tell whoever runs this server.",
  },
  "reclaim/too-early": {
    what: "Your other devices still have time to object.",
    next: "Come back when the 24 hours are over.",
  },
  "recovery-key/malformed": {
    what: "This is not a recovery key: a character is wrong or missing.",
    next: "Compare it group by group. It never contains I, L, O or U.",
  },
  "recovery-key/confirmed": {
    what: "You have confirmed that this key is saved, so it is nowhere but with you.",
    next: "If it is lost, make a new one.",
  },
  "link/unknown": {
    what: "No device is waiting under that code.",
    next: "A code works once, for a minute: show a new one on the new device.",
  },
  "link/expired": {
    what: "The time for linking is over. Nothing was changed.",
    next: "Begin again on the new device.",
  },
  "link/mismatch": {
    what: "The two devices don't see the same thing, so somebody may be between them. Nothing was changed.",
    next: "Begin again, on a network that you trust.",
  },
  "device/cloned": {
    what: "Another copy of this device is at work. Sending is stopped here.",
    next: "Sign in again: this browser becomes a new device.",
  },
  "trust/mismatch": {
    what: "That is not the code of this person's keys as this device knows them.",
    next: "Don't share anything private here. Meet or call them another way, then try again.",
  },
  "conversation/identity-changed": {
    what: "The keys of somebody whom you verified changed. Sending is paused.",
    next: "Choose in the conversation how to go on.",
  },
  "conversation/self-exists": WRONG_SERVER,
  "archive/keys-missing": {
    what: "The keys of this message aren't on this device.",
    next: "Without them it can't be opened by hand.",
  },
  "account/bad-statement": IDENTITY,
  "account/stale-chain": { what: "Your account changed on another device at the same moment.", next: "Try again." },
  "session/device-revoked": {
    what: "This device was signed out from another one.",
    next: "What is here stays readable. Sign in again to write.",
  },
  "session/wrong-origin": {
    what: "This server doesn't expect to be opened under this address.",
    next: "Open it under its own address, or ask whoever runs it to add this one.",
  },
  "session/expired": { what: "The session ended.", next: "Reload the page." },
  "password/too-weak": { what: "That password is too easy to guess.", next: "Try four unrelated words." },
  "password/cost-refused": {
    what: "The server asked to protect your password less than this app allows, so nothing was sent.",
    next: "Tell whoever runs this server.",
  },
  "vault/unreadable": { what: "Your account's keys came back damaged and can't be opened.", next: "Try again." },
  "vault/missing": { what: "The server has lost the keys of this account.", next: "Tell whoever runs this server." },
  "vault/foreign": { what: "The server gave out the keys of another account, so they were refused.", next: "" },
  "chain/invalid": IDENTITY,
  "chain/rolled-back": IDENTITY,
  "chain/forked": IDENTITY,
  "chain/revoked": { what: "That device was signed out by its owner.", next: "" },
  "store/unreadable": {
    what: "What Sotto keeps on this device can't be read any more.",
    next: "Nothing on the server is lost. Sign in again.",
  },
  "store/in-use": { what: "Another tab is using Sotto's data on this device.", next: "Close it, then reload." },
  "store/unavailable": { what: "This browser gives Sotto no place to keep things.", next: "" },
  "conversation/unknown": { what: "This conversation isn't here any more.", next: "" },
  "conversation/not-a-member": { what: "You are not in this conversation any more.", next: "" },
  "conversation/left": { what: "You are not in this conversation any more.", next: "" },
  "conversation/forbidden-change": { what: "Only an admin of this conversation can do that.", next: "" },
  "conversation/bundle-invalid": {
    what: "What the server holds of this conversation doesn't verify, so it was refused.",
    next: "Try again later.",
  },
  "conversation/full": { what: "No more people fit into this conversation.", next: "" },
  "conversation/frozen": {
    what: "This conversation can't be followed from here at the moment. Sending is stopped.",
    next: "Sotto tries to join it again by itself.",
  },
  "conversation/fork": {
    what: "The server shows you another conversation than it shows others. Sending is stopped.",
    next: "Ask the others on another way.",
  },
  "conversation/clone": {
    what: "Another copy of this device is writing in your name. Sending is stopped.",
    next: "Sign out here and sign in again.",
  },
  "room/name-taken": { what: "There is a room of this name already.", next: "Join it, or choose another name." },
  "room/unknown": { what: "There is no room of this name on this server.", next: "Check the spelling, or create it." },
  "post/too-large": { what: "This is longer than a message may be.", next: "Send it in parts." },
  "post/empty": { what: "There is nothing to send yet.", next: "" },
  "member/no-such-person": {
    what: "Nobody on this server has that username.",
    next: "Check the spelling: usernames have to be exact.",
  },
  "member/not-addable": { what: "This person can't be added.", next: "Ask them to open Sotto once, then try again." },
  "member/already": { what: "This person is here already.", next: "" },
  "internal/unexpected": {
    what: "Something went wrong that shouldn't have.",
    next: "What you typed is kept. Try again, and reload the page if it stays.",
  },
};

function inSeconds(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return `${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  const minutes = Math.ceil(seconds / 60);
  return `${minutes} minutes`;
}

/** A failure in words, chosen by its code alone. */
export function failureWords(failure: Failure): FailureWords {
  const words = WORDS[failure.code];
  const { remedy } = failure;
  if (words === undefined)
    return { what: failure.message || "That didn't work.", next: remedy.kind === "person" ? remedy.do : "" };
  if (failure.code === "request/too-many" && remedy.kind === "retry" && remedy.afterMs !== undefined)
    return { what: words.what, next: `Wait ${inSeconds(remedy.afterMs)}, then try again.` };
  return words;
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
      return "Not sent. No connection.";
    case "request/too-many":
      return "Not sent. Too many at once.";
    case "conversation/left":
    case "conversation/not-a-member":
      return "Not sent. You are not in this conversation any more.";
    case "conversation/identity-changed":
      return "Not sent yet. Keys changed.";
    case "device/cloned":
      return "Not sent. This device was copied.";
    case "post/too-large":
    case "request/too-large":
      return "Not sent. It is too long.";
    default:
      return "Not sent.";
  }
}
