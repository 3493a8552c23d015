import { SottoError, VAULT_BYTES_MAX } from "@sotto/protocol";
import { expect, test } from "vitest";
import { verifyChain, type VerifiedChain } from "./chain.ts";
import { createAnnounceReclaim, createCompleteReclaim, createRotateRecoveryKey } from "./create-key-changes.ts";
import { createAddDevice, createGenesis } from "./create-statements.ts";
import { generateKeyPair, signMessage } from "./signature.ts";
import { createVault, openVaultByPassword, openVaultByRecoveryKey, updateVault } from "./vault.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(31);
const NOW = 1_800_000_000;

function valid(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid") throw new Error(verdict.because);
  return verdict.chain;
}

const opens = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof SottoError && error.code === "vault/unreadable") return false;
    throw error;
  }
};

async function owner() {
  const { statement, account, accountPrivateKey, recoveryKey } = await createGenesis(random);
  const exportKey = random(64);
  const contents = { accountPrivateKey, recoveryKey, archiveKeys: [{ generation: 0, key: random(32) }] };
  const vault = createVault({ account, contents, exportKey, recoveryKey, random });
  return { statements: [statement], account, accountPrivateKey, recoveryKey, exportKey, contents, vault };
}

test("a changed recovery key opens the next revision; the one before opens nothing any more; the password still does", async () => {
  const alice = await owner();
  const before = valid(alice.statements);
  const open = openVaultByPassword({ chain: before, vault: alice.vault, exportKey: alice.exportKey });
  const made = await createRotateRecoveryKey({
    chain: alice.statements,
    accountPrivateKey: alice.accountPrivateKey,
    rotatedAt: NOW,
    random,
  });
  const chain = valid([...alice.statements, made.statement]);
  const { recoveryKey } = made;
  const contents = { ...open.contents, recoveryKey };
  const vault = updateVault({ account: alice.account, vault: open, contents, recoveryKey, random });
  const opened = openVaultByRecoveryKey({ chain, vault, recoveryKey });
  expect(opened.contents).toEqual(contents);
  expect(opened.revision).toBe(open.revision + 1);
  expect(opened.vaultKey).toEqual(open.vaultKey);
  expect(openVaultByPassword({ chain, vault, exportKey: alice.exportKey })).toEqual(opened);
  expect(opens(() => openVaultByRecoveryKey({ chain, vault, recoveryKey: alice.recoveryKey }))).toBe(false);
  // Each stands with its own statement: neither the old vault under the new chain, nor the new one under the old.
  expect(opens(() => openVaultByPassword({ chain, vault: alice.vault, exportKey: alice.exportKey }))).toBe(false);
  expect(opens(() => openVaultByPassword({ chain: before, vault, exportKey: alice.exportKey }))).toBe(false);
});

test("a new password alone changes only its own way in", async () => {
  const alice = await owner();
  const chain = valid(alice.statements);
  const open = openVaultByRecoveryKey({ chain, vault: alice.vault, recoveryKey: alice.recoveryKey });
  const exportKey = random(64);
  const { account } = alice;
  const vault = updateVault({ account, vault: open, contents: open.contents, exportKey, random });
  expect(opens(() => openVaultByPassword({ chain, vault, exportKey }))).toBe(true);
  expect(opens(() => openVaultByPassword({ chain, vault, exportKey: alice.exportKey }))).toBe(false);
  expect(openVaultByRecoveryKey({ chain, vault, recoveryKey: alice.recoveryKey }).wrappedByRecovery).toEqual(
    open.wrappedByRecovery,
  );
});

test("[T63] the vault after a reclaim counts as newer than any before it, and none before it opens", async () => {
  const alice = await owner();
  const [signIn, leafKey] = [generateKeyPair(random), generateKeyPair(random)];
  const signWithSignInKey = async (message: Uint8Array) => signMessage(signIn.privateKey, message);
  const added = await createAddDevice({
    chain: alice.statements,
    accountPrivateKey: alice.accountPrivateKey,
    signInPublicKey: signIn.publicKey,
    signWithSignInKey,
    leafKey,
    kind: "web",
    addedAt: NOW,
  });
  const statements = [...alice.statements, added.statement];
  const by = { device: added.device, signWithSignInKey };
  const announced = await createAnnounceReclaim({ ...by, chain: statements, announcedAt: NOW, random });
  statements.push(announced.statement);
  const keys = { accountPrivateKey: announced.accountPrivateKey, recoveryKey: announced.recoveryKey };
  statements.push(await createCompleteReclaim({ ...by, ...keys, chain: statements, completedAt: NOW }));
  const chain = valid(statements);
  expect(chain.reclaims).toBe(1);

  let old = openVaultByPassword({ chain: valid(alice.statements), vault: alice.vault, exportKey: alice.exportKey });
  let oldBytes = alice.vault;
  for (let i = 0; i < 3; i++) {
    oldBytes = updateVault({ account: alice.account, vault: old, contents: old.contents, random });
    old = openVaultByPassword({ chain: valid(alice.statements), vault: oldBytes, exportKey: alice.exportKey });
  }
  const exportKey = random(64);
  const contents = { ...keys, archiveKeys: alice.contents.archiveKeys };
  const recoveryKey = keys.recoveryKey;
  const vault = createVault({
    account: alice.account,
    contents,
    exportKey,
    recoveryKey,
    reclaims: chain.reclaims,
    random,
  });
  const opened = openVaultByPassword({ chain, vault, exportKey });
  expect(opened.contents).toEqual(contents);
  expect(opened.revision).toBeGreaterThan(old.revision);
  expect(vault.length).toBeLessThanOrEqual(VAULT_BYTES_MAX);
  const next = updateVault({ account: alice.account, vault: opened, contents, random });
  expect(openVaultByPassword({ chain, vault: next, exportKey }).revision).toBe(opened.revision + 1);
  expect(opens(() => openVaultByPassword({ chain, vault: oldBytes, exportKey: alice.exportKey }))).toBe(false);
  expect(opens(() => openVaultByRecoveryKey({ chain, vault: oldBytes, recoveryKey: alice.recoveryKey }))).toBe(false);
});

test("[T63] an older revision opens, and says which one it is: who has seen a newer one can tell", async () => {
  const alice = await owner();
  const chain = valid(alice.statements);
  const first = openVaultByPassword({ chain, vault: alice.vault, exportKey: alice.exportKey });
  const next = updateVault({ account: alice.account, vault: first, contents: first.contents, random });
  const second = openVaultByPassword({ chain, vault: next, exportKey: alice.exportKey });
  const again = openVaultByPassword({ chain, vault: alice.vault, exportKey: alice.exportKey });
  expect([first.revision, second.revision, again.revision]).toEqual([1, 2, 1]);
});

test("[T61] whoever has the vault and the chain, and neither password nor recovery key, opens nothing", async () => {
  const [alice, bob] = [await owner(), await owner()];
  const chain = valid(alice.statements);
  // Everything that a server holds, and secrets of other accounts, as either way in.
  const held = [
    ...alice.statements,
    alice.vault,
    chain.accountKey,
    chain.recoveryKey,
    bob.exportKey,
    bob.recoveryKey,
    bob.accountPrivateKey,
    new Uint8Array(0),
    new Uint8Array(16),
    new Uint8Array(32),
    new Uint8Array(64),
    // The right secrets in each other's place.
    alice.accountPrivateKey,
  ];
  for (const secret of held) {
    expect(opens(() => openVaultByPassword({ chain, vault: alice.vault, exportKey: secret }))).toBe(false);
    expect(opens(() => openVaultByRecoveryKey({ chain, vault: alice.vault, recoveryKey: secret }))).toBe(false);
  }
  expect(opens(() => openVaultByPassword({ chain, vault: alice.vault, exportKey: alice.recoveryKey }))).toBe(false);
  expect(opens(() => openVaultByRecoveryKey({ chain, vault: alice.vault, recoveryKey: alice.exportKey }))).toBe(false);
});
