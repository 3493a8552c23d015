/** Argon2id (RFC 9106). `memory` in KiB. */
export type PasswordCost = { iterations: number; memory: number; parallelism: number };

/**
 * The one cost of a guess at a password, by version. Code, never data: no server chooses it, and a newer version only ever costs
 * more. 128 MiB and seven passes took 1.0 s in Node 24 on a shared x64 core (median of 3; 1.2 s of processor time when it was busy),
 * and Chromium 156 took about as long as Node beside it on a busy machine. Spent
 * once at sign-up and once at each sign-in. One lane, since WebAssembly runs the lanes one after another anyway.
 */
export const PASSWORD_SUITE = {
  version: 1,
  cost: { iterations: 7, memory: 128 * 1024, parallelism: 1 } satisfies PasswordCost,
} as const;

/**
 * The server's name inside OPAQUE (RFC 9807 §2.1). The suite's version is part of it, so the two sides never finish under
 * different ones (T62). It names no host: an account may move.
 */
export const SERVER_IDENTIFIER = `sotto password v${PASSWORD_SUITE.version}`;

/** Work of a guess, for comparing costs: memory times passes. */
export const workOf = ({ iterations, memory }: PasswordCost): number => iterations * memory;

/**
 * Characters of the protocol's messages, as base64url without padding (RFC 9807 §4.1, §5.1 and §6.1, over ristretto255 and SHA-512). What
 * reads them takes the bytes it needs and looks at none that follow: without this one message could be written in many ways.
 */
const CHARACTERS = {
  registrationRequest: base64UrlLength(32),
  registrationResponse: base64UrlLength(64),
  registrationRecord: base64UrlLength(192),
  startLogin: base64UrlLength(96),
  loginResponse: base64UrlLength(320),
  finishLogin: base64UrlLength(64),
} as const;

function base64UrlLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}

/** Whether a text is as long as such a message is, no more and no less. What is in it the protocol decides. */
export function isAsLongAs(message: keyof typeof CHARACTERS, text: string): boolean {
  return text.length === CHARACTERS[message];
}
