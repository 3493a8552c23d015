import { expect, test } from "vitest";
import { sha256 } from "@sotto/crypto";
import { decryptEntry, type EntryKeys } from "@sotto/engine";
import { aboutSenderKey } from "@sotto/mls";
import { decodeCbor, encodeCbor, fromBase64Url, toBase64Url, toHex } from "@sotto/protocol";
import { accountOf, castOf, say } from "./hostile.ts";

/** A key as people copy it, with other bytes inside and a sum that fits them. */
function altered(text: string, change: (key: Uint8Array) => Uint8Array): string {
  const decoded = decodeCbor(fromBase64Url(text)!);
  if (decoded.kind === "malformed") throw new Error("no key");
  const [version, what, , epoch, key] = decoded.value as [number, number, Uint8Array, number, Uint8Array];
  const other = change(key);
  const sum = sha256(encodeCbor([what, epoch, other])).subarray(0, 8);
  return toBase64Url(encodeCbor([version, what, sum, epoch, other]));
}

const flipped = (text: string, at: number): string => {
  const bytes = fromBase64Url(text)!;
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return toBase64Url(bytes);
};

test("an entry opens by hand with its keys, and what doesn't fit is named", async () => {
  const { world, alice, bob, conversation } = await castOf("by hand");
  await say(world, bob, conversation, "for your eyes");
  await say(world, bob, conversation, "and a second one");
  const keysOf = async (text: string): Promise<EntryKeys> => {
    const { items } = await world.until(alice.engine.timeline({ conversation, limit: 50 }));
    const item = items.find((each) => each.kind === "post" && each.text === text)!;
    return world.until(alice.engine.entryKeys({ conversation, seq: item.seq! }));
  };
  const keys = await keysOf("for your eyes");
  const { provider } = alice;
  const read = await decryptEntry(provider, keys);
  expect(read).toMatchObject({ conversation, account: accountOf(bob), text: "for your eyes" });
  const device = (await alice.engine.person(accountOf(bob))).devices.find((each) => each.device === read.device);
  expect(read.fingerprint).toBe(device?.fingerprint);
  // The same two keys open the other post of the epoch, and keep counting.
  const second = await keysOf("and a second one");
  expect(await decryptEntry(provider, { ...keys, entry: second.entry })).toMatchObject({
    text: "and a second one",
    generation: read.generation + 1,
  });

  const carols = await keysOf("carol/3 is here");
  const codeOf = (parts: Partial<EntryKeys>): Promise<string> =>
    decryptEntry(provider, { ...keys, ...parts }).then(
      () => "opened",
      (error: { code: string }) => error.code,
    );
  const earlier = await keysOf("alice/1 is here");
  expect(await codeOf({ epochKey: earlier.epochKey })).toBe("decrypt/wrong-epoch-key");
  expect(await codeOf({ epochKey: flipped(keys.epochKey, 40) })).toBe("decrypt/wrong-epoch-key");
  expect(await codeOf({ epochKey: keys.senderKey })).toBe("decrypt/wrong-epoch-key");
  expect(await codeOf({ senderKey: carols.senderKey })).toBe("decrypt/wrong-sender-key");
  expect(await codeOf({ senderKey: earlier.senderKey })).toBe("decrypt/wrong-sender-key");
  expect(await codeOf({ senderKey: flipped(keys.senderKey, 40) })).toBe("decrypt/wrong-sender-key");
  expect(await codeOf({ entry: flipped(keys.entry, -1) })).toBe("decrypt/changed");
  expect(await codeOf({ entry: flipped(keys.entry, -60) })).toBe("decrypt/changed");
  expect(await codeOf({ entry: "???" })).toBe("decrypt/malformed");
  expect(await codeOf({ entry: keys.entry.slice(0, 40) })).toBe("decrypt/malformed");
  // Another person's signature key in the place of the sender's: the bytes open, and the signature doesn't hold.
  const leafKeyOf = async (text: string) => {
    const { value } = decodeCbor(fromBase64Url((await keysOf(text)).senderKey)!) as { value: Uint8Array[] };
    return toHex(aboutSenderKey(value[4]!)!.signatureKey);
  };
  const [bobs, others] = [await leafKeyOf("for your eyes"), await leafKeyOf("carol/3 is here")];
  const forged = altered(keys.senderKey, (key) =>
    Uint8Array.from(Buffer.from(toHex(key).replace(bobs, others), "hex")),
  );
  expect(await codeOf({ senderKey: forged })).toBe("decrypt/wrong-signature");
  world.close();
});
