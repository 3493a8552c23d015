import { assertStrong } from "./account-proof.ts";
import { tellPasswordChanged } from "./account-notices.ts";
import type { SignedIn } from "../signed-in.ts";
import { withVault } from "./vault-access.ts";

/** A new password opens the vault from here on, the old one nothing. Keys, devices and the recovery key stay as they are. */
export async function changePassword(
  client: SignedIn,
  { password, newPassword }: { password: string; newPassword: string },
): Promise<void> {
  assertStrong(newPassword);
  await withVault(client, password, async () => ({ change: { newPassword }, result: undefined }));
  tellPasswordChanged(client.context);
}
