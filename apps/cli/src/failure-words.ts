import type { Failure } from "@sotto/engine";
import type { ErrorCode } from "@sotto/protocol";
import { asFailure, failureWords, type FailureWords } from "@sotto/views";
import { EXIT, Interrupted, Stop, exitOf, type Exit } from "./exit.ts";
import { writeLine, type Io } from "./io.ts";
import { safeLine } from "./text.ts";

/** Where the words for a page in a browser don't fit a terminal. */
const TERMINAL_WORDS: Partial<Record<ErrorCode, FailureWords>> = {
  "store/in-use": {
    what: "Another sotto is using the data of this device.",
    next: "End it, or give this one a folder of its own: --home <folder>.",
  },
  "store/unavailable": {
    what: "The folder of this device can't be read or written.",
    next: "Look at its permissions and whether the disk is full.",
  },
  "request/not-signed-in": { what: "Nobody is signed in here.", next: "Sign in: sotto sign-in <username>." },
  "session/device-revoked": {
    what: "This device was signed out from another one.",
    next: "What it holds can still be read. To use it again: sotto sign-out, then sotto sign-in.",
  },
  "account/closed": { what: "This account was closed.", next: "To erase this device: sotto sign-out." },
  "session/expired": { what: "The session ended.", next: "Try again." },
  "session/wrong-origin": {
    what: "This server doesn't expect to be reached under this address.",
    next: "Use its own address with --server, or ask whoever runs it to add this one.",
  },
  "request/malformed": {
    what: "The server and this program don't understand each other, so nothing was done.",
    next: "Update sotto. If it stays, tell whoever runs this server.",
  },
  "request/unknown-operation": {
    what: "The server doesn't know this yet: it runs another version.",
    next: "Update sotto or the server.",
  },
  "account/clock-off": {
    what: "This computer's clock is too far from the server's, so nothing was changed.",
    next: "Set its date and time, then try again.",
  },
  "account/too-many-devices": {
    what: "This account is signed in on 10 devices, and more are not possible.",
    next: "On one that you still have: sotto devices, then sotto devices revoke <device>. None left: sotto recover makes room.",
  },
  "conversation/self-exists": {
    what: "The server and this program don't understand each other, so nothing was done.",
    next: "Try again. If it stays, tell whoever runs this server.",
  },
  "recovery-key/confirmed": {
    what: "You have confirmed that this key is saved, so it is nowhere but with you.",
    next: "If it is lost, make a new one: sotto recovery-key --change.",
  },
  "link/unknown": {
    what: "No device is waiting under that code.",
    next: "A code works once, for a minute: show a new one on the new device.",
  },
  "device/cloned": {
    what: "Another copy of this device is at work, or its disk was put back. Sending is stopped here.",
    next: "Sign in again, and this becomes a new device: sotto sign-out, then sotto sign-in.",
  },
  "conversation/identity-changed": {
    what: "The keys of somebody whom you verified changed. Sending is paused.",
    next: "Compare again: sotto verify @username. Or go on unverified: sotto send --unverified.",
  },
  "decrypt/malformed": {
    what: "This is no entry, or these are no keys: it can't even be read.",
    next: "Copy the entry and both keys whole, as the panel shows them.",
  },
  "decrypt/wrong-epoch-key": {
    what: "The epoch key doesn't fit this entry: it opens another epoch, or another conversation.",
    next: "Copy the epoch key that is shown beside this very entry.",
  },
  "decrypt/wrong-sender-key": {
    what: "The sender key doesn't fit this entry: it is another sender's, or of another epoch.",
    next: "Copy the sender key that is shown beside this very entry.",
  },
  "decrypt/changed": {
    what: "The keys fit, but the entry was changed: at least one byte isn't what its sender sealed.",
    next: "Copy it once more. If it stays so, whoever held it changed it.",
  },
  "decrypt/wrong-signature": {
    what: "It opens, but it wasn't signed by the device that it names: somebody who knew the keys made it.",
    next: "Don't believe what is in it.",
  },
  "internal/unexpected": { what: "Something went wrong that shouldn't have.", next: "Try again." },
};

const UNREACHABLE: readonly ErrorCode[] = ["connection/unreachable", "request/timeout", "request/unavailable"];

/** A failure in words, chosen by its code alone: what a server writes into its refusals is not shown. */
export function terminalWords(failure: Failure, origin: string): FailureWords {
  if (UNREACHABLE.includes(failure.code)) {
    return {
      what: `The server ${origin} can't be reached.`,
      next: "Check the address (--server) and the connection, then try again.",
    };
  }
  return TERMINAL_WORDS[failure.code] ?? failureWords(failure);
}

/** Says on stderr what went wrong and what to do. @returns what the program ends with */
export async function report(io: Io, thrown: unknown, origin: string): Promise<Exit> {
  if (thrown instanceof Interrupted) return EXIT.interrupted;
  if (thrown instanceof Stop) {
    await writeLine(io.stderr, thrown.message);
    for (const line of thrown.next) await writeLine(io.stderr, `  ${line}`);
    return thrown.exit;
  }
  const failure = asFailure(thrown);
  const { what, next } = terminalWords(failure, origin);
  await writeLine(io.stderr, safeLine(what));
  if (next !== "") await writeLine(io.stderr, `  ${safeLine(next)}`);
  // A bug: its kind and place help, its text might hold what people wrote.
  if (failure.code === "internal/unexpected" && thrown instanceof Error) {
    const [, place = ""] = /\n\s+at ([^\n]+)/.exec(thrown.stack ?? "") ?? [];
    await writeLine(io.stderr, `  (${thrown.name} ${place})`);
  }
  return exitOf(failure.code);
}
