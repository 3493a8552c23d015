import { accountIdOf, deviceIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { signRecoveryChallenge, verifyRecoveryChallenge } from "./recovery-challenge.ts";
import { recoverySigningKey } from "./recovery-key.ts";
import { verifySessionChallenge } from "./session-challenge.ts";

import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(51);
const recoveryKey = random(16);
const { publicKey } = recoverySigningKey(recoveryKey);
const asked = { origin: "http://localhost:7788", challenge: random(32), username: "ada" };

test("the owner of the recovery key answers", () => {
  const signature = signRecoveryChallenge(recoveryKey, asked);
  expect(signature).toHaveLength(64);
  expect(verifyRecoveryChallenge({ ...asked, publicKey, signature })).toBe(true);
});

test("[T67] an answer is worth nothing for another challenge, origin, name or key, and every byte of it counts", () => {
  const signature = signRecoveryChallenge(recoveryKey, asked);
  const good = { ...asked, publicKey, signature };
  for (const other of [
    { challenge: random(32) },
    { origin: "https://localhost:7788" },
    { origin: "http://localhost:7788/" },
    { username: "adah" },
    { publicKey: recoverySigningKey(random(16)).publicKey },
    { publicKey: new Uint8Array(0) },
    { publicKey: new Uint8Array(32) },
    { signature: signature.slice(1) },
    { signature: new Uint8Array(64) },
    { signature: signRecoveryChallenge(random(16), asked) },
  ])
    expect(verifyRecoveryChallenge({ ...good, ...other })).toBe(false);
  for (let at = 0; at < 64; at++) {
    const changed = signature.slice();
    changed[at]! ^= 1;
    expect(verifyRecoveryChallenge({ ...good, signature: changed })).toBe(false);
  }
});

test("[T65] it opens no session, and what is signed can't be split another way", () => {
  const signature = signRecoveryChallenge(recoveryKey, asked);
  const [account, device] = [accountIdOf(random(32)), deviceIdOf(random(16))];
  const { origin, challenge } = asked;
  expect(verifySessionChallenge({ origin, challenge, account, device, publicKey, signature })).toBe(false);
  const moved = signRecoveryChallenge(recoveryKey, { ...asked, origin: "ab", username: "c" });
  expect(verifyRecoveryChallenge({ ...asked, origin: "a", username: "bc", publicKey, signature: moved })).toBe(false);
});
