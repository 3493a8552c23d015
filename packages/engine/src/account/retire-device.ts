import { createRevokeDevice } from "@sotto/crypto";
import { SottoError } from "@sotto/protocol";
import { uploadArchive } from "../history/archive-records.ts";
import { continueOwnChain } from "./own-chain.ts";
import type { SignedIn } from "../signed-in.ts";

/** Tells the server, when it can be reached, that this device is gone. Others remove its leaf with that statement as evidence. */
export async function retireDevice(client: SignedIn): Promise<void> {
  const { context, identity } = client;
  const { account, device, ports } = context;
  if (!context.isOnline()) return;
  // What this device alone has keys of would be gone with it.
  await uploadArchive(context).catch((error: unknown) =>
    ports.log("warn", "sign-out/archive-left", {
      code: error instanceof SottoError ? error.code : "internal/unexpected",
    }),
  );
  const sign = (message: Uint8Array): Promise<Uint8Array> => ports.signInKeys.sign(identity.signInKey, message);
  await continueOwnChain(
    context,
    ({ statements }) =>
      createRevokeDevice({
        chain: statements,
        device,
        signer: { kind: "device", sign },
        revokedAt: context.statementTime(),
      }),
    (statement) => context.online().request("chain.append", { account, statement }),
  ).catch((error: unknown) =>
    ports.log("warn", "sign-out/not-told", {
      code: error instanceof SottoError ? error.code : "internal/unexpected",
    }),
  );
}
