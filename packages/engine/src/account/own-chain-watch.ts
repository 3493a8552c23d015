import { isActiveDevice } from "@sotto/crypto";
import type { ErrorCode } from "@sotto/protocol";
import { takeGenerations } from "./archive-generations.ts";
import type { Context } from "../context.ts";
import { takeRecoveryKeySaved } from "./own-recovery-key.ts";
import type { SignedIn } from "../signed-in.ts";

/** Why the account itself says that this device is ended, whatever the server says. */
export function endedByAccount({ account, device, people }: Context): ErrorCode | null {
  const chain = people.chain(account);
  if (chain === undefined || isActiveDevice(chain, device)) return null;
  return chain.closed ? "account/closed" : "session/device-revoked";
}

/** The account's own chain has grown: what was told before the key that vouches for it was known counts now. */
export function followOwnChain(client: SignedIn): void {
  client.onOwnChain?.();
  takeGenerations(client);
  client.identityChanged();
  takeRecoveryKeySaved(client);
  client.context.emit({ kind: "session" });
  client.context.emit({ kind: "devices" });
}
