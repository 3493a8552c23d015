import { compareBytes, idBytes, type AccountId, type ConversationId } from "@sotto/protocol";
import { labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";

/** What a seal is drawn from: two bytes that never change, and 32 that change with the keys. Recognition, never proof. */
export type SealMaterial = { id: Uint8Array; key: Uint8Array };

const idOf = (bytes: Uint8Array): Uint8Array => labelledHash(LABEL.sealId, bytes).slice(0, 2);

export function sealMaterialOfAccount(account: AccountId, accountKey: Uint8Array): SealMaterial {
  return { id: idOf(idBytes(account)), key: labelledHash(LABEL.sealKey, accountKey) };
}

/** @param accountKeys of everyone in the conversation, 32 bytes each, in any order. */
export function sealMaterialOfConversation(
  conversation: ConversationId,
  accountKeys: readonly Uint8Array[],
): SealMaterial {
  return { id: idOf(idBytes(conversation)), key: labelledHash(LABEL.sealKey, ...[...accountKeys].sort(compareBytes)) };
}
