import fc from "fast-check";
import { expect, test } from "vitest";
import { keyPairOf, sessionChallengeMessage, signSessionChallenge, verifySessionChallenge } from "@sotto/crypto";
import { accountIdOf, deviceIdOf } from "@sotto/protocol";
import { verifyNatively } from "./signatures.ts";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** S of the signature plus the group's order: the same point, another encoding (RFC 8032 §5.1.7 refuses it). */
function malleated(signature: Uint8Array): Uint8Array {
  const copy = signature.slice();
  let s = 0n;
  for (let at = 63; at >= 32; at--) s = (s << 8n) | BigInt(copy[at] ?? 0);
  s += ORDER;
  for (let at = 32; at < 64; at++, s >>= 8n) copy[at] = Number(s & 0xffn);
  return copy;
}

test("T67 the platform's library and the portable code say the same of every signature", () => {
  const challenge = {
    origin: "http://localhost:7788",
    challenge: new Uint8Array(32).fill(7),
    account: accountIdOf(new Uint8Array(32).fill(1)),
    device: deviceIdOf(new Uint8Array(16).fill(2)),
  };
  const message = sessionChallengeMessage(challenge);
  const both = (publicKey: Uint8Array, signature: Uint8Array): [boolean, boolean] => [
    verifyNatively(publicKey, message, signature),
    verifySessionChallenge({ ...challenge, publicKey, signature }),
  ];
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat(63),
      fc.integer({ min: 1, max: 255 }),
      (seed, at, bits) => {
        const { publicKey, privateKey } = keyPairOf(seed);
        const signature = signSessionChallenge(privateKey, challenge);
        expect(both(publicKey, signature)).toEqual([true, true]);
        expect(both(publicKey, malleated(signature))).toEqual([false, false]);
        expect(
          both(
            publicKey,
            signature.map((byte, index) => (index === at ? byte ^ bits : byte)),
          ),
        ).toEqual([false, false]);
        expect(both(keyPairOf(signature.slice(0, 32)).publicKey, signature)).toEqual([false, false]);
      },
    ),
    { numRuns: 40 },
  );
  const { publicKey, privateKey } = keyPairOf(new Uint8Array(32).fill(9));
  const signature = signSessionChallenge(privateKey, challenge);
  expect(both(publicKey.slice(1), signature)).toEqual([false, false]);
  expect(both(publicKey, signature.slice(1))).toEqual([false, false]);
  expect(both(new Uint8Array(32).fill(255), signature)).toEqual([false, false]);
});
