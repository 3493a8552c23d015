import { createRevokeDevice, decodeChain } from "@sotto/crypto";
import { SottoError } from "@sotto/protocol";
import { secondsOf } from "./new-device.ts";
import type { SignedIn } from "./signed-in.ts";

/** Tells the server, when it can be reached, that this device is gone. Others remove its leaf with that statement as evidence. */
export async function retireDevice(client: SignedIn): Promise<void> {
  const { context, identity } = client;
  if (!context.isOnline()) return;
  const chain = decodeChain(context.ownChain());
  if (chain === undefined) return;
  const statement = await createRevokeDevice({
    chain,
    device: context.device,
    signer: { kind: "device", sign: (message) => context.ports.signInKeys.sign(identity.signInKey, message) },
    revokedAt: secondsOf(context.ports),
  });
  await context
    .online()
    .request("chain.append", { account: context.account, statement })
    .catch((error: unknown) =>
      context.ports.log("warn", "sign-out/not-told", {
        code: error instanceof SottoError ? error.code : "internal/unexpected",
      }),
    );
}
