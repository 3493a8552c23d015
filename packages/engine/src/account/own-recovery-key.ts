import { createRotateRecoveryKey, printRecoveryKey, recoverySigningKey } from "@sotto/crypto";
import { SottoError, equalBytes } from "@sotto/protocol";
import { expectNotice, NOTICE } from "./account-notices.ts";
import { readRecoveryKey } from "./account-proof.ts";
import { saveRecoveryKeyUnsaved } from "./identity-record.ts";
import type { SignedIn } from "../signed-in.ts";
import { SYNC } from "../sync/sync-state.ts";
import { withVault } from "./vault-access.ts";

/** The recovery key as people write it down; null once they have confirmed that they did. */
export async function recoveryKey(
  client: SignedIn,
  { password }: { password: string },
): Promise<{ recoveryKey: string | null }> {
  return withVault(client, password, async ({ vault }) => {
    const { recoveryKey: key } = vault.contents;
    return { change: null, result: { recoveryKey: key === null ? null : printRecoveryKey(key) } };
  });
}

/** What was typed is the key: from here on it is with the person alone, and the vault no longer holds it. */
export async function confirmRecoveryKey(
  client: SignedIn,
  request: { password: string; recoveryKey: string },
): Promise<void> {
  const typed = readRecoveryKey(request.recoveryKey);
  const { sync } = client.context;
  const saved = await withVault(client, request.password, async ({ chain, vault }) => {
    if (!equalBytes(recoverySigningKey(typed).publicKey, chain.recoveryKey))
      throw new SottoError("recovery-key/malformed", "This is a recovery key, but not the one of this account.", {
        kind: "person",
        do: "Type the one that is shown now. An older one opens nothing any more.",
      });
    const { contents } = vault;
    return {
      change: contents.recoveryKey === null ? null : { contents: { ...contents, recoveryKey: null } },
      result: chain.recoveryKey,
    };
  });
  sync.set(SYNC.recoveryKeySaved, saved);
}

/** Another own device may have confirmed it: nobody is asked twice to save what is saved. */
export function takeRecoveryKeySaved(client: SignedIn): void {
  const { account, people, store, sync } = client.context;
  const saved = sync.get(SYNC.recoveryKeySaved);
  const chain = people.chain(account);
  if (!(saved instanceof Uint8Array) || chain === undefined || !equalBytes(saved, chain.recoveryKey)) return;
  if (!client.identity.recoveryKeyUnsaved) return;
  saveRecoveryKeyUnsaved(store, false);
  client.identityChanged();
}

/** A new recovery key: the statement and the vault that it opens, in one transaction. To be confirmed like the first. */
export async function changeRecoveryKey(
  client: SignedIn,
  { password }: { password: string },
): Promise<{ recoveryKey: string }> {
  const { context } = client;
  const { ports } = context;
  return withVault(client, password, async ({ statements, vault }) => {
    const { contents } = vault;
    const { statement, recoveryKey: key } = await createRotateRecoveryKey({
      chain: statements,
      accountPrivateKey: contents.accountPrivateKey,
      rotatedAt: context.statementTime(),
      random: ports.random,
    });
    expectNotice(context, NOTICE.recoveryKey(recoverySigningKey(key).publicKey));
    return {
      change: { contents: { ...contents, recoveryKey: key }, recoveryKey: key, statement },
      result: { recoveryKey: printRecoveryKey(key) },
    };
  });
}
