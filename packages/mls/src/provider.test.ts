import { ed25519 } from "@noble/curves/ed25519.js";
import { equalBytes, toHex, utf8 } from "@sotto/protocol";
import { type CiphersuiteImpl, getCiphersuiteFromName, getCiphersuiteImpl } from "ts-mls";
import { describe, expect, test } from "vitest";
import { isUsableSignatureKey, nativeSigner, portableSigner } from "./ed25519.ts";
import { createProvider, generateLeafKey, SUITE } from "./provider.ts";
import { seeded } from "./testing.ts";
import { webCrypto } from "./webcrypto.ts";
import { isUsablePublicKey, nativeXWing, portableXWing, PUBLIC_KEY_BYTES } from "./x-wing.ts";

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const native = await createProvider();
const suites: [string, CiphersuiteImpl][] = [
  ["native", native.suite],
  ["portable", (await createProvider({ native: "never" })).suite],
  ["seeded", (await createProvider({ random: seeded(1) })).suite],
  ["the library's own", await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))],
];
const pairs = suites.flatMap(([a, one]) => suites.map(([b, other]) => ({ a, b, one, other })));
const bytes = seeded(42);
const ROUNDS = 5;

test("this machine runs the native implementation, which is what the others are compared with", () => {
  expect(native.kind).toBe("native");
});

// One contract for every provider: each does what any other does, and reads what any other writes.
describe.each(pairs)("$a and $b", ({ one, other }) => {
  test("derive the same key pairs", async () => {
    for (let i = 0; i < ROUNDS; i++) {
      const ikm = bytes(64);
      const [x, y] = await Promise.all([one.hpke.deriveKeyPair(ikm), other.hpke.deriveKeyPair(ikm)]);
      expect(await one.hpke.exportPublicKey(x.publicKey)).toEqual(await other.hpke.exportPublicKey(y.publicKey));
      expect(await one.hpke.exportPrivateKey(x.privateKey)).toEqual(await other.hpke.exportPrivateKey(y.privateKey));
    }
  });

  test("open what the other seals, and nothing that was changed", async () => {
    for (let i = 0; i < ROUNDS; i++) {
      const { publicKey, privateKey } = await other.hpke.generateKeyPair();
      const key = await one.hpke.importPublicKey(await other.hpke.exportPublicKey(publicKey));
      const [plaintext, info, aad] = [bytes(100), bytes(33), bytes(7)];
      const { enc, ct } = await one.hpke.seal(key, plaintext, info, aad);
      const secret = await other.hpke.importPrivateKey(await other.hpke.exportPrivateKey(privateKey));
      expect(await other.hpke.open(secret, enc, ct, info, aad)).toEqual(plaintext);
      ct[i]! ^= 1;
      await expect(other.hpke.open(secret, enc, ct, info, aad)).rejects.toThrow();
      ct[i]! ^= 1;
      enc[i]! ^= 1;
      await expect(other.hpke.open(secret, enc, ct, info, aad)).rejects.toThrow();
    }
  });

  test("import what the other exports", async () => {
    const { publicKey, privateKey } = await other.hpke.generateKeyPair();
    const key = await one.hpke.importPublicKey(await other.hpke.exportPublicKey(publicKey));
    const { enc, secret } = await one.hpke.exportSecret(key, utf8("context"), 48, utf8("info"));
    expect(await other.hpke.importSecret(privateKey, utf8("context"), enc, 48, utf8("info"))).toEqual(secret);
  });

  test("agree on hashes, keys and MACs of any length", async () => {
    for (const length of [0, 1, 63, 64, 65, 200]) {
      const [key, data] = [bytes(64), bytes(length)];
      expect(await one.hash.digest(data)).toEqual(await other.hash.digest(data));
      expect(await one.kdf.extract(key, data)).toEqual(await other.kdf.extract(key, data));
      expect(await one.kdf.expand(key, data, 150)).toEqual(await other.kdf.expand(key, data, 150));
      const mac = await one.hash.mac(key, data);
      expect(mac).toEqual(await other.hash.mac(key, data));
      expect(await other.hash.verifyMac(key, mac, data)).toBe(true);
      // T31: a shorter or longer tag fits nothing.
      for (const wrong of [new Uint8Array(), mac.slice(0, 16), mac.slice(0, 63), Uint8Array.of(...mac, 0)]) {
        expect(await other.hash.verifyMac(key, wrong, data)).toBe(false);
      }
    }
  });

  test("decrypt what the other encrypts", async () => {
    for (const length of [0, 1, 1024, 5000]) {
      const [key, nonce, aad, plaintext] = [bytes(32), bytes(12), bytes(20), bytes(length)];
      const ciphertext = await one.hpke.encryptAead(key, nonce, aad, plaintext);
      expect(await other.hpke.decryptAead(key, nonce, aad, ciphertext)).toEqual(plaintext);
      ciphertext[0]! ^= 1;
      await expect(other.hpke.decryptAead(key, nonce, aad, ciphertext)).rejects.toThrow();
    }
  });

  test("verify what the other signs", async () => {
    const { signKey, publicKey } = await one.signature.keygen();
    const signature = await one.signature.sign(signKey, utf8("message"));
    expect(await other.signature.verify(publicKey, utf8("message"), signature)).toBe(true);
    expect(await other.signature.verify(publicKey, utf8("massage"), signature)).toBe(false);
    signature[0]! ^= 1;
    expect(await other.signature.verify(publicKey, utf8("message"), signature)).toBe(false);
  });
});

test("X-Wing gives the first test vector of draft-connolly-cfrg-xwing-kem", async () => {
  const seed = fromHex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
  const coins = fromHex(
    "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2" +
      "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
  );
  const portable = portableXWing((length) => coins.slice(0, length));
  const { publicKey, privateKey } = await portable.derive(seed);
  expect(toHex(publicKey.bytes)).toMatch(/^e2236b35a8c24b39b10aa1323a96a919/);
  const { secret, ciphertext } = await portable.encapsulate(publicKey);
  expect(toHex(secret)).toBe("d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384");
  const fast = nativeXWing(webCrypto()!);
  for (const kem of [portable, fast])
    expect(await kem.decapsulate((await kem.derive(seed)).privateKey, ciphertext)).toEqual(secret);
  expect((await fast.derive(seed)).publicKey).toEqual(publicKey);
  expect(privateKey.seed).toEqual(seed);
});

test("T37 keys that someone couldn't encrypt to are told by their bytes, as both implementations find by trying", async () => {
  const kems = [portableXWing(bytes), nativeXWing(webCrypto()!)];
  const { publicKey } = await kems[0]!.derive(bytes(32));
  const alter = (at: number, ...values: number[]) => {
    const copy = publicKey.bytes.slice();
    copy.set(values, at);
    return copy;
  };
  const zeros = Array.from({ length: 32 }, () => 0);
  const keys: [Uint8Array, boolean][] = [
    [publicKey.bytes, true],
    [alter(0, 0xff, 0xff, 0xff), false], // coefficients 4095
    [alter(0, 0x01, 0x0d, 0x00), false], // 3329, the smallest that is too large
    [alter(0, 0x00, 0x0d, 0x00), true], // 3328
    [alter(1149, 0x00, 0x10, 0xd0), false], // the second of a pair, at the very end
    [alter(1184, ...zeros), false],
    [alter(1184, 1, ...zeros.slice(1)), false],
    [alter(1184, ...fromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")), false],
    [alter(1184, ...fromHex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")), false],
    [alter(1184, ...fromHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")), false],
    [alter(1184, ...fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")), false], // p, zero again
    [alter(1184, ...fromHex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")), false], // p + 1, high bit set
    [publicKey.bytes.slice(1), false],
  ];
  for (const [key, usable] of keys) {
    expect(key.length === PUBLIC_KEY_BYTES && isUsablePublicKey(key)).toBe(usable);
    for (const kem of kems) {
      const tried = await kem.encapsulate({ bytes: key }).then(
        () => true,
        () => false,
      );
      expect(tried).toBe(usable);
    }
  }
});

test("T37 signatures under small or non-canonical keys, or with torsion, are judged alike by both implementations", async () => {
  const signers = [portableSigner(), nativeSigner(webCrypto()!)];
  const { Point } = ed25519;
  const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"); // order 8
  expect(isUsableSignatureKey(torsion.toBytes())).toBe(false);
  expect(isUsableSignatureKey(new Uint8Array(32))).toBe(false); // order 4
  expect(isUsableSignatureKey(fromHex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"))).toBe(false); // y = p + 1
  const { privateKey, publicKey } = generateLeafKey(native);
  const message = utf8("message");
  const good = await signers[0]!.sign(privateKey, message);
  // Valid with cofactor (8 times the equation), invalid without: R moved by a point of order 8.
  const moved = good.slice();
  moved.set(Point.fromBytes(good.slice(0, 32)).add(torsion).toBytes());
  const large = good.slice();
  large[63]! |= 0xe0; // s beyond the order of the group
  for (const signer of signers) {
    expect(await signer.sign(privateKey, message)).toEqual(good);
    expect(await signer.verify(publicKey, message, good)).toBe(true);
    for (const bad of [moved, large, good.slice(1), new Uint8Array(64)])
      expect(await signer.verify(publicKey, message, bad)).toBe(false);
    expect(await signer.verify(torsion.toBytes(), message, good)).toBe(false);
    expect(await signer.verify(new Uint8Array(32), message, new Uint8Array(64))).toBe(false);
  }
});

test("a seeded provider repeats itself byte for byte", async () => {
  const run = async () => {
    const provider = await createProvider({ random: seeded(7) });
    const { hpke } = provider.suite;
    const { publicKey } = await hpke.generateKeyPair();
    const sealed = await Promise.all([1, 2, 3].map(() => hpke.seal(publicKey, utf8("x"), utf8("info"))));
    return { key: generateLeafKey(provider), sealed };
  };
  const [first, second] = [await run(), await run()];
  expect(first).toEqual(second);
  expect(equalBytes(first.sealed[0]!.enc, first.sealed[1]!.enc)).toBe(false);
});
