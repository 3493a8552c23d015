import type { Person, SealMaterial, Trust } from "@sotto/engine";
import { accountIdOf, conversationIdOf, deviceIdOf, postIdOf } from "@sotto/protocol";
import type { AccountId, ConversationId, DeviceId, PostId } from "@sotto/protocol";

/** Bytes that look random and are the same each time (FNV-1a over name and place). */
export function bytesOf(name: string, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => {
    let hash = 0x811c9dc5;
    for (const letter of `${name}/${at}`) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b3c6d) >>> 24;
  });
}

export const accountOf = (name: string): AccountId => accountIdOf(bytesOf(`account ${name}`, 32));
export const conversationOf = (name: string): ConversationId => conversationIdOf(bytesOf(`conversation ${name}`, 16));
export const deviceOf = (name: string): DeviceId => deviceIdOf(bytesOf(`device ${name}`, 16));
export const postOf = (name: string): PostId => postIdOf(bytesOf(`post ${name}`, 32));

/** A seal with an ink of one's choice (place in the list of inks). */
export function sealOf(name: string, ink: number): SealMaterial {
  return { id: Uint8Array.of(ink, bytesOf(name, 1)[0] ?? 0), key: bytesOf(`key ${name}`, 24) };
}

export function person(username: string, displayName: string | null, ink: number, trust: Trust = "unverified"): Person {
  const names = { username, displayName, contactName: null, replaced: false, picture: null, status: "" };
  return { account: accountOf(username), ...names, trust, seal: sealOf(username, ink) };
}

export const JOAN = person("joan", "Joan Clarke", 9, "self");
export const ADA = person("ada", "Ada Lovelace", 10, "verified");
export const GRACE = person("grace", "Grace Hopper", 3, "verified");
export const KATHERINE = person("katherine", "Katherine Johnson", 1, "verified");
export const MARGARET = person("margaret", "Margaret Hamilton", 4, "verified");
export const ANNIE = person("annie", "Annie Easley", 2, "verified");
export const ALAN = person("alan", "Alan Turing", 7);
export const HEDY = person("hedy", "Hedy Lamarr", 11, "changed");
export const HUGH = person("hugh", "Hugh Alexander", 5);
export const CLAUDE = person("claude", "Claude Shannon", 6);
export const RADIA = person("radia", "Radia Perlman", 0, "verified");
export const MARY = person("mary", "Mary Jackson", 4);
export const BARBARA = person("barbara", "Barbara Liskov", 8);
export const CHARLES = person("charles", "Charles Babbage", 5);
