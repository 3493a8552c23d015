import {
  accountIdOf,
  conversationIdOf,
  deviceIdOf,
  encodeCbor,
  encodeContent,
  equalBytes,
  idBytes,
  textPost,
  toHex,
} from "@sotto/protocol";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { archiveGenerationOf, openArchiveRecord, sealArchiveRecord, type ArchiveAbout } from "./archive.ts";
import { BOX_OVERHEAD_BYTES, openBox, sealBox } from "./box.ts";
import { deriveKey, equalSecrets, labelledHash, sha256 } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { entryHash, logHeadExtension, nextHead, readLogHead } from "./log-head.ts";
import { postIdOfContent, profileHash } from "./message-id.ts";
import { fingerprint, safetyNumber } from "./safety-number.ts";
import { sealMaterialOfAccount, sealMaterialOfConversation } from "./seal-material.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(4);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test("a box opens with its key, in its context, unchanged, and not otherwise", () => {
  const key = random(32);
  const context = { label: LABEL.archiveRecord, about: text("about") };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      const box = sealBox(key, context, content, random);
      expect(box).toHaveLength(content.length + BOX_OVERHEAD_BYTES);
      expect(openBox(key, context, box)).toEqual(content);
      expect(openBox(random(32), context, box)).toBeUndefined();
      expect(openBox(key, { ...context, about: text("abou") }, box)).toBeUndefined();
      expect(openBox(key, { ...context, label: LABEL.vaultContent }, box)).toBeUndefined();
    }),
    { numRuns: 50 },
  );
  const box = sealBox(key, context, text("content"), random);
  for (let at = 0; at < box.length; at++) {
    const changed = box.slice();
    changed[at]! ^= 1;
    expect(openBox(key, context, changed)).toBeUndefined();
    expect(openBox(key, context, box.slice(0, at))).toBeUndefined();
  }
  expect(openBox(key, context, new Uint8Array([...box, 0]))).toBeUndefined();
});

test("[T76] a box commits to its key: ciphertext and tag that fit aren't enough", () => {
  const context = { label: LABEL.archiveRecord, about: text("about") };
  const [a, b] = [random(32), random(32)];
  const box = sealBox(a, context, text("content"), random);
  const nonce = box.subarray(0, 24);
  // Nonce, ciphertext and tag stay as they were, so only the commitment can refuse: none, and the one that another key makes.
  const commitmentOf = (key: Uint8Array): Uint8Array => deriveKey(key, LABEL.boxKeys, nonce, 64).subarray(32);
  const committedTo = (commitment: Uint8Array): Uint8Array =>
    new Uint8Array([...nonce, ...commitment, ...box.subarray(56)]);
  expect(openBox(a, context, committedTo(commitmentOf(a)))).toEqual(text("content"));
  expect(openBox(a, context, committedTo(new Uint8Array(32)))).toBeUndefined();
  expect(openBox(a, context, committedTo(commitmentOf(b)))).toBeUndefined();
  expect(openBox(b, context, committedTo(commitmentOf(b)))).toBeUndefined();
});

const about = (): ArchiveAbout => ({
  account: accountIdOf(random(32)),
  conversation: conversationIdOf(random(16)),
  epoch: 2n ** 40n,
  leaf: 3,
  kind: "sender",
  writer: deviceIdOf(random(16)),
});

test("an archive record opens under its generation's key and says which that is", () => {
  const [archiveKey, where, plaintext] = [random(32), about(), random(200)];
  const record = sealArchiveRecord({ archiveKey, generation: 7, about: where, plaintext, random });
  expect(archiveGenerationOf(record)).toBe(7);
  expect(openArchiveRecord(archiveKey, where, record)).toEqual(plaintext);
  expect(openArchiveRecord(random(32), where, record)).toBeUndefined();
  for (const bad of [
    new Uint8Array(0),
    record.slice(0, 60),
    random(300),
    record.map((byte, at) => (at === 0 ? 2 : byte)),
  ])
    expect(openArchiveRecord(archiveKey, where, bad)).toBeUndefined();
});

test("[T95] an archive record belongs to one place, one writer and one generation", () => {
  const [archiveKey, where] = [random(32), about()];
  const record = sealArchiveRecord({ archiveKey, generation: 0, about: where, plaintext: random(64), random });
  for (const other of [
    { account: accountIdOf(random(32)) },
    { conversation: conversationIdOf(random(16)) },
    { epoch: 2n ** 40n + 1n },
    { leaf: 4 },
    { kind: "epoch" as const },
    { writer: deviceIdOf(random(16)) },
  ])
    expect(openArchiveRecord(archiveKey, { ...where, ...other }, record)).toBeUndefined();
  for (let at = 0; at < record.length; at++) {
    const changed = record.slice();
    changed[at]! ^= 1;
    expect(openArchiveRecord(archiveKey, where, changed)).toBeUndefined();
  }
});

test("[T41] a head depends on every entry's place, kind and bytes, and on all before it", () => {
  const entries = [text("a"), text("b"), text("c")].map(entryHash);
  const headOf = (list: readonly Uint8Array[], kinds = [1, 2, 1]) =>
    list.reduce((head, hash, index) => nextHead(head, index + 1, kinds[index]!, hash), new Uint8Array(32));
  const [a, b, c] = entries as [Uint8Array, Uint8Array, Uint8Array];
  const heads = [
    headOf([a, b, c]),
    headOf([b, a, c]),
    headOf([a, c]),
    headOf([a, b]),
    headOf([a, b, b]),
    headOf([a, b, c], [1, 1, 1]),
  ].map(toHex);
  expect(new Set(heads).size).toBe(heads.length);
  expect(nextHead(new Uint8Array(32), 2 ** 40, 1, a)).not.toEqual(nextHead(new Uint8Array(32), 2 ** 40 + 1, 1, a));
  // The definition, by another implementation.
  const place = Buffer.alloc(9);
  place.writeBigUInt64BE(5n);
  place[8] = 2;
  expect(toHex(nextHead(a, 5, 2, b))).toBe(
    createHash("sha256").update("sotto log head v1:").update(a).update(place).update(b).digest("hex"),
  );
  expect(toHex(entryHash(text("a")))).toBe(createHash("sha256").update("a").digest("hex"));
});

test("a signed log head is read as it was written, and nothing else is", () => {
  const head = random(32);
  expect(readLogHead(logHeadExtension(42, head))).toEqual({ seq: 42, head });
  for (const bad of [
    undefined,
    new Uint8Array(0),
    random(40),
    logHeadExtension(1, random(31)),
    encodeCbor([2, 1, head]),
    encodeCbor([1, -1, head]),
    encodeCbor([1, 1, head, 0]),
    encodeCbor([1, 2 ** 53, head]),
  ])
    expect(readLogHead(bad)).toBeUndefined();
});

const someone = () => ({ account: accountIdOf(random(32)), accountKey: random(32) });

test("[T06] two people see one safety number, and another as soon as an id or a key is another", () => {
  const [alice, bob, mallory] = [someone(), someone(), someone()];
  const number = safetyNumber(alice, bob);
  expect(number).toMatch(/^(\d{5} ){11}\d{5}$/);
  expect(safetyNumber(bob, alice)).toBe(number);
  for (const other of [mallory, { ...bob, accountKey: mallory.accountKey }, { ...bob, account: mallory.account }])
    expect(safetyNumber(alice, other)).not.toBe(number);
  expect(safetyNumber(alice, { account: bob.account, accountKey: alice.accountKey })).not.toBe(
    safetyNumber(bob, { account: alice.account, accountKey: bob.accountKey }),
  );
});

test("safety numbers of fixed keys stay what they are", () => {
  const a = { account: accountIdOf(new Uint8Array(32).fill(1)), accountKey: new Uint8Array(32).fill(2) };
  const b = { account: accountIdOf(new Uint8Array(32).fill(3)), accountKey: new Uint8Array(32).fill(4) };
  const hash = createHash("sha512")
    .update("sotto safety number v1:")
    .update(idBytes(a.account))
    .update(a.accountKey)
    .update(idBytes(b.account))
    .update(b.accountKey)
    .digest();
  const expected = Array.from({ length: 12 }, (_, i) =>
    String(hash.readUIntBE(i * 5, 5) % 100_000).padStart(5, "0"),
  ).join(" ");
  expect(safetyNumber(b, a)).toBe(expected);
});

test("a fingerprint is eight groups of four digits and isn't the key", () => {
  const key = random(32);
  expect(fingerprint(key)).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
  expect(fingerprint(random(32))).not.toBe(fingerprint(key));
  expect(toHex(key)).not.toContain(fingerprint(key).slice(0, 4) + fingerprint(key).slice(5, 9));
});

test("seals: the id stays with the account, the engraving changes with the keys", () => {
  const alice = someone();
  const seal = sealMaterialOfAccount(alice.account, alice.accountKey);
  const rekeyed = sealMaterialOfAccount(alice.account, random(32));
  expect(seal.id).toEqual(
    new Uint8Array(
      createHash("sha256").update("sotto seal id v1").update(idBytes(alice.account)).digest().subarray(0, 2),
    ),
  );
  expect(seal.key).toEqual(
    new Uint8Array(createHash("sha256").update("sotto seal key v1").update(alice.accountKey).digest()),
  );
  expect(rekeyed.id).toEqual(seal.id);
  expect(rekeyed.key).not.toEqual(seal.key);
  const conversation = conversationIdOf(random(16));
  const keys = [Uint8Array.of(3), Uint8Array.of(1), Uint8Array.of(2)];
  const together = sealMaterialOfConversation(conversation, keys);
  expect(sealMaterialOfConversation(conversation, [...keys].reverse())).toEqual(together);
  expect(sealMaterialOfConversation(conversation, keys.slice(1)).key).not.toEqual(together.key);
  expect(keys.map(toHex)).toEqual(["03", "01", "02"]);
});

test("[T27] [T36] the id of a post names its author, its conversation, its content and its salt", () => {
  const [account, conversation] = [accountIdOf(random(32)), conversationIdOf(random(16))];
  const salt = random(16);
  const content = encodeContent(textPost("yes", salt));
  const id = postIdOfContent({ account, conversation, content, salt });
  expect(idBytes(id)[0]).toBe(1);
  expect(postIdOfContent({ account, conversation, content, salt })).toBe(id);
  const other = random(16);
  for (const parts of [
    { account: accountIdOf(random(32)), conversation, content, salt },
    { account, conversation: conversationIdOf(random(16)), content, salt },
    { account, conversation, content: encodeContent(textPost("no", salt)), salt },
    { account, conversation, content: encodeContent(textPost("yes", other)), salt: other },
  ])
    expect(postIdOfContent(parts)).not.toBe(id);
  expect(profileHash(content)).toEqual(sha256(content));
});

test("hashes and keys under a label", () => {
  expect(toHex(sha256(text("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(toHex(labelledHash(LABEL.leave, text("x")))).toBe(
    createHash("sha256").update("sotto leave v1:x").digest("hex"),
  );
  expect(deriveKey(random(32), LABEL.boxKeys, text("a"), 64)).toHaveLength(64);
  const secret = random(32);
  expect(deriveKey(secret, LABEL.boxKeys, text("a"))).not.toEqual(deriveKey(secret, LABEL.boxKeys, text("b")));
  expect(deriveKey(secret, LABEL.boxKeys, text("a"))).not.toEqual(
    deriveKey(secret, LABEL.passwordWrappingKey, text("a")),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
      expect(equalSecrets(a, b)).toBe(equalBytes(a, b));
    }),
  );
});
