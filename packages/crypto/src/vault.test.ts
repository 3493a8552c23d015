import { decodeCbor, encodeCbor, SottoError, VAULT_BYTES_MAX } from "@sotto/protocol";
import { expect, test } from "vitest";
import { verifyChain, type VerifiedChain } from "./chain.ts";
import { createGenesis, type Genesis } from "./create-statements.ts";
import { parseRecoveryKey, printRecoveryKey, recoverySigningKey, recoveryWrappingKey } from "./recovery-key.ts";
import {
  ARCHIVE_GENERATIONS_MAX,
  createVault,
  openVaultByPassword,
  openVaultByRecoveryKey,
  updateVault,
  type VaultContents,
} from "./vault.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(3);

async function owner() {
  const genesis = await createGenesis(random);
  const verdict = verifyChain([genesis.statement]);
  if (verdict.kind === "invalid") throw new Error(verdict.because);
  return { genesis, chain: verdict.chain, exportKey: random(64), contents: contentsOf(genesis) };
}

function contentsOf(genesis: Genesis): VaultContents {
  return {
    accountPrivateKey: genesis.accountPrivateKey,
    recoveryKey: genesis.recoveryKey,
    archiveKeys: [{ generation: 0, key: random(32) }],
  };
}

type Owner = Awaited<ReturnType<typeof owner>>;
const vaultOf = ({ genesis, exportKey, contents }: Owner): Uint8Array =>
  createVault({ account: genesis.account, contents, exportKey, recoveryKey: genesis.recoveryKey, random });

function failure(work: () => unknown): unknown {
  try {
    work();
    return "it opened";
  } catch (error) {
    return error instanceof SottoError ? { code: error.code, message: error.message, remedy: error.remedy } : error;
  }
}
const UNREADABLE = {
  code: "vault/unreadable",
  message: "The vault of this account can't be opened.",
  remedy: { kind: "none" },
};

test("password and recovery key open the same vault", async () => {
  const alice = await owner();
  const vault = vaultOf(alice);
  const byPassword = openVaultByPassword({ chain: alice.chain, vault, exportKey: alice.exportKey });
  const byRecovery = openVaultByRecoveryKey({ chain: alice.chain, vault, recoveryKey: alice.genesis.recoveryKey });
  expect(byPassword.contents).toEqual(alice.contents);
  expect(byRecovery).toEqual(byPassword);
  expect(byPassword.revision).toBe(1);
});

test("a new password, a confirmed recovery key and a new archive generation are the next revision; the recovery key keeps working", async () => {
  const alice = await owner();
  const { account } = alice.genesis;
  const first = openVaultByPassword({ chain: alice.chain, vault: vaultOf(alice), exportKey: alice.exportKey });
  const exportKey = random(64);
  const contents = {
    ...first.contents,
    recoveryKey: null,
    archiveKeys: [...first.contents.archiveKeys, { generation: 1, key: random(32) }],
  };
  const vault = updateVault({ account, vault: first, contents, exportKey, random });
  expect(openVaultByPassword({ chain: alice.chain, vault, exportKey })).toMatchObject({ contents, revision: 2 });
  expect(
    openVaultByRecoveryKey({ chain: alice.chain, vault, recoveryKey: alice.genesis.recoveryKey }).contents,
  ).toEqual(contents);
  expect(failure(() => openVaultByPassword({ chain: alice.chain, vault, exportKey: alice.exportKey }))).toEqual(
    UNREADABLE,
  );
});

test("[T63] every changed byte gives the one generic error", async () => {
  const alice = await owner();
  const vault = vaultOf(alice);
  for (let at = 0; at < vault.length; at += at < 300 ? 1 : 7) {
    const changed = vault.slice();
    changed[at]! ^= 1 << (at % 8);
    const openings = [
      failure(() => openVaultByPassword({ chain: alice.chain, vault: changed, exportKey: alice.exportKey })),
      failure(() =>
        openVaultByRecoveryKey({ chain: alice.chain, vault: changed, recoveryKey: alice.genesis.recoveryKey }),
      ),
    ];
    // A changed wrap of the other way in doesn't show here; everything else does, and always alike.
    for (const opening of openings) expect([UNREADABLE, "it opened"], `byte ${at}`).toContainEqual(opening);
    expect(openings, `byte ${at}`).toContainEqual(UNREADABLE);
  }
});

test("[T63] foreign, truncated, oversized and made-up vaults give the one generic error", async () => {
  const [alice, bob] = [await owner(), await owner()];
  const vault = vaultOf(alice);
  const bobs = vaultOf(bob);
  const wrong: [VerifiedChain, Uint8Array, Uint8Array][] = [
    [bob.chain, vault, alice.exportKey],
    [alice.chain, bobs, alice.exportKey],
    [alice.chain, bobs, bob.exportKey],
    [alice.chain, vault, random(64)],
    [alice.chain, vault, alice.exportKey.slice(1)],
    [alice.chain, vault.slice(0, -1), alice.exportKey],
    [alice.chain, new Uint8Array(0), alice.exportKey],
    [alice.chain, new Uint8Array([...vault, 0]), alice.exportKey],
    [alice.chain, new Uint8Array(VAULT_BYTES_MAX + 1), alice.exportKey],
    [alice.chain, random(500), alice.exportKey],
  ];
  for (const [chain, bytes, exportKey] of wrong)
    expect(failure(() => openVaultByPassword({ chain, vault: bytes, exportKey }))).toEqual(UNREADABLE);
});

test("[T63] parts of two revisions, and the two wraps, can't be exchanged", async () => {
  const alice = await owner();
  const { account } = alice.genesis;
  const old = vaultOf(alice);
  const open = openVaultByPassword({ chain: alice.chain, vault: old, exportKey: alice.exportKey });
  const fresh = updateVault({ account, vault: open, contents: alice.contents, exportKey: alice.exportKey, random });
  const fields = (bytes: Uint8Array) => (decodeCbor(bytes) as { value: unknown[] }).value;
  const [a, b] = [fields(old), fields(fresh)];
  for (const mixed of [
    [b[0], b[1], b[2], b[3], a[4]], // an old content under the new number
    [b[0], 3, b[2], b[3], b[4]], // a number that nobody sealed
    [a[0], a[1], a[3], a[2], a[4]], // each wrap in the other's place
    [2, a[1], a[2], a[3], a[4]],
  ])
    expect(
      failure(() => openVaultByPassword({ chain: alice.chain, vault: encodeCbor(mixed), exportKey: alice.exportKey })),
    ).toEqual(UNREADABLE);
});

test("[T64] a vault of the server's making, sealed for this account, isn't taken: its keys aren't the chain's", async () => {
  const [alice, mallory] = [await owner(), await owner()];
  const parts = {
    account: alice.genesis.account,
    exportKey: alice.exportKey,
    recoveryKey: alice.genesis.recoveryKey,
    random,
  };
  const planted = createVault({ ...parts, contents: mallory.contents });
  expect(
    failure(() => openVaultByPassword({ chain: alice.chain, vault: planted, exportKey: alice.exportKey })),
  ).toEqual(UNREADABLE);
  const withoutRecoveryKey = createVault({ ...parts, contents: { ...mallory.contents, recoveryKey: null } });
  expect(
    failure(() => openVaultByPassword({ chain: alice.chain, vault: withoutRecoveryKey, exportKey: alice.exportKey })),
  ).toEqual(UNREADABLE);
  const halfPlanted = createVault({
    ...parts,
    contents: { ...alice.contents, recoveryKey: mallory.genesis.recoveryKey },
  });
  expect(
    failure(() => openVaultByPassword({ chain: alice.chain, vault: halfPlanted, exportKey: alice.exportKey })),
  ).toEqual(UNREADABLE);
});

test("[T66] every vault has one size, within the limit of the wire", async () => {
  const alice = await owner();
  const { account } = alice.genesis;
  const full = {
    ...alice.contents,
    archiveKeys: Array.from({ length: ARCHIVE_GENERATIONS_MAX }, (_, i) => ({
      generation: 2 ** 32 - 1 - i,
      key: random(32),
    })),
  };
  const sizes = [alice.contents, { ...alice.contents, recoveryKey: null }, full].map((contents) => {
    const vault = createVault({
      account,
      contents,
      exportKey: alice.exportKey,
      recoveryKey: alice.genesis.recoveryKey,
      random,
    });
    expect(openVaultByPassword({ chain: alice.chain, vault, exportKey: alice.exportKey }).contents).toEqual(contents);
    return vault.length;
  });
  expect(new Set(sizes).size).toBe(1);
  expect(sizes[0]).toBeLessThanOrEqual(VAULT_BYTES_MAX);
  const overfull = { ...full, archiveKeys: [...full.archiveKeys, { generation: 0, key: random(32) }] };
  expect(() =>
    createVault({
      account,
      contents: overfull,
      exportKey: alice.exportKey,
      recoveryKey: alice.genesis.recoveryKey,
      random,
    }),
  ).toThrow(RangeError);
});

test("no key lies in a vault as it is", async () => {
  const alice = await owner();
  const text = Array.from(vaultOf(alice), (byte) => String.fromCharCode(byte)).join("");
  for (const secret of [
    alice.contents.accountPrivateKey,
    alice.genesis.recoveryKey,
    alice.contents.archiveKeys[0]!.key,
    alice.exportKey,
  ])
    expect(text.includes(Array.from(secret, (byte) => String.fromCharCode(byte)).join(""))).toBe(false);
});

test("a recovery key is eight groups of four, however it is typed back", () => {
  for (let i = 0; i < 50; i++) {
    const key = random(16);
    const text = printRecoveryKey(key);
    expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(parseRecoveryKey(text)).toEqual(key);
    expect(parseRecoveryKey(` ${text.toLowerCase().replaceAll("-", " ")}\n`)).toEqual(key);
    expect(parseRecoveryKey(text.replaceAll("0", "o").replaceAll("1", "l"))).toEqual(key);
  }
});

test("a mistyped recovery key is noticed before it is tried", () => {
  const text = printRecoveryKey(random(16)).replaceAll("-", "");
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (let at = 0; at < text.length; at++) {
    for (const other of alphabet)
      if (other !== text[at]) expect(parseRecoveryKey(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
    if (at > 0 && text[at] !== text[at - 1])
      expect(parseRecoveryKey(text.slice(0, at - 1) + text[at] + text[at - 1] + text.slice(at + 1))).toBeUndefined();
  }
  for (const bad of ["", text.slice(1), `${text}0`, text.replace(/./, "U"), text.replace(/./, "🙂"), "0".repeat(33)])
    expect(parseRecoveryKey(bad)).toBeUndefined();
});

test("[T65] signing and wrapping keys of one recovery key have nothing in common", () => {
  const key = random(16);
  const [signing, wrapping] = [recoverySigningKey(key), recoveryWrappingKey(key)];
  expect(signing.privateKey).not.toEqual(wrapping);
  expect(recoverySigningKey(key)).toEqual(signing);
  expect(recoveryWrappingKey(random(16))).not.toEqual(wrapping);
});
