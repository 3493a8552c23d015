import {
  CHAIN_BYTES_MAX,
  CHAIN_STATEMENTS_MAX,
  EXTENSION_BYTES_MAX,
  decodeCbor,
  encodeCbor,
  equalBytes,
  idBytes,
  toBase64Url,
} from "@sotto/protocol";
import { expect, test } from "vitest";
import {
  decodeChain,
  encodeChain,
  everBound,
  extendsChain,
  isActiveDevice,
  verifyChain,
  type VerifiedChain,
} from "./chain.ts";
import { createAddDevice, createCloseAccount, createGenesis, createRevokeDevice } from "./create-statements.ts";
import { labelled } from "./hash.ts";
import { chainJudge } from "./judge.ts";
import { LABEL } from "./labels.ts";
import { createLeave, isLeaveStatement, verifyLeave } from "./leave.ts";
import { generateKeyPair, keyPairOf, sign, signMessage, verify, type KeyPair } from "./signature.ts";
import { recoverySigningKey } from "./recovery-key.ts";
import { deviceIdOfKeys, possessionBody, STATEMENT, statementMessage, unsignedStatement } from "./statement.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(1);
const LATER = 1_800_000_000;

type TestDevice = { signIn: KeyPair; leaf: KeyPair; device: ReturnType<typeof deviceIdOfKeys> };

async function account() {
  const genesis = await createGenesis(random);
  const statements = [genesis.statement];
  const key = genesis.accountPrivateKey;
  return {
    ...genesis,
    statements,
    chain: () => valid(statements),
    async add(parts: Partial<{ signIn: KeyPair; leaf: KeyPair }> = {}): Promise<TestDevice> {
      const signIn = parts.signIn ?? generateKeyPair(random);
      const leaf = parts.leaf ?? generateKeyPair(random);
      const added = await createAddDevice({
        chain: statements,
        accountPrivateKey: key,
        signInPublicKey: signIn.publicKey,
        leafKey: leaf,
        kind: "web",
        addedAt: LATER,
        signWithSignInKey: async (message) => signMessage(signIn.privateKey, message),
      });
      statements.push(added.statement);
      return { signIn, leaf, device: added.device };
    },
    async revoke(device: TestDevice["device"]) {
      statements.push(
        await createRevokeDevice({
          chain: statements,
          device,
          signer: { kind: "account", privateKey: key },
          revokedAt: LATER,
        }),
      );
    },
  };
}

function valid(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid") throw new Error(verdict.because);
  return verdict.chain;
}

const because = (statements: readonly Uint8Array[]) => {
  const verdict = verifyChain(statements);
  return verdict.kind === "valid" ? "valid" : verdict.because;
};

/** Any statement, signed by any key: what a hostile server or member may make. */
function forge(privateKey: Uint8Array, kind: number, previous: Uint8Array, fields: readonly unknown[]): Uint8Array {
  const unsigned = unsignedStatement(kind, previous, fields);
  return encodeCbor([...unsigned, signMessage(privateKey, statementMessage(unsigned))]);
}

function proofs(chain: VerifiedChain, signIn: KeyPair, leaf: KeyPair): [Uint8Array, Uint8Array] {
  const body = possessionBody(chain.account, signIn.publicKey, leaf.publicKey);
  return [sign(signIn.privateKey, LABEL.signInPossession, body), sign(leaf.privateKey, LABEL.leafPossession, body)];
}

test("a chain says who the account is and which devices speak for it", async () => {
  const alice = await account();
  const laptop = await alice.add();
  const phone = await alice.add();
  await alice.revoke(laptop.device);
  const chain = alice.chain();
  expect(chain.account).toBe(alice.account);
  expect(chain.accountKey).toEqual(keyPairOf(alice.accountPrivateKey).publicKey);
  expect(chain).toMatchObject({ length: 4, closed: false });
  expect(
    chain.devices.map(({ device, active, kind, addedAt, revokedAt }) => ({ device, active, kind, addedAt, revokedAt })),
  ).toEqual([
    { device: laptop.device, active: false, kind: "web", addedAt: LATER, revokedAt: LATER },
    { device: phone.device, active: true, kind: "web", addedAt: LATER, revokedAt: null },
  ]);
  expect(isActiveDevice(chain, laptop.device)).toBe(false);
  expect(isActiveDevice(chain, phone.device)).toBe(true);
  expect(everBound(chain, laptop.device, laptop.leaf.publicKey)).toBe(true);
  expect(everBound(chain, laptop.device, phone.leaf.publicKey)).toBe(false);
});

test("a device signs itself out, and no other device", async () => {
  const alice = await account();
  const [laptop, phone] = [await alice.add(), await alice.add()];
  const signOut = (by: TestDevice) =>
    createRevokeDevice({
      chain: alice.statements,
      device: laptop.device,
      revokedAt: LATER,
      signer: { kind: "device", sign: async (message) => signMessage(by.signIn.privateKey, message) },
    });
  expect(because([...alice.statements, await signOut(phone)])).toBe("bad-signature");
  expect(isActiveDevice(valid([...alice.statements, await signOut(laptop)]), laptop.device)).toBe(false);
});

test("a closed account has no active device, and nothing follows", async () => {
  const alice = await account();
  const laptop = await alice.add();
  const before = alice.chain();
  alice.statements.push(
    await createCloseAccount({ chain: alice.statements, accountPrivateKey: alice.accountPrivateKey, closedAt: LATER }),
  );
  expect(isActiveDevice(alice.chain(), laptop.device)).toBe(false);
  expect(everBound(alice.chain(), laptop.device, laptop.leaf.publicKey)).toBe(true);
  expect(before.closed).toBe(false);
  const more = forge(alice.accountPrivateKey, STATEMENT.revokeDevice, alice.chain().head, [
    idBytes(laptop.device),
    0,
    LATER,
  ]);
  expect(because([...alice.statements, more])).toBe("after-close");
});

test("[T05] a device that the account key didn't sign isn't one", async () => {
  const alice = await account();
  await alice.add();
  const mallory = generateKeyPair(random);
  const [signIn, leaf] = [generateKeyPair(random), generateKeyPair(random)];
  const ghost = forge(mallory.privateKey, STATEMENT.addDevice, alice.chain().head, [
    signIn.publicKey,
    leaf.publicKey,
    "web",
    LATER,
    ...proofs(alice.chain(), signIn, leaf),
  ]);
  expect(because([...alice.statements, ghost])).toBe("bad-signature");
  // The same body under the right key is taken: the refusal is about the signature, not about the shape.
  const honest = forge(alice.accountPrivateKey, STATEMENT.addDevice, alice.chain().head, [
    signIn.publicKey,
    leaf.publicKey,
    "web",
    LATER,
    ...proofs(alice.chain(), signIn, leaf),
  ]);
  expect(because([...alice.statements, honest])).toBe("valid");
});

test("[T05] statements can't be dropped, swapped, repeated, grafted or put before genesis", async () => {
  const [alice, bob] = [await account(), await account()];
  await alice.add();
  const phone = await alice.add();
  await alice.revoke(phone.device);
  await bob.add();
  const [genesis, first, second, revoke] = alice.statements as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  expect(because([genesis, second, revoke])).toBe("broken-link");
  expect(because([genesis, second, first, revoke])).toBe("broken-link");
  expect(because([genesis, first, first])).toBe("broken-link");
  expect(because([genesis, first, second, revoke, revoke])).toBe("broken-link");
  expect(because([genesis, bob.statements[1]!])).toBe("broken-link");
  expect(because([bob.statements[0]!, first])).toBe("broken-link");
  expect(because([first, second])).toBe("out-of-place");
  expect(because([genesis, genesis])).toBe("broken-link");
  expect(because([])).toBe("empty");
  expect(because(Array.from({ length: 257 }, () => genesis))).toBe("too-long");
});

test("[T05] every single flipped bit of a chain is refused", async () => {
  const alice = await account();
  const laptop = await alice.add();
  await alice.revoke(laptop.device);
  expect(because(alice.statements)).toBe("valid");
  for (let at = 0; at < alice.statements.length; at++) {
    const length = alice.statements[at]!.length;
    for (let byte = 0; byte < length; byte += at === 0 ? 3 : 7) {
      const changed = alice.statements.map((statement) => statement.slice());
      changed[at]![byte]! ^= 1 << (byte % 8);
      const verdict = verifyChain(changed);
      // A changed genesis that still stood would be another account: never this one.
      expect(verdict.kind === "valid" && verdict.chain.account === alice.account, `statement ${at}, byte ${byte}`).toBe(
        false,
      );
      expect(verdict.kind).toBe("invalid");
    }
  }
});

test("[T05] a chain that was verified before doesn't lend its standing to another one with the same end", async () => {
  const alice = await account();
  await alice.add();
  await alice.add();
  expect(because(alice.statements)).toBe("valid");
  const changed = alice.statements.map((statement) => statement.slice());
  changed[1]![40]! ^= 1;
  expect(because(changed)).not.toBe("valid");
  expect(because(alice.statements.slice(1))).toBe("out-of-place");
});

test("[T05] what was verified doesn't change when the bytes that it was read from do", async () => {
  const alice = await account();
  const laptop = await alice.add();
  // As from a socket's pool: views of memory that is used again.
  const pool = Buffer.concat(alice.statements);
  const first = alice.statements[0]!.length;
  const chain = valid([pool.subarray(0, first), pool.subarray(first)]);
  pool.fill(0);
  expect(chain.accountKey).toEqual(keyPairOf(alice.accountPrivateKey).publicKey);
  expect(everBound(valid(alice.statements), laptop.device, laptop.leaf.publicKey)).toBe(true);
  expect(chain.devices[0]!.signInKey).toEqual(laptop.signIn.publicKey);
  expect(() => Object.assign(chain.devices[0]!, { active: false })).toThrow(TypeError);
  expect(() => Object.assign(chain, { closed: true })).toThrow(TypeError);
});

test("[T06] an account id can't be given other keys", async () => {
  const alice = await account();
  const [version, kind, previous, , recoveryKey, salt] =
    decodeCbor(alice.statement).kind === "value" ? (decodeCbor(alice.statement) as { value: unknown[] }).value : [];
  const mallory = generateKeyPair(random);
  const unsigned = [version, kind, previous, mallory.publicKey, recoveryKey, salt];
  const other = encodeCbor([...unsigned, signMessage(mallory.privateKey, statementMessage(unsigned))]);
  expect(valid([other]).account).not.toBe(alice.account);
});

test("[T07] a device id is the hash of its keys and never the text of a key", async () => {
  const alice = await account();
  const laptop = await alice.add();
  expect(laptop.device).toBe(deviceIdOfKeys(laptop.signIn.publicKey, laptop.leaf.publicKey));
  expect(laptop.device).not.toBe(deviceIdOfKeys(laptop.leaf.publicKey, laptop.signIn.publicKey));
  expect(idBytes(laptop.device)).toHaveLength(16);
  expect(toBase64Url(alice.chain().accountKey).startsWith(laptop.device)).toBe(false);
});

test("[T08] keys of another account's device don't enter a chain without their owners", async () => {
  const [alice, mallory] = [await account(), await account()];
  const laptop = await alice.add();
  const stolen = [laptop.signIn.publicKey, laptop.leaf.publicKey, "web", LATER] as const;
  const own = generateKeyPair(random);
  const attempts: [string, readonly unknown[]][] = [
    ["Alice's own proofs", [...stolen, ...proofs(alice.chain(), laptop.signIn, laptop.leaf)]],
    ["proofs of other keys", [...stolen, ...proofs(mallory.chain(), own, own)]],
    [
      "only the leaf key is another's",
      [own.publicKey, laptop.leaf.publicKey, "web", LATER, ...proofs(mallory.chain(), own, own)],
    ],
  ];
  for (const [what, fields] of attempts) {
    const forged = forge(mallory.accountPrivateKey, STATEMENT.addDevice, mallory.chain().head, fields);
    expect({ what, verdict: because([...mallory.statements, forged]) }).toEqual({ what, verdict: "bad-possession" });
  }
  const [signInProof, leafProof] = proofs(mallory.chain(), own, laptop.leaf);
  const swapped = [own.publicKey, laptop.leaf.publicKey, "web", LATER, leafProof, signInProof];
  expect(
    because([
      ...mallory.statements,
      forge(mallory.accountPrivateKey, STATEMENT.addDevice, mallory.chain().head, swapped),
    ]),
  ).toBe("bad-possession");
});

test("[T08] both keys of a device must prove themselves, each under its own label", async () => {
  const alice = await account();
  const [signIn, leaf, other] = [generateKeyPair(random), generateKeyPair(random), generateKeyPair(random)];
  const chain = alice.chain();
  const [signInProof, leafProof] = proofs(chain, signIn, leaf);
  const body = possessionBody(chain.account, signIn.publicKey, leaf.publicKey);
  const withProofs = (first: Uint8Array, second: Uint8Array): string => {
    const fields = [signIn.publicKey, leaf.publicKey, "web", LATER, first, second];
    return because([...alice.statements, forge(alice.accountPrivateKey, STATEMENT.addDevice, chain.head, fields)]);
  };
  expect(withProofs(signInProof, leafProof)).toBe("valid");
  expect(withProofs(sign(other.privateKey, LABEL.signInPossession, body), leafProof)).toBe("bad-possession");
  expect(withProofs(signInProof, sign(other.privateKey, LABEL.leafPossession, body))).toBe("bad-possession");
  expect(withProofs(sign(signIn.privateKey, LABEL.leafPossession, body), leafProof)).toBe("bad-possession");
  expect(withProofs(signInProof, sign(leaf.privateKey, LABEL.signInPossession, body))).toBe("bad-possession");
});

test("[T05] genesis and the end of an account are signed by the account key and begin where they must", async () => {
  const alice = await account();
  const [key, mallory] = [generateKeyPair(random), generateKeyPair(random)];
  const fields = [key.publicKey, generateKeyPair(random).publicKey, random(16)];
  expect(because([forge(key.privateKey, STATEMENT.genesis, new Uint8Array(32), fields)])).toBe("valid");
  expect(because([forge(mallory.privateKey, STATEMENT.genesis, new Uint8Array(32), fields)])).toBe("bad-signature");
  expect(because([forge(key.privateKey, STATEMENT.genesis, random(32), fields)])).toBe("broken-link");
  const close = forge(mallory.privateKey, STATEMENT.closeAccount, alice.chain().head, [LATER]);
  expect(because([...alice.statements, close])).toBe("bad-signature");
  const laptop = await alice.add();
  const revoke = (by: number, privateKey: Uint8Array) =>
    because([
      ...alice.statements,
      forge(privateKey, STATEMENT.revokeDevice, alice.chain().head, [idBytes(laptop.device), by, LATER]),
    ]);
  expect(revoke(0, mallory.privateKey)).toBe("bad-signature");
  expect(revoke(0, laptop.signIn.privateKey)).toBe("bad-signature");
  expect(revoke(1, laptop.leaf.privateKey)).toBe("bad-signature");
  expect(revoke(1, alice.accountPrivateKey)).toBe("bad-signature");
});

test("[T37] verification is strict: a signature that fits every message under a point of small order is none", () => {
  const identity = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
  const fitsAll = new Uint8Array([...identity, ...new Uint8Array(32)]);
  expect(verify(identity, LABEL.leave, random(10), fitsAll)).toBe(false);
  const key = generateKeyPair(random);
  const signature = sign(key.privateKey, LABEL.leave, random(0));
  expect(verify(key.publicKey, LABEL.leave, random(0), signature)).toBe(true);
  // The same scalar plus the group's order: another spelling of the same signature.
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let scalar = signature.slice(32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) + order;
  const respelled = signature.slice();
  for (let at = 32; at < 64; at++, scalar /= 256n) respelled[at] = Number(scalar % 256n);
  expect(verify(key.publicKey, LABEL.leave, random(0), respelled)).toBe(false);
});

test("[T08] [T65] no key stands in a chain twice, not even after its device was revoked", async () => {
  const alice = await account();
  const laptop = await alice.add();
  await alice.revoke(laptop.device);
  const accountKey = keyPairOf(alice.accountPrivateKey);
  const recoveryKey = recoverySigningKey(alice.recoveryKey);
  const fresh = () => generateKeyPair(random);
  const same = fresh();
  for (const [signIn, leaf] of [
    [laptop.signIn, fresh()],
    [fresh(), laptop.leaf],
    [laptop.leaf, fresh()],
    [fresh(), laptop.signIn],
    [accountKey, fresh()],
    [fresh(), accountKey],
    [recoveryKey, fresh()],
    [fresh(), recoveryKey],
    [same, same],
  ] as [KeyPair, KeyPair][]) {
    const fields = [signIn.publicKey, leaf.publicKey, "web", LATER, ...proofs(alice.chain(), signIn, leaf)];
    expect(
      because([...alice.statements, forge(alice.accountPrivateKey, STATEMENT.addDevice, alice.chain().head, fields)]),
    ).toBe("key-reused");
  }
  const both = generateKeyPair(random);
  expect(
    because([
      forge(both.privateKey, STATEMENT.genesis, new Uint8Array(32), [both.publicKey, both.publicKey, random(16)]),
    ]),
  ).toBe("key-reused");
});

test("[T37] keys of small order and encodings that aren't points are refused", async () => {
  const alice = await account();
  const good = generateKeyPair(random);
  const identity = new Uint8Array(32);
  identity[0] = 1;
  for (const bad of [identity, new Uint8Array(32), new Uint8Array(32).fill(255)]) {
    const [signInProof, leafProof] = proofs(alice.chain(), good, good);
    const fields = [bad, good.publicKey, "web", LATER, signInProof, leafProof];
    expect(
      because([...alice.statements, forge(alice.accountPrivateKey, STATEMENT.addDevice, alice.chain().head, fields)]),
    ).toBe("unusable-key");
  }
});

test("ten devices are active at most; a revoked one makes room", async () => {
  const alice = await account();
  const devices: TestDevice[] = [];
  for (let i = 0; i < 10; i++) devices.push(await alice.add());
  const [signIn, leaf] = [generateKeyPair(random), generateKeyPair(random)];
  const eleventh = () =>
    forge(alice.accountPrivateKey, STATEMENT.addDevice, alice.chain().head, [
      signIn.publicKey,
      leaf.publicKey,
      "web",
      LATER,
      ...proofs(alice.chain(), signIn, leaf),
    ]);
  expect(because([...alice.statements, eleventh()])).toBe("too-many-devices");
  await alice.revoke(devices[3]!.device);
  expect(because([...alice.statements, eleventh()])).toBe("valid");
  await expect(alice.revoke(devices[3]!.device).then(() => because(alice.statements))).resolves.toBe("already-revoked");
});

test("statements of a later release are told from malformed ones", async () => {
  const alice = await account();
  const head = alice.chain().head;
  for (const kind of [8, 9, 255])
    expect(because([...alice.statements, forge(alice.accountPrivateKey, kind, head, [random(32)])])).toBe(
      "needs-newer-version",
    );
  expect(because([...alice.statements, encodeCbor([2, 2, head])])).toBe("needs-newer-version");
  for (const bad of [
    new Uint8Array(0),
    new Uint8Array(1025),
    random(200),
    encodeCbor([1, 0, head]),
    encodeCbor([1, 256, head]),
    encodeCbor({ kind: 2 }),
    encodeCbor(["1", 2, head]),
    encodeCbor([0, 2, head]),
    encodeCbor([]),
    encodeCbor([1, 3, head, new Uint8Array(16), 2, LATER, new Uint8Array(64)]),
    encodeCbor([1, 3, head, new Uint8Array(15), 0, LATER, new Uint8Array(64)]),
    encodeCbor([1, 7, head, -1, new Uint8Array(64)]),
    encodeCbor([1, 7, head, LATER, new Uint8Array(64), 0]),
    encodeCbor([1, 7, head, LATER, new Uint8Array(63)]),
  ])
    expect(because([...alice.statements, bad])).toBe("malformed");
});

test("[T31] a signature of any other length than 64 bytes is refused", async () => {
  const alice = await account();
  const unsigned = unsignedStatement(STATEMENT.closeAccount, alice.chain().head, [LATER]);
  const whole = signMessage(alice.accountPrivateKey, statementMessage(unsigned));
  expect(because([...alice.statements, encodeCbor([...unsigned, whole])])).toBe("valid");
  expect(alice.chain().closedAt).toBeNull();
  expect(valid([...alice.statements, encodeCbor([...unsigned, whole])])).toMatchObject({
    closed: true,
    closedAt: LATER,
  });
  for (const length of [0, 1, 16, 31, 32, 63])
    expect(because([...alice.statements, encodeCbor([...unsigned, whole.slice(0, length)])])).toBe("malformed");
  expect(because([...alice.statements, encodeCbor([...unsigned, new Uint8Array([...whole, 0])])])).toBe("malformed");
});

test("[T43] a chain against the pinned one: same, longer, rolled back, forked", async () => {
  const [alice, bob] = [await account(), await account()];
  const laptop = await alice.add();
  const pinned = alice.chain();
  await alice.add();
  const longer = alice.chain();
  expect(extendsChain(pinned, pinned)).toBe("same");
  expect(extendsChain(pinned, longer)).toBe("longer");
  expect(extendsChain(longer, pinned)).toBe("rolled-back");
  expect(extendsChain(pinned, bob.chain())).toBe("forked");
  const other = forge(alice.accountPrivateKey, STATEMENT.revokeDevice, pinned.head, [idBytes(laptop.device), 0, LATER]);
  const fork = valid([...alice.statements.slice(0, 2), other]);
  expect(extendsChain(longer, fork)).toBe("forked");
  const forkedOn = valid([
    ...alice.statements.slice(0, 2),
    other,
    forge(alice.accountPrivateKey, STATEMENT.closeAccount, fork.head, [LATER]),
  ]);
  expect(extendsChain(longer, forkedOn)).toBe("forked");
  expect(extendsChain(forkedOn, pinned)).toBe("rolled-back");
});

test("a chain travels as one byte string; nothing malformed comes out of it", async () => {
  const alice = await account();
  await alice.add();
  expect(decodeChain(encodeChain(alice.statements))).toEqual(alice.statements);
  for (const bad of [
    new Uint8Array(0),
    random(100),
    encodeCbor([1, []]),
    encodeCbor([2, alice.statements]),
    encodeCbor([1, ["x"]]),
    encodeCbor([1, [new Uint8Array(1025)]]),
    encodeCbor([1, Array.from({ length: 257 }, () => new Uint8Array(1))]),
    encodeCbor([1, alice.statements, 0]),
    encodeChain(alice.statements).slice(0, -1),
    new Uint8Array([...encodeChain(alice.statements), 0]),
  ])
    expect(decodeChain(bad)).toBeUndefined();
});

test("the longest chain that is allowed fits into a leaf", async () => {
  const alice = await account();
  const short = Array.from({ length: CHAIN_STATEMENTS_MAX }, () => alice.statement);
  expect(because(short)).toBe("broken-link");
  expect(because([...short, alice.statement])).toBe("too-long");
  const size = CHAIN_BYTES_MAX / CHAIN_STATEMENTS_MAX;
  const longest = Array.from({ length: CHAIN_STATEMENTS_MAX }, () => new Uint8Array(size));
  expect(because(longest)).toBe("malformed");
  expect(because([...longest.slice(1), new Uint8Array(size + 1)])).toBe("too-long");
  expect(encodeChain(longest).length).toBeLessThanOrEqual(EXTENSION_BYTES_MAX);
});

test("a thousand chains that were met before are judged quickly", async () => {
  const chains: {
    bytes: Uint8Array;
    identity: { account: VerifiedChain["account"]; device: TestDevice["device"] };
    leaf: Uint8Array;
  }[] = [];
  for (let i = 0; i < 20; i++) {
    const one = await account();
    const laptop = await one.add();
    chains.push({
      bytes: encodeChain(one.statements),
      identity: { account: one.account, device: laptop.device },
      leaf: laptop.leaf.publicKey,
    });
  }
  for (const { bytes, identity, leaf } of chains) expect(chainJudge.active(bytes, identity, leaf)).toBe(true);
  const started = performance.now();
  for (let i = 0; i < 1000; i++) {
    const { bytes, identity, leaf } = chains[i % chains.length]!;
    chainJudge.active(bytes, identity, leaf);
  }
  // Verifying each anew takes some 6 seconds.
  expect(performance.now() - started).toBeLessThan(3000);
});

test("[T09] the judge binds account, device and key together", async () => {
  const [alice, bob] = [await account(), await account()];
  const [laptop, phone] = [await alice.add(), await alice.add()];
  const bobs = await bob.add();
  await alice.revoke(phone.device);
  const chain = encodeChain(alice.statements);
  const identity = { account: alice.account, device: laptop.device };
  expect(chainJudge.bound(chain, identity, laptop.leaf.publicKey)).toBe(true);
  expect(chainJudge.active(chain, identity, laptop.leaf.publicKey)).toBe(true);
  expect(chainJudge.bound(chain, identity, laptop.signIn.publicKey)).toBe(false);
  expect(chainJudge.bound(chain, identity, phone.leaf.publicKey)).toBe(false);
  expect(chainJudge.bound(chain, { ...identity, account: bob.account }, laptop.leaf.publicKey)).toBe(false);
  expect(chainJudge.bound(chain, { account: bob.account, device: bobs.device }, bobs.leaf.publicKey)).toBe(false);
  const gone = { account: alice.account, device: phone.device };
  expect(chainJudge.bound(chain, gone, phone.leaf.publicKey)).toBe(true);
  expect(chainJudge.active(chain, gone, phone.leaf.publicKey)).toBe(false);
  for (const bytes of [new Uint8Array(0), random(50), chain.slice(1)])
    expect(chainJudge.bound(bytes, identity, laptop.leaf.publicKey)).toBe(false);
});

test("[T14] only a chain that shows it proves a revocation", async () => {
  const [alice, bob] = [await account(), await account()];
  const [laptop, phone] = [await alice.add(), await alice.add()];
  const bobs = await bob.add();
  const before = [...alice.statements];
  await alice.revoke(phone.device);
  const phoneIdentity = { account: alice.account, device: phone.device };
  expect(chainJudge.revokes(alice.statements, phoneIdentity)).toBe(true);
  expect(chainJudge.revokes(before, phoneIdentity)).toBe(false);
  expect(chainJudge.revokes(alice.statements, { account: alice.account, device: laptop.device })).toBe(false);
  expect(chainJudge.revokes(alice.statements, { account: alice.account, device: bobs.device })).toBe(false);
  expect(chainJudge.revokes(alice.statements, { account: bob.account, device: phone.device })).toBe(false);
  expect(chainJudge.revokes(alice.statements.slice(1), phoneIdentity)).toBe(false);
  expect(chainJudge.revokes([], phoneIdentity)).toBe(false);
  const closed = [
    ...before,
    await createCloseAccount({ chain: before, accountPrivateKey: alice.accountPrivateKey, closedAt: LATER }),
  ];
  expect(chainJudge.revokes(closed, { account: alice.account, device: laptop.device })).toBe(true);
});

test("[T14] a leave holds for its account, conversation and epoch, and only from an active device", async () => {
  const [alice, bob] = [await account(), await account()];
  const [laptop, phone] = [await alice.add(), await alice.add()];
  const bobs = await bob.add();
  const conversation = toBase64Url(random(16)) as Parameters<typeof verifyLeave>[1];
  const elsewhere = toBase64Url(random(16)) as typeof conversation;
  const epoch = 2n ** 60n;
  const leaving = { conversation, account: alice.account, device: laptop.device, epoch };
  const statement = createLeave({ ...leaving, leafPrivateKey: laptop.leaf.privateKey });
  const chain = encodeChain(alice.statements);
  expect(chainJudge.leaves(statement, conversation, chain)).toEqual({ account: alice.account, epoch });
  expect(verifyLeave(statement, conversation, alice.chain())).toEqual(leaving);
  expect(isLeaveStatement(statement, { conversation, account: alice.account, chain: alice.statements })).toBe(true);
  expect(isLeaveStatement(statement, { conversation, account: bob.account, chain: alice.statements })).toBe(false);
  expect(chainJudge.leaves(statement, elsewhere, chain)).toBeUndefined();
  expect(chainJudge.leaves(statement, conversation, encodeChain(bob.statements))).toBeUndefined();
  const forged = [
    createLeave({ ...leaving, leafPrivateKey: bobs.leaf.privateKey }),
    createLeave({ ...leaving, leafPrivateKey: phone.leaf.privateKey }),
    createLeave({ ...leaving, leafPrivateKey: laptop.signIn.privateKey }),
    createLeave({ ...leaving, device: bobs.device, leafPrivateKey: bobs.leaf.privateKey }),
    createLeave({ ...leaving, account: bob.account, leafPrivateKey: laptop.leaf.privateKey }),
    statement.slice(0, -1),
    new Uint8Array([...statement, 0]),
    new Uint8Array(0),
    random(150),
  ];
  for (const one of forged) expect(chainJudge.leaves(one, conversation, chain)).toBeUndefined();
  for (let byte = 0; byte < statement.length; byte++) {
    const changed = statement.slice();
    changed[byte]! ^= 1;
    expect(chainJudge.leaves(changed, conversation, chain)).toBeUndefined();
  }
  await alice.revoke(laptop.device);
  expect(chainJudge.leaves(statement, conversation, encodeChain(alice.statements))).toBeUndefined();
});

test("[T65] a signature made in one context verifies in no other", async () => {
  const key = generateKeyPair(random);
  const body = random(40);
  const labels = Object.values(LABEL);
  for (const made of labels) {
    const signature = sign(key.privateKey, made, body);
    for (const asked of labels) expect(verify(key.publicKey, asked, body, signature)).toBe(made === asked);
  }
  expect(equalBytes(labelled(LABEL.leave, body), labelled(LABEL.chainStatement, body))).toBe(false);
});
