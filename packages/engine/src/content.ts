import { sha256 } from "@sotto/crypto";
import { concat, decodeCbor, encodeCbor, idBytes, postIdOf, toBase64Url, utf8, fromUtf8, type AccountId, type ConversationId, type PostId } from "@sotto/protocol";

const PROFILE = "application/sotto-profile+cbor";
export const textPost = (text: string, salt: Uint8Array) => [salt, null, null, null, null, {}, [1, "", 1, "text/markdown;variant=GFM-MIMI", utf8(text)]];
export const profilePost = (profile: Uint8Array, salt: Uint8Array) => [salt, null, null, null, null, {}, [1, "", 1, PROFILE, profile]];
export const encodeContent = (content: unknown[]): Uint8Array => encodeCbor(content);
export function messageIdOf(content: Uint8Array, account: AccountId, conversation: ConversationId): PostId {
  return postIdOf(sha256(concat(idBytes(account), idBytes(conversation), content)));
}
export type Content = { kind: "text"; text: string } | { kind: "profile"; bytes: Uint8Array; profile: { name: string } } | { kind: "unsupported" };
export function contentOf(bytes: Uint8Array): Content {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed" || !Array.isArray(decoded.value)) return { kind: "unsupported" };
  const part: unknown = decoded.value[6];
  if (!Array.isArray(part) || !(part[4] instanceof Uint8Array)) return { kind: "unsupported" };
  if (part[3] === PROFILE) {
    const profile = decodeCbor(part[4]);
    return profile.kind === "value" && Array.isArray(profile.value) ? { kind: "profile", bytes: part[4], profile: { name: String(profile.value[1]) } } : { kind: "unsupported" };
  }
  try { return { kind: "text", text: fromUtf8(part[4]) }; } catch { return { kind: "unsupported" }; }
}
export const profileHashOf = (bytes: Uint8Array): string => toBase64Url(sha256(bytes));
