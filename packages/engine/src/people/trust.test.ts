import { ed25519 } from "@noble/curves/ed25519.js";
import {
  createAddDevice,
  createAnnounceReclaim,
  createCompleteReclaim,
  createGenesis,
  createRotateAccountKey,
  encodeChain,
  generateKeyPair,
  verifyChain,
  type KeyPair,
  type VerifiedChain,
} from "@sotto/crypto";
import { memoryStorage } from "@sotto/platform-node";
import { RECLAIM_NOTICE_SECONDS, type AccountId, type DeviceId } from "@sotto/protocol";
import { expect, test } from "vitest";
import { People, forgettingOnRollback } from "./people.ts";
import type { Store } from "../ports.ts";
import { migrate } from "../schema.ts";
import { SYNC, SyncState } from "../sync/sync-state.ts";
import { decodeDecision, encodeDecision, provesIdentity, trustOf, verificationText, type Decision } from "./trust.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
const NOW = 1_800_000_000;

type Made = {
  account: AccountId;
  chain: Uint8Array[];
  accountPrivateKey: Uint8Array;
  device: DeviceId;
  signIn: KeyPair;
};

async function addDevice(
  made: Pick<Made, "chain" | "accountPrivateKey">,
): Promise<Pick<Made, "chain" | "device" | "signIn">> {
  const signIn = generateKeyPair(random);
  const { statement, device } = await createAddDevice({
    chain: made.chain,
    accountPrivateKey: made.accountPrivateKey,
    signInPublicKey: signIn.publicKey,
    leafKey: generateKeyPair(random),
    kind: "web",
    addedAt: NOW,
    signWithSignInKey: async (message) => ed25519.sign(message, signIn.privateKey),
  });
  return { chain: [...made.chain, statement], device, signIn };
}

async function account(): Promise<Made> {
  const genesis = await createGenesis(random);
  const { accountPrivateKey } = genesis;
  const added = await addDevice({ chain: [genesis.statement], accountPrivateKey });
  return { account: genesis.account, accountPrivateKey, ...added };
}

/** The account with other keys that the old ones didn't vouch for. */
async function reclaimed(made: Made): Promise<Made> {
  const { chain, device } = made;
  const signWithSignInKey = async (message: Uint8Array) => ed25519.sign(message, made.signIn.privateKey);
  const announced = await createAnnounceReclaim({ chain, device, signWithSignInKey, announcedAt: NOW, random });
  const { accountPrivateKey, recoveryKey } = announced;
  const pending = [...chain, announced.statement];
  const completedAt = NOW + RECLAIM_NOTICE_SECONDS;
  const keys = { accountPrivateKey, recoveryKey };
  const completed = await createCompleteReclaim({ chain: pending, device, signWithSignInKey, completedAt, ...keys });
  return { ...made, chain: [...pending, completed], accountPrivateKey };
}

function verified(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid") throw new Error(verdict.because);
  return verdict.chain;
}

const pin = (made: Pick<Made, "chain">) => ({ chain: verified(made.chain), replaced: false, contradicted: false });
const comparedWith = (made: Pick<Made, "chain">): Decision => {
  const { head, reclaims } = verified(made.chain);
  return { verified: { head, reclaims, at: 1 }, blocked: false };
};
const UNDECIDED: Decision = { verified: null, blocked: false };

test("[T06] at the first contact nobody is verified", async () => {
  expect(trustOf(pin(await account()), UNDECIDED)).toBe("unverified");
  expect(trustOf(undefined, UNDECIDED)).toBe("unverified");
});

test("[OD11] [T06] verified lasts through new devices and a key that the old one vouches for", async () => {
  const ada = await account();
  const more = { ...ada, ...(await addDevice(ada)) };
  const rotated = await createRotateAccountKey({
    chain: more.chain,
    accountPrivateKey: ada.accountPrivateKey,
    rotatedAt: NOW,
    random,
  });
  const decision = comparedWith(ada);
  expect(trustOf(pin(ada), decision)).toBe("verified");
  expect(trustOf(pin(more), decision)).toBe("verified");
  expect(trustOf(pin({ chain: [...more.chain, rotated.statement] }), decision)).toBe("verified");
});

test("[OD11] [T06] keys that the old ones didn't vouch for are a change, until the person compares them", async () => {
  const ada = await account();
  const taken = await reclaimed(ada);
  expect(trustOf(pin(taken), comparedWith(ada))).toBe("changed");
  expect(trustOf(pin(taken), UNDECIDED)).toBe("unverified");
  expect(trustOf(pin(taken), comparedWith(taken))).toBe("verified");
  // Having compared before, on a device that saw the reclaim, says nothing about one that is shown the time before it.
  expect(trustOf(pin(ada), comparedWith(taken))).toBe("changed");
});

test("[OD11] [T06] what was compared must be in the pinned chain: neither a shorter nor another one passes", async () => {
  const ada = await account();
  const longer = { ...ada, ...(await addDevice(ada)) };
  const fork = { ...ada, ...(await addDevice(ada)) };
  expect(trustOf(pin(ada), comparedWith(longer))).toBe("changed");
  expect(trustOf(pin(fork), comparedWith(longer))).toBe("changed");
  expect(trustOf(pin(await account()), comparedWith(ada))).toBe("changed");
});

test("[T06] a name that moved and a contradicted chain are changes for whoever had compared, and for nobody else", async () => {
  const ada = await account();
  for (const what of [{ replaced: true }, { contradicted: true }]) {
    expect(trustOf({ ...pin(ada), ...what }, comparedWith(ada))).toBe("changed");
    expect(trustOf({ ...pin(ada), ...what }, UNDECIDED)).toBe("unverified");
  }
});

test("blocked is blocked, whatever else holds", async () => {
  const ada = await account();
  expect(trustOf(pin(await reclaimed(ada)), { ...comparedWith(ada), blocked: true })).toBe("blocked");
  expect(trustOf(undefined, { verified: null, blocked: true })).toBe("blocked");
});

test("a decision comes back as it was; what can't be read is none", async () => {
  const decision = { ...comparedWith(await account()), blocked: true };
  expect(decodeDecision(encodeDecision(decision))).toEqual(decision);
  for (const value of [
    undefined,
    null,
    1,
    "verified",
    [1, true, false],
    [2, null, false],
    [1, [new Uint8Array(32)], false],
  ])
    expect(decodeDecision(value)).toEqual(UNDECIDED);
});

test("[T06] a scanned code proves that each side sees the other's true account and key", async () => {
  const [ada, ben, eve] = [await account(), await account(), await account()];
  const [a, b, e] = [verified(ada.chain), verified(ben.chain), verified(eve.chain)];
  expect(verificationText(a, b)).toMatch(/^SOTTO VERIFY 1 \S+ \d{60}$/);
  expect(provesIdentity(verificationText(b, a), a, b)).toBe(true);
  // One's own code, in a mirror.
  expect(provesIdentity(verificationText(a, b), a, b)).toBe(false);
  // Somebody else's, and theirs for somebody else.
  expect(provesIdentity(verificationText(e, a), a, b)).toBe(false);
  expect(provesIdentity(verificationText(b, e), a, b)).toBe(false);
  // In between: Ben sees Eve's key under Ada's account, or Ada sees it under Ben's.
  const evesKey = (chain: VerifiedChain) => ({ account: chain.account, accountKey: e.accountKey });
  expect(provesIdentity(verificationText(b, evesKey(a)), a, b)).toBe(false);
  expect(provesIdentity(verificationText(b, a), a, evesKey(b))).toBe(false);
});

test("[OD16] [T06] only the whole text in its one form is a code", async () => {
  const [a, b] = [verified((await account()).chain), verified((await account()).chain)];
  const text = verificationText(b, a);
  for (const other of [
    "",
    text.toLowerCase(),
    ` ${text}`,
    `${text}\n`,
    `${text} `,
    text.replace("VERIFY 1", "VERIFY 2"),
    text.replace("VERIFY", "LINK"),
    text.slice(0, -1),
    `https://example.org/#${text}`,
    text.replace(/ (\d{5})/, " $1 "),
  ])
    expect([other, provesIdentity(other, a, b)]).toEqual([other, false]);
});

async function known(): Promise<{ store: Store; people: People; sync: SyncState; told: string[] }> {
  const store = await memoryStorage().open();
  migrate(store);
  const told: string[] = [];
  const own = (await account()).account;
  const sync = new SyncState(store, { now: () => 1 }, () => undefined);
  const events = {
    now: () => 5,
    identityChanged: () => told.push("identity-changed"),
    nameMoved: (_account: AccountId, username: string) => told.push(`name-moved ${username}`),
    ownChainGrew: () => undefined,
  };
  return { store, people: new People(store, own, events, sync), sync, told };
}

test("[OD10] [T06] verification is computed anew each time: neither the badge nor the pause is remembered", async () => {
  const { people, sync, told } = await known();
  const ada = await account();
  people.learn(ada.account, ada.chain, "ada");
  sync.set(SYNC.trust(ada.account), encodeDecision(comparedWith(ada)));
  expect(people.person(ada.account).trust).toBe("verified");
  expect([...people.withTrust("changed")]).toEqual([]);
  people.learn(ada.account, (await reclaimed(ada)).chain, "ada");
  expect(people.person(ada.account).trust).toBe("changed");
  expect(people.changedAt(ada.account)).toBe(5);
  expect([...people.withTrust("changed")]).toEqual([ada.account]);
  sync.delete(SYNC.trust(ada.account));
  expect(people.person(ada.account).trust).toBe("unverified");
  expect(people.changedAt(ada.account)).toBeNull();
  expect(told).toEqual(["identity-changed"]);
});

test("[T05] a leaf that contradicts the pinned chain counts against its account, and is told once", async () => {
  const { people, sync, told } = await known();
  const ada = await account();
  const [pinned, fork] = [await addDevice(ada), await addDevice(ada)];
  people.learn(ada.account, pinned.chain, "ada");
  sync.set(SYNC.trust(ada.account), encodeDecision(comparedWith(ada)));
  people.learnFromLeaf(ada.account, encodeChain(fork.chain));
  people.learnFromLeaf(ada.account, encodeChain(fork.chain));
  expect(people.trust(ada.account)).toBe("changed");
  expect(people.chain(ada.account)?.head).toEqual(verified(pinned.chain).head);
  expect(told).toEqual(["identity-changed"]);
  // A leaf that is only behind is no contradiction, and what is no chain of theirs is nothing.
  people.settle(ada.account);
  people.learnFromLeaf(ada.account, encodeChain(ada.chain));
  people.learnFromLeaf(ada.account, encodeChain((await account()).chain));
  people.learnFromLeaf(ada.account, new Uint8Array([1, 2, 3]));
  expect(people.trust(ada.account)).toBe("verified");
});

test("[T06] a name that leads to another account is told once, and the old account keeps no claim to it", async () => {
  const { people, told } = await known();
  const [old, next] = [await account(), await account()];
  people.learn(old.account, old.chain, "ada");
  people.replaceBy(old.account, next.account);
  people.replaceBy(old.account, next.account);
  people.learn(next.account, next.chain, "ada");
  expect(people.person(old.account)).toMatchObject({ replaced: true, username: "ada", trust: "unverified" });
  expect(people.person(next.account)).toMatchObject({ replaced: false, username: "ada", trust: "unverified" });
  expect(people.accountCalled("ada")).toBe(next.account);
  expect(told).toEqual(["name-moved ada"]);
});

test("[T06] a server that calls somebody verified by another name doesn't free the name that they have", async () => {
  const { people, sync } = await known();
  const [ada, imposter] = [await account(), await account()];
  people.learn(ada.account, ada.chain, "ada");
  sync.set(SYNC.trust(ada.account), encodeDecision(comparedWith(ada)));
  people.learn(ada.account, ada.chain, "adam");
  people.learn(ada.account, (await addDevice(ada)).chain, "adam");
  expect(people.accountCalled("ada")).toBe(ada.account);
  people.replaceBy(ada.account, imposter.account);
  expect(people.trust(ada.account)).toBe("changed");
  // Somebody who was only in a commit so far has no name yet.
  people.learnFromLeaf(imposter.account, encodeChain(imposter.chain));
  people.learn(imposter.account, imposter.chain, "ida");
  expect(people.person(imposter.account).username).toBe("ida");
});

test("a transaction that fails leaves nothing in memory of what it had learnt", async () => {
  const { store, people, sync } = await known();
  const careful = forgettingOnRollback(store, [people, sync]);
  const ada = await account();
  careful.transaction(() => people.learn(ada.account, ada.chain, "ada"));
  const longer = await addDevice(ada);
  expect(() =>
    careful.transaction(() => {
      sync.set(SYNC.name(ada.account), "Ada");
      expect(people.person(ada.account).contactName).toBe("Ada");
      people.learn(ada.account, longer.chain, "ada");
      expect(people.chain(ada.account)?.length).toBe(3);
      throw new Error("full");
    }),
  ).toThrow("full");
  expect(people.chain(ada.account)?.length).toBe(2);
  expect(people.person(ada.account).contactName).toBeNull();
});
