import { accountIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { signArchiveGeneration, verifyArchiveGeneration } from "./archive-generation.ts";
import { generateKeyPair } from "./signature.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(311);

test("[T70] only the account key vouches for a generation, for this account, number and key alone", () => {
  const owner = generateKeyPair(random);
  const told = { account: accountIdOf(random(32)), generation: 3, key: random(32) };
  const signature = signArchiveGeneration(owner.privateKey, told);
  const accountKey = owner.publicKey;
  expect(verifyArchiveGeneration({ ...told, accountKey, signature })).toBe(true);
  for (const wrong of [
    { account: accountIdOf(random(32)) },
    { generation: 4 },
    { key: random(32) },
    { accountKey: generateKeyPair(random).publicKey },
    { signature: signArchiveGeneration(generateKeyPair(random).privateKey, told) },
    { signature: signature.slice(1) },
    { signature: new Uint8Array(64) },
  ])
    expect(verifyArchiveGeneration({ ...told, accountKey, signature, ...wrong })).toBe(false);
});
