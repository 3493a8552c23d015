import { parseRecoveryKey } from "@sotto/crypto";

/**
 * Is this a whole recovery key, as a person types or pastes it? Its checksum finds any one wrong character before anything is
 * sent. Says nothing about whose key it is.
 */
export function isRecoveryKey(text: string): boolean {
  return parseRecoveryKey(text) !== undefined;
}
