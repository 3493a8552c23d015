import type { ErrorCode } from "@sotto/protocol";

/** What the program ends with (docs/terminal.md). Scripts rely on these numbers. */
export const EXIT = {
  done: 0,
  /** Could not do it; stderr says why. */
  failed: 1,
  usage: 2,
  /** Stopped because keys or the order of things are not what they were. */
  trust: 3,
  /** Offline; what was written is kept and sent later. */
  kept: 4,
  /** Nobody by that name, or more than one. */
  nobody: 5,
  interrupted: 130,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a sentence and what to do about it. Failures of the engine have codes instead. */
export class Stop extends Error {
  readonly exit: Exit;
  readonly next: readonly string[];
  constructor(exit: Exit, sentence: string, next: readonly string[] = []) {
    super(sentence);
    this.name = "Stop";
    this.exit = exit;
    this.next = next;
  }
}

/** The person pressed Ctrl C, or the system asked the program to end. */
export class Interrupted extends Error {}

const NOBODY: readonly ErrorCode[] = [
  "member/no-such-person",
  "room/unknown",
  "account/unknown",
  "conversation/unknown",
];
const TRUST: readonly ErrorCode[] = [
  "conversation/frozen",
  "conversation/fork",
  "conversation/clone",
  "chain/invalid",
  "chain/rolled-back",
  "chain/forked",
  "chain/revoked",
  "vault/foreign",
  "vault/rolled-back",
  "link/mismatch",
  "device/cloned",
  "trust/mismatch",
  "conversation/identity-changed",
  "decrypt/changed",
  "decrypt/wrong-signature",
];

/** The exit code of a failure of the engine. */
export function exitOf(code: ErrorCode): Exit {
  if (NOBODY.includes(code)) return EXIT.nobody;
  if (TRUST.includes(code)) return EXIT.trust;
  return EXIT.failed;
}
