import { idBytes, RECLAIMS_ANNOUNCED_MAX } from "@sotto/protocol";
import { expect, test } from "vitest";
import { encodeChain, extendsChain, hasHead, isActiveDevice, type VerifiedChain } from "./chain.ts";
import { reclaimCompletesAt } from "./follow-statement.ts";
import { chainJudge } from "./judge.ts";
import { LABEL, type Label } from "./labels.ts";
import { recoverySigningKey } from "./recovery-key.ts";
import { safetyNumber } from "./safety-number.ts";
import { generateKeyPair, keyPairOf, sign, type KeyPair } from "./signature.ts";
import { accountKeyBody, recoveryKeyBody, STATEMENT } from "./statement.ts";
import { because, DAY, forge, NOW, valid, World, type WorldDevice } from "../test/chain-world.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(41);
const fresh = () => generateKeyPair(random);

test("a new account key takes the place of the former, which vouched for it and can do nothing any more", async () => {
  const ada = await World.begin(1);
  const laptop = await ada.add();
  const before = ada.chain;
  const { statement, accountPrivateKey } = await ada.rotation();
  expect(ada.offer(statement)).toBe("valid");
  expect(ada.chain.accountKey).toEqual(keyPairOf(accountPrivateKey).publicKey);
  expect(ada.chain).toMatchObject({ account: before.account, reclaims: 0, recoveryKey: before.recoveryKey });
  expect(isActiveDevice(ada.chain, laptop.device)).toBe(true);
  expect(extendsChain(before, ada.chain)).toBe("longer");
  expect(ada.offer(await ada.revocation(laptop))).toBe("bad-signature");
  expect(ada.offer(await ada.close())).toBe("bad-signature");
  ada.accountPrivateKey = accountPrivateKey;
  expect(ada.offer(await ada.revocation(laptop))).toBe("valid");
});

test("[T06] a safety number changes with the account key, also when the former one vouched for the new", async () => {
  const [ada, bob] = [await World.begin(2), await World.begin(3)];
  const before = safetyNumber(ada.chain, bob.chain);
  ada.offer((await ada.recoveryRotation()).statement);
  expect(safetyNumber(ada.chain, bob.chain)).toBe(before);
  ada.offer((await ada.rotation()).statement);
  expect(safetyNumber(ada.chain, bob.chain)).not.toBe(before);
});

test("a new recovery key takes the place of the former; nothing else changes", async () => {
  const ada = await World.begin(4);
  const before = ada.chain;
  const { statement, recoveryKey } = await ada.recoveryRotation();
  expect(ada.offer(statement)).toBe("valid");
  expect(ada.chain.recoveryKey).toEqual(recoverySigningKey(recoveryKey).publicKey);
  expect(ada.chain).toMatchObject({ accountKey: before.accountKey, reclaims: 0, pendingReclaim: null });
});

/** A statement that rotates a key, with everything of the attacker's choice. */
function rotating(
  chain: VerifiedChain,
  kind: "account" | "recovery",
  parts: { key: KeyPair; signer: Uint8Array; proof?: Uint8Array; label?: Label; body?: Uint8Array },
): Uint8Array {
  const { key, signer } = parts;
  const usual =
    kind === "account"
      ? accountKeyBody(chain.account, key.publicKey, chain.recoveryKey)
      : recoveryKeyBody(chain.account, key.publicKey);
  const label = parts.label ?? (kind === "account" ? LABEL.accountKeyPossession : LABEL.recoveryKeyPossession);
  const proof = parts.proof ?? sign(key.privateKey, label, parts.body ?? usual);
  const number = kind === "account" ? STATEMENT.rotateAccountKey : STATEMENT.rotateRecoveryKey;
  return forge(signer, number, chain.head, [key.publicKey, NOW, proof]);
}

test.each(["account", "recovery"] as const)("[T06] nobody but the account key changes the %s key", async (kind) => {
  const ada = await World.begin(5);
  const laptop = await ada.add();
  const { chain, statements } = ada;
  const key = fresh();
  const signers = [laptop.signIn, laptop.leaf, fresh(), key, recoverySigningKey(ada.recoveryKey)];
  for (const { privateKey } of signers)
    expect(because([...statements, rotating(chain, kind, { key, signer: privateKey })])).toBe("bad-signature");
  expect(because([...statements, rotating(chain, kind, { key, signer: ada.accountPrivateKey })])).toBe("valid");
});

test.each(["account", "recovery"] as const)(
  "[T08] a new %s key proves that its owner agreed, to this account and this place",
  async (kind) => {
    const [ada, bob] = [await World.begin(6), await World.begin(7)];
    const { chain, statements } = ada;
    const [key, signer] = [fresh(), ada.accountPrivateKey];
    const account = accountKeyBody(chain.account, key.publicKey, chain.recoveryKey);
    const recovery = recoveryKeyBody(chain.account, key.publicKey);
    const wrong = [
      { body: accountKeyBody(bob.chain.account, key.publicKey, chain.recoveryKey) },
      { body: accountKeyBody(chain.account, key.publicKey, bob.chain.recoveryKey) },
      { body: recoveryKeyBody(bob.chain.account, key.publicKey) },
      { body: kind === "account" ? recovery : account },
      { label: kind === "account" ? LABEL.recoveryKeyPossession : LABEL.accountKeyPossession },
      { label: LABEL.chainStatement },
      { proof: sign(fresh().privateKey, LABEL.accountKeyPossession, account) },
      { proof: sign(fresh().privateKey, LABEL.recoveryKeyPossession, recovery) },
      { proof: new Uint8Array(64) },
    ];
    for (const parts of wrong)
      expect(because([...statements, rotating(chain, kind, { key, signer, ...parts })])).toBe("bad-possession");
    expect(because([...statements, rotating(chain, kind, { key, signer })])).toBe("valid");
  },
);

/** An account that has used keys in every place there is, former ones too. @returns it, and all of those keys */
async function wellWorn(seed: number): Promise<{ ada: World; used: Record<string, KeyPair>; device: WorldDevice }> {
  const ada = await World.begin(seed);
  const used: Record<string, KeyPair> = {
    "first account key": keyPairOf(ada.accountPrivateKey),
    "first recovery key": recoverySigningKey(ada.recoveryKey),
  };
  const [device, gone] = [await ada.add(), await ada.add()];
  Object.assign(used, { "sign-in key": device.signIn, "leaf key": device.leaf });
  Object.assign(used, { "revoked sign-in key": gone.signIn, "revoked leaf key": gone.leaf });
  const forsaken = await ada.announcement(gone, NOW);
  ada.offer(forsaken.statement);
  used["announced account key"] = keyPairOf(forsaken.accountPrivateKey);
  used["announced recovery key"] = recoverySigningKey(forsaken.recoveryKey);
  ada.offer(await ada.revocation(gone));
  const rotated = await ada.rotation();
  ada.offer(rotated.statement);
  ada.accountPrivateKey = rotated.accountPrivateKey;
  const rekeyed = await ada.recoveryRotation();
  ada.offer(rekeyed.statement);
  ada.recoveryKey = rekeyed.recoveryKey;
  used["account key"] = keyPairOf(ada.accountPrivateKey);
  used["recovery key"] = recoverySigningKey(ada.recoveryKey);
  expect(ada.statements).toHaveLength(7);
  return { ada, used, device };
}

function announcing(
  chain: VerifiedChain,
  device: WorldDevice,
  parts: {
    accountKey?: KeyPair;
    recoveryKey?: KeyPair;
    stage?: number;
    at?: number;
    signer?: Uint8Array;
    proof?: Uint8Array;
  } = {},
): Uint8Array {
  const { accountKey = fresh(), recoveryKey = fresh(), stage = 0, at = NOW, signer = device.signIn.privateKey } = parts;
  const body = accountKeyBody(chain.account, accountKey.publicKey, recoveryKey.publicKey);
  const proof = parts.proof ?? sign(accountKey.privateKey, LABEL.accountKeyPossession, body);
  const fields = [stage, accountKey.publicKey, recoveryKey.publicKey, idBytes(device.device), at, proof];
  return forge(signer, STATEMENT.reclaim, chain.head, fields);
}

test("[T08] [T65] a key that ever stood in the chain, in whatever place, is taken in none again", async () => {
  const { ada, used, device } = await wellWorn(8);
  const { chain, statements } = ada;
  const signer = ada.accountPrivateKey;
  expect(chain.usedKeys).toHaveLength(Object.keys(used).length);
  for (const [what, key] of Object.entries(used)) {
    const attempts = {
      account: rotating(chain, "account", { key, signer }),
      recovery: rotating(chain, "recovery", { key, signer }),
      "reclaim, account": announcing(chain, device, { accountKey: key }),
      "reclaim, recovery": announcing(chain, device, { recoveryKey: key }),
      device: forge(signer, STATEMENT.addDevice, chain.head, [
        key.publicKey,
        fresh().publicKey,
        "web",
        NOW,
        new Uint8Array(64),
        new Uint8Array(64),
      ]),
    };
    for (const [where, statement] of Object.entries(attempts))
      expect({ what, where, verdict: because([...statements, statement]) }).toEqual({
        what,
        where,
        verdict: "key-reused",
      });
  }
  const both = fresh();
  expect(because([...statements, announcing(chain, device, { accountKey: both, recoveryKey: both })])).toBe(
    "key-reused",
  );
  expect(because([...statements, announcing(chain, device)])).toBe("valid");
});

test("[T37] keys of small order, and what isn't a point, are refused in every place", async () => {
  const ada = await World.begin(9);
  const device = await ada.add();
  const { chain, statements } = ada;
  const identity = new Uint8Array(32);
  identity[0] = 1;
  for (const publicKey of [identity, new Uint8Array(32), new Uint8Array(32).fill(255)]) {
    const key = { publicKey, privateKey: fresh().privateKey };
    const signer = ada.accountPrivateKey;
    for (const statement of [
      rotating(chain, "account", { key, signer }),
      rotating(chain, "recovery", { key, signer }),
      announcing(chain, device, { accountKey: key }),
      announcing(chain, device, { recoveryKey: key }),
    ])
      expect(because([...statements, statement])).toBe("unusable-key");
  }
});

test("password and recovery key lost: a device announces, waits a day, and the account is its own again", async () => {
  const ada = await World.begin(10);
  const [laptop, phone] = [await ada.add(), await ada.add()];
  const before = ada.chain;
  const announced = await ada.announcement(laptop, NOW);
  expect(ada.offer(announced.statement)).toBe("valid");
  expect(ada.chain).toMatchObject({ accountKey: before.accountKey, recoveryKey: before.recoveryKey, reclaims: 0 });
  expect(ada.chain.pendingReclaim).toEqual({
    device: laptop.device,
    accountKey: keyPairOf(announced.accountPrivateKey).publicKey,
    recoveryKey: recoverySigningKey(announced.recoveryKey).publicKey,
    announcedAt: NOW,
    alone: false,
  });
  expect(reclaimCompletesAt(before)).toBeNull();
  expect(reclaimCompletesAt(ada.chain)).toBe(NOW + DAY);
  expect(ada.offer(await ada.completion(laptop, announced, NOW + DAY - 1))).toBe("too-early");
  expect(ada.offer(await ada.completion(laptop, announced, NOW + DAY))).toBe("valid");
  expect(ada.chain.accountKey).toEqual(keyPairOf(announced.accountPrivateKey).publicKey);
  expect(ada.chain.recoveryKey).toEqual(recoverySigningKey(announced.recoveryKey).publicKey);
  expect(ada.chain).toMatchObject({ account: before.account, reclaims: 1, pendingReclaim: null });
  expect(ada.chain.devices.map(({ active }) => active)).toEqual([true, true]);
  expect(ada.offer(await ada.revocation(phone))).toBe("bad-signature");
  ada.accountPrivateKey = announced.accountPrivateKey;
  expect(ada.offer(await ada.revocation(phone))).toBe("valid");
});

test("[T06] who has checked a chain before a reclaim finds it there, and that it was reclaimed since", async () => {
  const ada = await World.begin(11);
  const laptop = await ada.add();
  const pinned = ada.chain;
  const announced = await ada.announcement(laptop, NOW);
  ada.offer(announced.statement);
  expect(ada.chain.reclaims).toBe(pinned.reclaims);
  ada.offer(await ada.completion(laptop, announced, NOW));
  expect(ada.chain.reclaims).toBe(pinned.reclaims + 1);
  expect(extendsChain(pinned, ada.chain)).toBe("longer");
  expect(hasHead(ada.chain, pinned.head)).toBe(true);
  expect(hasHead(pinned, ada.chain.head)).toBe(false);
  expect(hasHead(ada.chain, ada.chain.head)).toBe(true);
  expect(hasHead(ada.chain, new Uint8Array(32))).toBe(false);
  const second = await ada.announcement(laptop, NOW);
  ada.offer(second.statement);
  ada.offer(await ada.completion(laptop, second, NOW));
  expect(ada.chain.reclaims).toBe(2);
});

test("the only device needn't wait, as long as it is the only one", async () => {
  const ada = await World.begin(12);
  const [laptop, gone] = [await ada.add(), await ada.add()];
  ada.offer(await ada.revocation(gone));
  const announced = await ada.announcement(laptop, NOW);
  ada.offer(announced.statement);
  expect(ada.chain.pendingReclaim?.alone).toBe(true);
  expect(reclaimCompletesAt(ada.chain)).toBe(NOW);
  expect(because([...ada.statements, await ada.completion(laptop, announced, NOW - 1)])).toBe("too-early");
  expect(because([...ada.statements, await ada.completion(laptop, announced, NOW)])).toBe("valid");
  await ada.add();
  expect(reclaimCompletesAt(ada.chain)).toBe(NOW + DAY);
  expect(ada.offer(await ada.completion(laptop, announced, NOW))).toBe("too-early");
  expect(ada.offer(await ada.completion(laptop, announced, NOW + DAY))).toBe("valid");
});

test("a device that wasn't the only one when it announced waits, also when the others have gone since", async () => {
  const ada = await World.begin(13);
  const [laptop, phone] = [await ada.add(), await ada.add()];
  const announced = await ada.announcement(laptop, NOW);
  ada.offer(announced.statement);
  ada.offer(await ada.revocation(phone, "device"));
  expect(ada.offer(await ada.completion(laptop, announced, NOW + DAY - 1))).toBe("too-early");
});

test("[T70] what ends a reclaim: its device's end by either signer, a new account key, the account's end", async () => {
  const ends: ((ada: World, thief: WorldDevice) => Promise<Uint8Array>)[] = [
    (ada, thief) => ada.revocation(thief, "account"),
    (ada, thief) => ada.revocation(thief, "device"),
    async (ada) => (await ada.rotation()).statement,
    (ada) => ada.close(),
  ];
  for (const end of ends) {
    const ada = await World.begin(14);
    const [, thief] = [await ada.add(), await ada.add()];
    const announced = await ada.announcement(thief, NOW);
    ada.offer(announced.statement);
    expect(ada.offer(await end(ada, thief))).toBe("valid");
    expect(ada.chain.pendingReclaim).toBeNull();
    expect(reclaimCompletesAt(ada.chain)).toBeNull();
    const late = ada.offer(await ada.completion(thief, announced, NOW + 2 * DAY));
    expect(["not-announced", "after-close"]).toContain(late);
  }
});

test("what doesn't end a reclaim: another device's end, a new device, a new recovery key", async () => {
  const ada = await World.begin(15);
  const [laptop, phone] = [await ada.add(), await ada.add()];
  const announced = await ada.announcement(laptop, NOW);
  ada.offer(announced.statement);
  ada.offer(await ada.revocation(phone));
  await ada.add();
  ada.offer((await ada.recoveryRotation()).statement);
  expect(ada.chain.pendingReclaim?.device).toBe(laptop.device);
  expect(ada.offer(await ada.completion(laptop, announced, NOW + DAY))).toBe("valid");
});

test("[T70] another device's announcement takes the place of the first, whose day counts for nothing", async () => {
  const ada = await World.begin(16);
  const [thief, laptop] = [await ada.add(), await ada.add()];
  const first = await ada.announcement(thief, NOW);
  ada.offer(first.statement);
  const second = await ada.announcement(laptop, NOW + DAY - 10);
  expect(ada.offer(second.statement)).toBe("valid");
  expect(ada.chain.pendingReclaim?.device).toBe(laptop.device);
  expect(ada.offer(await ada.completion(thief, first, NOW + DAY))).toBe("not-announced");
  expect(ada.offer(await ada.completion(laptop, second, NOW + DAY))).toBe("too-early");
  expect(ada.offer(await ada.completion(laptop, second, NOW + 2 * DAY - 10))).toBe("valid");
});

test("[T05] [T70] a reclaim is announced by an active device's sign-in key, and by nothing else", async () => {
  const ada = await World.begin(17);
  const [laptop, gone] = [await ada.add(), await ada.add()];
  ada.offer(await ada.revocation(gone));
  const { chain, statements } = ada;
  const tried = (device: WorldDevice, signer?: Uint8Array) =>
    because([...statements, announcing(chain, device, signer === undefined ? {} : { signer })]);
  expect(tried(gone)).toBe("unknown-device");
  expect(tried({ ...laptop, device: (await (await World.begin(18)).add()).device })).toBe("unknown-device");
  for (const signer of [laptop.leaf, gone.signIn, fresh(), keyPairOf(ada.accountPrivateKey)])
    expect(tried(laptop, signer.privateKey)).toBe("bad-signature");
  expect(tried(laptop)).toBe("valid");
});

test("[T05] [T70] a reclaim is completed by the device that announced it, with the very keys", async () => {
  const ada = await World.begin(19);
  const [laptop, phone] = [await ada.add(), await ada.add()];
  const [accountKey, recoveryKey] = [fresh(), fresh()];
  const keys = { accountKey, recoveryKey };
  const late = { stage: 1, at: NOW + DAY };
  expect(because([...ada.statements, announcing(ada.chain, laptop, { ...keys, ...late })])).toBe("not-announced");
  expect(ada.offer(announcing(ada.chain, laptop, keys))).toBe("valid");
  const { chain, statements } = ada;
  const tried = (device: WorldDevice, parts: Parameters<typeof announcing>[2]) =>
    because([...statements, announcing(chain, device, { ...keys, ...late, ...parts })]);
  expect(tried(phone, {})).toBe("not-announced");
  expect(tried({ ...laptop, device: (await (await World.begin(18)).add()).device }, {})).toBe("not-announced");
  expect(tried(laptop, { accountKey: fresh() })).toBe("not-announced");
  expect(tried(laptop, { recoveryKey: fresh() })).toBe("not-announced");
  expect(tried(laptop, { accountKey: recoveryKey, recoveryKey: accountKey })).toBe("not-announced");
  for (const signer of [laptop.leaf, phone.signIn, keyPairOf(ada.accountPrivateKey), accountKey])
    expect(tried(laptop, { signer: signer.privateKey })).toBe("bad-signature");
  expect(tried(laptop, { proof: new Uint8Array(64) })).toBe("bad-possession");
  expect(tried(laptop, { stage: 2 })).toBe("malformed");
  expect(tried(laptop, {})).toBe("valid");
  const done = [...statements, announcing(chain, laptop, { ...keys, ...late })];
  expect(because([...done, announcing(valid(done), laptop, { ...keys, ...late })])).toBe("not-announced");
});

test("[T08] the new account key of a reclaim agrees to this account and to the recovery key beside it", async () => {
  const [ada, bob] = [await World.begin(20), await World.begin(21)];
  const laptop = await ada.add();
  const { chain, statements } = ada;
  const [accountKey, recoveryKey] = [fresh(), fresh()];
  const proofs = [
    [accountKey, accountKeyBody(bob.chain.account, accountKey.publicKey, recoveryKey.publicKey)],
    [accountKey, accountKeyBody(chain.account, accountKey.publicKey, chain.recoveryKey)],
    [recoveryKey, accountKeyBody(chain.account, accountKey.publicKey, recoveryKey.publicKey)],
    [laptop.signIn, accountKeyBody(chain.account, accountKey.publicKey, recoveryKey.publicKey)],
  ] as const;
  for (const [key, body] of proofs) {
    const proof = sign(key.privateKey, LABEL.accountKeyPossession, body);
    expect(because([...statements, announcing(chain, laptop, { accountKey, recoveryKey, proof })])).toBe(
      "bad-possession",
    );
  }
});

test("a device announces eight times at most, so that none can fill the chain", async () => {
  const ada = await World.begin(22);
  const [laptop, phone] = [await ada.add(), await ada.add()];
  for (let i = 0; i < RECLAIMS_ANNOUNCED_MAX; i++)
    expect(ada.offer((await ada.announcement(laptop, NOW)).statement)).toBe("valid");
  expect(ada.offer((await ada.announcement(laptop, NOW)).statement)).toBe("too-many-reclaims");
  expect(ada.offer((await ada.announcement(phone, NOW)).statement)).toBe("valid");
});

test("[T14] a chain whose keys changed binds its devices as before, and shows who was revoked", async () => {
  const ada = await World.begin(23);
  const [laptop, phone] = [await ada.add(), await ada.add()];
  const rotated = await ada.rotation();
  ada.offer(rotated.statement);
  const announced = await ada.announcement(laptop, NOW);
  ada.offer(announced.statement);
  ada.offer(await ada.completion(laptop, announced, NOW + DAY));
  ada.accountPrivateKey = announced.accountPrivateKey;
  ada.offer(await ada.revocation(phone));
  const bytes = encodeChain(ada.statements);
  const identity = (device: WorldDevice) => ({ account: ada.genesis.account, device: device.device });
  expect(chainJudge.bound(bytes, identity(phone), phone.leaf.publicKey)).toBe(true);
  expect(chainJudge.active(bytes, identity(phone), phone.leaf.publicKey)).toBe(false);
  expect(chainJudge.active(bytes, identity(laptop), laptop.leaf.publicKey)).toBe(true);
  expect(chainJudge.revokes(ada.statements, identity(phone))).toBe(true);
  expect(chainJudge.revokes(ada.statements, identity(laptop))).toBe(false);
});
