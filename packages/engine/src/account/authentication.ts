import { sessionChallengeMessage } from "@sotto/crypto";
import type { ErrorCode } from "@sotto/protocol";
import { RefusedError, type Connection } from "../connection.ts";
import type { Context } from "../context.ts";
import { topUpKeyPackages } from "./key-packages.ts";

/** What the server says once nothing will ever let this device in again. */
const ENDS: readonly ErrorCode[] = ["session/device-revoked", "account/closed", "account/replaced"];

/** Why a device is let in nowhere any more, if that is what was said. */
export function endOf(error: unknown): ErrorCode | undefined {
  return error instanceof RefusedError && ENDS.includes(error.code) ? error.code : undefined;
}

/** Signs the server's challenge for this connection with the device's sign-in key. @returns `nowMs`: the server's clock */
export async function authenticate(
  { ports, account, device }: Context,
  connection: Connection,
  signInKey: Uint8Array,
): Promise<{ nowMs: number; keyPackagesLeft: number }> {
  const { origin } = ports.transport;
  const { challenge } = await connection.request("session.challenge", {});
  const message = sessionChallengeMessage({ origin, challenge, account, device });
  const signature = await ports.signInKeys.sign(signInKey, message);
  return connection.request("session.authenticate", { account, device, origin, signature });
}

/** Publishes fresh key packages where few are left. */
export function topUp(context: Context, left: number): Promise<void> {
  const { ports, store, account, device, leafKey } = context;
  const publish = async (parts: { keyPackages: Uint8Array[]; lastResort: Uint8Array | null }) =>
    (await context.online().request("key-packages.publish", parts)).left;
  return topUpKeyPackages({ ports, store, account, device, leafKey, chain: context.ownChain(), publish }, left);
}
