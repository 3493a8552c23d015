import { ed25519 } from "@noble/curves/ed25519.js";
import {
  createAddDevice,
  createGenesis,
  createRevokeDevice,
  generateKeyPair,
  verifyChain,
  type KeyPair,
} from "@sotto/crypto";
import { memoryStorage } from "@sotto/platform-node";
import type { AccountId, DeviceId } from "@sotto/protocol";
import { expect, test } from "vitest";
import { NOTHING_TOLD, People } from "./people.ts";
import type { Store } from "../ports.ts";
import { migrate } from "../schema.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

async function account(devices: number): Promise<{ account: AccountId; chain: Uint8Array[]; revoked: Uint8Array[] }> {
  const genesis = await createGenesis(random);
  const chain = [genesis.statement];
  let last: { device: Awaited<ReturnType<typeof createAddDevice>>["device"]; signIn: KeyPair } | undefined;
  for (let i = 0; i < devices; i++) {
    const signIn = generateKeyPair(random);
    const added = await createAddDevice({
      chain,
      accountPrivateKey: genesis.accountPrivateKey,
      signInPublicKey: signIn.publicKey,
      leafKey: generateKeyPair(random),
      kind: "web",
      addedAt: 1,
      signWithSignInKey: async (message) => ed25519.sign(message, signIn.privateKey),
    });
    chain.push(added.statement);
    last = { device: added.device, signIn };
  }
  const revocation = await createRevokeDevice({
    chain,
    device: last!.device,
    signer: { kind: "account", privateKey: genesis.accountPrivateKey },
    revokedAt: 2,
  });
  return { account: genesis.account, chain, revoked: [...chain, revocation] };
}

async function people(own: AccountId): Promise<{ store: Store; people: People }> {
  const store = await memoryStorage().open();
  migrate(store);
  return { store, people: new People(store, own) };
}

test("[T05] a pinned identity only grows: a shorter one from the server changes nothing", async () => {
  const ada = await account(2);
  const known = await people(ada.account);
  known.people.learn(ada.account, ada.chain, "ada");
  const kept = known.people.learn(ada.account, ada.chain.slice(0, 2), "ada");
  expect(kept.length).toBe(3);
  expect(() => known.people.learn(ada.account, ada.chain.slice(0, 2), "ada", true)).toThrow(
    expect.objectContaining({ code: "chain/rolled-back" }),
  );
  known.people.learn(ada.account, ada.revoked, "ada");
  expect(known.people.details(ada.account).devices.map(({ active }) => active)).toEqual([true, false]);
});

test("[T06] another account's identity under a known name is refused, and so is a fork", async () => {
  const [ada, eve] = [await account(1), await account(1)];
  const known = await people(ada.account);
  known.people.learn(ada.account, ada.chain, "ada");
  expect(() => known.people.learn(ada.account, eve.chain, "ada")).toThrow(
    expect.objectContaining({ code: "chain/invalid" }),
  );
  const before = known.people.chainBytes(ada.account);
  const mixed = [ada.chain[0]!, eve.chain[1]!];
  expect(() => known.people.learn(ada.account, mixed, "ada")).toThrow(
    expect.objectContaining({ code: "chain/invalid" }),
  );
  expect(known.people.chainBytes(ada.account)).toEqual(before);
});

test("[T06] two devices added after the same head contradict each other", async () => {
  const genesis = await createGenesis(random);
  const grow = async (): Promise<Uint8Array[]> => {
    const signIn = generateKeyPair(random);
    const { statement } = await createAddDevice({
      chain: [genesis.statement],
      accountPrivateKey: genesis.accountPrivateKey,
      signInPublicKey: signIn.publicKey,
      leafKey: generateKeyPair(random),
      kind: "web",
      addedAt: 1,
      signWithSignInKey: async (message) => ed25519.sign(message, signIn.privateKey),
    });
    return [genesis.statement, statement];
  };
  const [one, other] = [await grow(), await grow()];
  expect(verifyChain(other).kind).toBe("valid");
  const known = await people(genesis.account);
  known.people.learn(genesis.account, one, "ada");
  expect(() => known.people.learn(genesis.account, other, "ada")).toThrow(
    expect.objectContaining({ code: "chain/forked" }),
  );
});

test("a name that people call themselves survives, and so does the username: an account has one for life", async () => {
  const ada = await account(1);
  const known = await people(ada.account);
  known.people.learn(ada.account, ada.chain, "ada");
  known.people.setDisplayName(ada.account, "Ada Lovelace");
  known.people.learn(ada.account, ada.chain, "countess");
  expect(known.people.person(ada.account)).toMatchObject({
    username: "ada",
    displayName: "Ada Lovelace",
    trust: "self",
  });
});

test("a display name that is heard before its owner's identity is known is kept", async () => {
  const [own, ada] = [await account(1), await account(1)];
  const known = await people(own.account);
  known.people.setDisplayName(ada.account, "Ada");
  known.people.learn(ada.account, ada.chain, "ada");
  expect(known.people.person(ada.account)).toMatchObject({ username: "ada", displayName: "Ada" });
});

test("[T06] a name leads to the account that it led to before", async () => {
  const ada = await account(1);
  const known = await people(ada.account);
  expect(known.people.accountCalled("ada")).toBeUndefined();
  known.people.learn(ada.account, ada.chain, "ada");
  expect(known.people.accountCalled("ada")).toBe(ada.account);
});

test("T70 an end that is dated ahead is remembered with the time at which it was learnt, once; others aren't", async () => {
  const ada = await account(2);
  const { store } = await people(ada.account);
  const device = deviceOf(ada.revoked);
  // Revoked at 2 s.
  let now = 1_500;
  const known = new People(store, ada.account, { ...NOTHING_TOLD, now: () => now });
  known.learn(ada.account, ada.chain, "ada");
  expect(known.noticedEnd(ada.account, device)).toBeUndefined();
  known.learn(ada.account, ada.revoked, "ada");
  now = 1_600;
  known.learn(ada.account, ada.revoked, "ada");
  expect(known.noticedEnd(ada.account, device)).toBe(1_500);
  const eve = await account(2);
  now = 3_000;
  known.learn(eve.account, eve.revoked, "eve");
  expect(known.noticedEnd(eve.account, deviceOf(eve.revoked))).toBeUndefined();
});

/** The one that the last statement ends. */
function deviceOf(statements: readonly Uint8Array[]): DeviceId {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid") throw new Error(verdict.because);
  return verdict.chain.devices.at(-1)!.device;
}
