import { openVaultByPassword, parseRecoveryKey, verifyChain, type VaultContents } from "@sotto/crypto";
import type { AccountId } from "@sotto/protocol";
import type { Findings } from "./invariants.ts";
import { seededExportKey } from "./seeded-keys.ts";
import { accountOn, type World } from "./world.ts";

type Opened = { account: AccountId; contents: VaultContents };

/** Every vault that belongs to somebody who is still there, opened with what they have in their head. */
export async function openVaults(world: World): Promise<{ opened: Opened[]; findings: Findings }> {
  const opened: Opened[] = [];
  const findings: Findings = [];
  for (const { username, passwords } of world.people) {
    const account = await world.server.holderOf(username);
    const identity = account === undefined ? undefined : await world.server.identityOf(account);
    if (account === undefined || identity?.vault === undefined || identity.passwordRecord === undefined) continue;
    const { chain: statements, vault, passwordRecord } = identity;
    const verdict = verifyChain(statements);
    if (verdict.kind !== "valid") {
      findings.push(`${username}: the server holds a chain that isn't valid: ${verdict.because}`);
      continue;
    }
    const ways = passwords.flatMap((password) => seededExportKey({ username, password, record: passwordRecord }) ?? []);
    const [exportKey] = ways;
    const contents =
      exportKey === undefined
        ? undefined
        : tryOpen(() => openVaultByPassword({ vault, chain: verdict.chain, exportKey }).contents);
    if (exportKey === undefined) findings.push(`${username}: none of their passwords is the account's`);
    else if (contents === undefined) findings.push(`${username}: their password doesn't open their vault`);
    else opened.push({ account, contents });
  }
  return { opened, findings };
}

/** An archive that goes on under a key which a revoked device took with it: in the vault, or on a device beside one that knows better. */
export function staleGenerations(world: World, opened: readonly Opened[]): Findings {
  return opened.flatMap(({ account, contents }) => {
    const newest = contents.archiveKeys.at(-1);
    const taken = world.keysTakenFrom(account);
    if (newest === undefined) return [`${account}: a vault without a key for the archive`];
    const findings = taken.has(Buffer.from(newest.key).toString("base64url"))
      ? [`${account}: the newest key of the archive is one that a revoked device took with it`]
      : [];
    const newestOn = world.devices
      .filter((device) => accountOn(device) === account)
      .map((device) => ({ device: device.name, generation: world.newestGenerationOn(device) }));
    const best = Math.max(...newestOn.map(({ generation }) => generation));
    const behind = newestOn.filter(({ generation }) => generation < best);
    return [
      ...findings,
      ...behind.map(
        ({ device, generation }) => `${device}: at generation ${generation} of the archive, others at ${best}`,
      ),
    ];
  });
}

/** Bytes that are for nobody but their account's devices, with what they are. */
export function secretsIn(world: World, opened: readonly Opened[]): { what: string; bytes: Uint8Array }[] {
  return [
    ...opened.flatMap(({ account, contents }) => [
      { what: `the account key of ${account}`, bytes: contents.accountPrivateKey },
      ...contents.archiveKeys.map(({ generation, key }) => ({
        what: `archive key ${generation} of ${account}`,
        bytes: key,
      })),
      ...(contents.recoveryKey === null
        ? []
        : [{ what: `the recovery key of ${account}`, bytes: contents.recoveryKey }]),
    ]),
    ...[...world.secrets].flatMap((printed) => {
      const bytes = parseRecoveryKey(printed);
      return bytes === undefined ? [] : [{ what: "a recovery key", bytes }];
    }),
  ];
}

function tryOpen<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
