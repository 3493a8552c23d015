import { readMessage } from "./library.ts";

/** The epoch that an MLSMessage names in its own, readable header; undefined for bytes that aren't a message of a group. */
export function epochOfMessage(bytes: Uint8Array): bigint | undefined {
  const message = readMessage(bytes);
  if (message?.wireformat === "mls_private_message") return message.privateMessage.epoch;
  if (message?.wireformat === "mls_public_message") return message.publicMessage.content.epoch;
  return undefined;
}
