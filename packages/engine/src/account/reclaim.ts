import {
  createAnnounceReclaim,
  createCompleteReclaim,
  createVault,
  keyPairOf,
  openVaultByRecoveryKey,
  printRecoveryKey,
  reclaimCompletesAt,
  type VerifiedChain,
} from "@sotto/crypto";
import { SottoError, equalBytes } from "@sotto/protocol";
import { expectNotice, NOTICE } from "./account-notices.ts";
import { assertStrong, parseUsername, verified } from "./account-proof.ts";
import { changeVault, registerPassword } from "./change-vault.ts";
import type { Context } from "../context.ts";
import { isLost } from "./exchange.ts";
import { continueOwnChain, fetchOwnChain, type OwnChain } from "./own-chain.ts";
import { bytesOf } from "../rows.ts";
import type { SignedIn } from "../signed-in.ts";
import { assertNewest, takeVault } from "./vault-access.ts";

type Keys = { accountPrivateKey: Uint8Array; recoveryKey: Uint8Array };

/** Password and recovery key are lost, this device isn't: says so to the other devices, under the keys that are to come. */
export async function announceReclaim(client: SignedIn): Promise<{ completesAt: number }> {
  const { context, identity } = client;
  const { ports, device } = context;
  const { chain } = await continueOwnChain(
    context,
    async ({ chain: now, statements }) => {
      // Said before, and perhaps the answer was lost: to say it again would begin the notice anew.
      const kept = loadKeys(context);
      if (kept !== undefined && isPending(now, context, kept)) return undefined;
      const { statement, ...keys } = await createAnnounceReclaim({
        chain: statements,
        device,
        signWithSignInKey: (message) => ports.signInKeys.sign(identity.signInKey, message),
        announcedAt: context.statementTime(),
        random: ports.random,
      });
      context.store.transaction(() => saveKeys(context, keys));
      return statement;
    },
    (statement) => context.online().request("chain.append", { account: context.account, statement }),
  );
  context.emit({ kind: "session" });
  return { completesAt: (reclaimCompletesAt(chain) ?? context.statementTime()) * 1000 };
}

/**
 * Takes the account over: new account key, recovery key, password and a vault that holds them, in one transaction. What this
 * device has of the archive goes on. Contacts see a changed identity, since the key that they knew vouches for none of it.
 * @throws SottoError reclaim/too-early, and request/malformed where nothing was announced or it was cancelled
 */
export async function completeReclaim(
  client: SignedIn,
  { newPassword }: { newPassword: string },
): Promise<{ recoveryKey: string }> {
  assertStrong(newPassword);
  const { context } = client;
  const keys = loadKeys(context);
  if (keys === undefined) throw notAnnounced();
  try {
    const own = await fetchOwnChain(context);
    if (isComplete(own.chain, keys)) await finish(client, keys, newPassword);
    else await complete(client, keys, newPassword, own);
  } catch (error) {
    if (!isLost(error)) throw error;
    // It may have happened: then the new keys open the vault, whatever password it was left with.
    await finish(client, keys, newPassword).catch(() => {
      throw error;
    });
  }
  context.store.transaction(() => context.store.run("delete from reclaim"));
  return { recoveryKey: printRecoveryKey(keys.recoveryKey) };
}

async function complete(client: SignedIn, keys: Keys, newPassword: string, own: OwnChain): Promise<void> {
  const { context, identity } = client;
  const { account, device, ports } = context;
  if (!isPending(own.chain, context, keys)) throw notAnnounced();
  const completesAt = reclaimCompletesAt(own.chain) ?? 0;
  if (context.statementTime() < completesAt)
    throw new SottoError("reclaim/too-early", "The other devices of this account still have time to object.", {
      kind: "retry",
      afterMs: (completesAt - context.statementTime()) * 1000,
    });
  const connection = context.online();
  const username = parseUsername(identity.username);
  const registered = await registerPassword(ports, connection, { account, username, newPassword });
  const { exportKey } = registered;
  const contents = { ...keys, archiveKeys: identity.archiveKeys };
  const statement = await createCompleteReclaim({
    ...keys,
    chain: own.statements,
    device,
    signWithSignInKey: (message) => ports.signInKeys.sign(identity.signInKey, message),
    completedAt: context.statementTime(),
  });
  const vault = createVault({
    account,
    contents,
    exportKey,
    recoveryKey: keys.recoveryKey,
    reclaims: own.chain.reclaims + 1,
    random: ports.random,
  });
  expectNotice(context, NOTICE.reclaimed(publicKeyOf(keys)));
  await connection.request("reclaim.complete", { statement, vault, registrationRecord: registered.record });
  const statements = [...own.statements, statement];
  const chain = verified(statements);
  const { revision } = openVaultByRecoveryKey({ chain, vault, recoveryKey: keys.recoveryKey });
  context.store.transaction(() => takeVault(client, { account, username, statements, chain, contents, revision }));
  client.identityChanged();
}

/** The account has the new keys already: the recovery key among them opens the vault and sets the password. */
async function finish(client: SignedIn, { recoveryKey }: Keys, newPassword: string): Promise<void> {
  const { context, identity } = client;
  const { known } = await changeVault(
    context.ports,
    { kind: "recovery-key", username: identity.username, recoveryKey },
    {
      check: (opened) => assertNewest(client, opened),
      plan: async () => ({ change: { newPassword }, result: undefined }),
    },
  );
  context.store.transaction(() => takeVault(client, known));
  client.identityChanged();
}

const publicKeyOf = ({ accountPrivateKey }: Keys): Uint8Array => keyPairOf(accountPrivateKey).publicKey;

function isPending({ pendingReclaim }: VerifiedChain, context: Context, keys: Keys): boolean {
  return pendingReclaim?.device === context.device && equalBytes(pendingReclaim.accountKey, publicKeyOf(keys));
}

const isComplete = ({ accountKey }: VerifiedChain, keys: Keys): boolean => equalBytes(accountKey, publicKeyOf(keys));

const notAnnounced = (): SottoError =>
  new SottoError(
    "request/malformed",
    "This device hasn't announced that it takes the account over, or it was stopped.",
    {
      kind: "person",
      do: "Announce it first.",
    },
  );

function saveKeys({ store }: Context, { accountPrivateKey, recoveryKey }: Keys): void {
  store.run("insert or replace into reclaim (id, account_private_key, recovery_key) values (1, ?, ?)", [
    accountPrivateKey,
    recoveryKey,
  ]);
}

function loadKeys({ store }: Context): Keys | undefined {
  const row = store.all("select account_private_key, recovery_key from reclaim where id = 1")[0];
  if (row === undefined) return undefined;
  return { accountPrivateKey: bytesOf(row, "account_private_key"), recoveryKey: bytesOf(row, "recovery_key") };
}
