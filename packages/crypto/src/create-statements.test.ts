import { expect, test } from "vitest";
import { createAddDevice, createAddDeviceFromProofs, possessionProofs } from "./create-statements.ts";
import { generateKeyPair, signMessage } from "./signature.ts";
import { because, NOW, World } from "../test/chain-world.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(61);

function newDevice() {
  const [signIn, leafKey] = [generateKeyPair(random), generateKeyPair(random)];
  const signWithSignInKey = async (message: Uint8Array) => signMessage(signIn.privateKey, message);
  return { signInPublicKey: signIn.publicKey, signWithSignInKey, leafKey };
}

const adding = (world: World) => ({
  chain: world.statements,
  accountPrivateKey: world.accountPrivateKey,
  kind: "terminal",
  addedAt: NOW,
});

test("a device is added by proofs that were made elsewhere, just as with its keys at hand", async () => {
  const ada = await World.begin(1);
  const device = newDevice();
  const proofs = await possessionProofs({ ...device, account: ada.genesis.account });
  const afar = await createAddDeviceFromProofs({
    ...adding(ada),
    ...proofs,
    signInPublicKey: device.signInPublicKey,
    leafPublicKey: device.leafKey.publicKey,
  });
  expect(afar).toEqual(await createAddDevice({ ...adding(ada), ...device }));
  expect(because([...ada.statements, afar.statement])).toBe("valid");
});

test("[T08] a statement that nobody would take isn't handed out: wrong proofs, keys of another device, the wrong account key", async () => {
  const [ada, bob] = [await World.begin(2), await World.begin(3)];
  const [device, other, known] = [newDevice(), newDevice(), await ada.add()];
  const own = { signInPublicKey: device.signInPublicKey, leafPublicKey: device.leafKey.publicKey };
  const good = await possessionProofs({ ...device, account: ada.genesis.account });
  for (const wrong of [
    { ...own, ...(await possessionProofs({ ...device, account: bob.genesis.account })) },
    { ...own, ...(await possessionProofs({ ...other, account: ada.genesis.account })) },
    { ...own, ...good, leafPublicKey: known.leaf.publicKey },
    { ...own, ...good, accountPrivateKey: bob.accountPrivateKey },
    { ...own, ...good, kind: "Not a kind" },
  ])
    await expect(createAddDeviceFromProofs({ ...adding(ada), ...wrong })).rejects.toMatchObject({
      code: "chain/invalid",
    });
});

test("an eleventh device is refused before anybody is asked", async () => {
  const ada = await World.begin(4);
  for (let i = 0; i < 10; i++) await ada.add();
  await expect(ada.add()).rejects.toMatchObject({ code: "account/too-many-devices" });
});
