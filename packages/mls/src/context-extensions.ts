import {
  type ConversationExtension,
  decodeConversationExtension,
  encodeConversationExtension,
  equalBytes,
  EXTENSION,
  EXTENSION_BYTES_MAX,
  isManager,
  KIND,
  ROLE,
} from "@sotto/protocol";
import { encodeRequiredCapabilities } from "ts-mls/requiredCapabilities.js";
import { CAPABILITIES } from "./leaf.ts";
import type { Extension } from "./library.ts";

const REQUIRED: Extension = {
  extensionType: "required_capabilities",
  extensionData: encodeRequiredCapabilities({
    extensionTypes: CAPABILITIES.extensions,
    proposalTypes: [],
    credentialTypes: ["basic"],
  }),
};

/** The GroupContext extensions of a conversation, as MLS makes everyone agree on them. */
export function writeExtensions(extension: ConversationExtension): Extension[] {
  return [REQUIRED, { extensionType: EXTENSION.conversation, extensionData: encodeConversationExtension(extension) }];
}

const cache = new WeakMap<readonly Extension[], ConversationExtension | "bad">();

/** They must be exactly those two, in that order, canonical and well-formed: undefined for anything else (so no external senders). */
export function readExtensions(extensions: readonly Extension[]): ConversationExtension | undefined {
  let extension = cache.get(extensions);
  if (extension === undefined) cache.set(extensions, (extension = parse(extensions) ?? "bad"));
  return extension === "bad" ? undefined : extension;
}

function parse(extensions: readonly Extension[]): ConversationExtension | undefined {
  const [required, conversation] = extensions;
  if (extensions.length !== 2 || required === undefined || conversation === undefined) return undefined;
  if (required.extensionType !== REQUIRED.extensionType || !equalBytes(required.extensionData, REQUIRED.extensionData))
    return undefined;
  if (conversation.extensionType !== EXTENSION.conversation) return undefined;
  if (conversation.extensionData.length > EXTENSION_BYTES_MAX) return undefined;
  const extension = decodeConversationExtension(conversation.extensionData);
  return extension !== undefined && isWellFormed(extension) ? extension : undefined;
}

/** What must hold in every epoch, whoever made it. */
export function isWellFormed({ kind, accounts, policy }: ConversationExtension): boolean {
  const isRoom = kind === KIND.room;
  if (isRoom !== (policy.join === "open")) return false;
  const noneBanned = accounts.every(([, role]) => role !== ROLE.banned);
  switch (kind) {
    case KIND.direct:
      return accounts.length === 2 && noneBanned;
    case KIND.self:
      return accounts.length === 1 && noneBanned;
    case KIND.group:
    case KIND.room:
      return accounts.some(([, role]) => isManager(role));
  }
}
