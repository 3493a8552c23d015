import { conversationIdOf, SIGNAL_BYTES } from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { generateKeyPair, keyPairOf } from "./signature.ts";
import { openTyping, sealTyping } from "./typing.ts";

const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
const key = new Uint8Array(32).fill(5);
const [one, two] = [generateKeyPair(() => new Uint8Array(32).fill(1)), keyPairOf(new Uint8Array(32).fill(2))];
const place = { conversation: conversationIdOf(new Uint8Array(16).fill(3)), epoch: 7n };
const leafKeyOf = (leaf: number) => (leaf === 0 ? one.publicKey : leaf === 1 ? two.publicKey : undefined);
const signal = (leafIndex: number, leafPrivateKey: Uint8Array) =>
  sealTyping({ leafIndex, typing: true, at: 12 }, place, { key, leafPrivateKey, random });

test("[PR2] what is sealed is opened as it was said, and always equally long", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.maxSafeNat(), (typing, at) => {
      const said = { leafIndex: 1, typing, at };
      const sealed = sealTyping(said, place, { key, leafPrivateKey: two.privateKey, random });
      expect(sealed.length).toBe(SIGNAL_BYTES);
      expect(openTyping(sealed, place, { key, leafKeyOf })).toEqual(said);
    }),
    { numRuns: 20 },
  );
});

test("[PR2] another conversation, another epoch, another's leaf, a leaf that there isn't and changed bytes open to nothing", () => {
  const good = signal(0, one.privateKey);
  const other = conversationIdOf(new Uint8Array(16).fill(4));
  expect(openTyping(good, { ...place, conversation: other }, { key, leafKeyOf })).toBeUndefined();
  expect(openTyping(good, { ...place, epoch: 8n }, { key, leafKeyOf })).toBeUndefined();
  expect(openTyping(good, place, { key: new Uint8Array(32), leafKeyOf })).toBeUndefined();
  // A member who names somebody else's leaf.
  expect(openTyping(signal(0, two.privateKey), place, { key, leafKeyOf })).toBeUndefined();
  expect(openTyping(signal(9, one.privateKey), place, { key, leafKeyOf })).toBeUndefined();
  for (const length of [0, SIGNAL_BYTES - 1, SIGNAL_BYTES + 1])
    expect(openTyping(new Uint8Array(length), place, { key, leafKeyOf })).toBeUndefined();
  for (let at = 0; at < good.length; at += 5) {
    const changed = good.slice();
    changed[at]! ^= 1;
    expect(openTyping(changed, place, { key, leafKeyOf })).toBeUndefined();
  }
});
