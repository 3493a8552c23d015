import { SottoError } from "@sotto/protocol";
import { tellGenerations } from "./archive-generations.ts";
import { foreign, type OpenAccount } from "./account-proof.ts";
import { changeVault, type KnownAccount, type VaultChange } from "./change-vault.ts";
import { addArchiveKeys, saveRecoveryKeyUnsaved, saveVaultRevision, vaultRevision } from "./identity-record.ts";
import type { Connection } from "../connection.ts";
import type { SignedIn } from "../signed-in.ts";

/** A device that is signed in opens its account's vault by the password, and perhaps changes it. */
export async function withVault<T>(
  client: SignedIn,
  password: string,
  plan: (opened: OpenAccount) => Promise<{ change: VaultChange | null; result: T }>,
): Promise<T> {
  const { context, identity } = client;
  const proof = { kind: "password", username: identity.username, password } as const;
  const check = (opened: OpenAccount): void => assertNewest(client, opened);
  const own = (): Connection | undefined => (context.isOnline() ? context.online() : undefined);
  const { known, result } = await changeVault(context.ports, proof, { check, plan, own });
  context.store.transaction(() => takeVault(client, known));
  client.identityChanged();
  return result;
}

/** This account, and nothing older than what this device has seen of it (T63). */
export function assertNewest({ context }: SignedIn, opened: OpenAccount): void {
  if (opened.account !== context.account) throw foreign();
  context.store.transaction(() => context.people.learn(opened.account, opened.statements, opened.username, true));
  if (opened.vault.revision < vaultRevision(context.store))
    throw new SottoError(
      "vault/rolled-back",
      "The server gave out an older state of the keys than this device has seen.",
      {
        kind: "person",
        do: "Tell whoever runs this server. Nothing was changed.",
      },
    );
}

/** Inside a transaction: what this device remembers of the vault. */
export function takeVault({ context }: SignedIn, known: KnownAccount): void {
  const { store, people } = context;
  people.learn(known.account, known.statements, known.username);
  saveVaultRevision(store, known.revision);
  saveRecoveryKeyUnsaved(store, known.contents.recoveryKey !== null);
  addArchiveKeys(store, known.contents.archiveKeys);
  tellGenerations(context.sync, known.account, known.contents);
}
