import { accountIdOf, deviceIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { generateKeyPair, signMessage } from "./signature.ts";
import { sessionChallengeMessage, signSessionChallenge, verifySessionChallenge } from "./session-challenge.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(2);
const key = generateKeyPair(random);
const asked = {
  origin: "http://localhost:7788",
  challenge: random(32),
  account: accountIdOf(random(32)),
  device: deviceIdOf(random(16)),
};

test("the owner of the sign-in key answers, wherever the key lives", () => {
  const signature = signSessionChallenge(key.privateKey, asked);
  expect(verifySessionChallenge({ ...asked, publicKey: key.publicKey, signature })).toBe(true);
  expect(signMessage(key.privateKey, sessionChallengeMessage(asked))).toEqual(signature);
});

test("[T67] an answer is worth nothing for another challenge, origin, account, device or key", () => {
  const signature = signSessionChallenge(key.privateKey, asked);
  const good = { ...asked, publicKey: key.publicKey, signature };
  for (const other of [
    { challenge: random(32) },
    { origin: "https://localhost:7788" },
    { origin: "http://localhost:7788/" },
    { account: accountIdOf(random(32)) },
    { device: deviceIdOf(random(16)) },
    { publicKey: generateKeyPair(random).publicKey },
    { publicKey: new Uint8Array(0) },
    { publicKey: new Uint8Array(32) },
  ])
    expect(verifySessionChallenge({ ...good, ...other })).toBe(false);
});

test("[T31] an answer of any other length is no answer", () => {
  const signature = signSessionChallenge(key.privateKey, asked);
  for (const bad of [new Uint8Array(0), signature.slice(0, 63), new Uint8Array([...signature, 0]), new Uint8Array(64)])
    expect(verifySessionChallenge({ ...asked, publicKey: key.publicKey, signature: bad })).toBe(false);
});

test("what is signed can't be split another way", () => {
  const a = sessionChallengeMessage({ ...asked, origin: "ab", challenge: new Uint8Array([99]) });
  const b = sessionChallengeMessage({ ...asked, origin: "a", challenge: new Uint8Array([98, 99]) });
  expect(a).not.toEqual(b);
});
