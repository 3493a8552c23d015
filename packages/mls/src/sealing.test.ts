import { utf8 } from "@sotto/protocol";
import { expect, test } from "vitest";
import { createProvider } from "./provider.ts";
import { generateSealKeyPair, openSealed, sealTo } from "./sealing.ts";
import { seeded } from "./testing.ts";

const native = await createProvider();
const portable = await createProvider({ random: seeded(5) });
const info = utf8("what it is about");
const plaintext = utf8("records");

test("what is sealed to a key is opened by its owner, whichever implementation either has", async () => {
  for (const [sender, owner] of [
    [native, portable],
    [portable, native],
    [native, native],
  ] as const) {
    const { publicKey, privateKey } = await generateSealKeyPair(owner);
    expect([publicKey.length, privateKey.length]).toEqual([1216, 32]);
    const sealed = await sealTo(sender, publicKey, info, plaintext);
    expect([sealed?.enc.length, sealed?.sealed.length]).toEqual([1120, plaintext.length + 16]);
    expect(await openSealed(owner, privateKey, info, sealed!)).toEqual(plaintext);
  }
});

test("[T95] it opens under no other key and no other info, and not when a byte is another", async () => {
  for (const provider of [native, portable]) {
    const [own, other] = [await generateSealKeyPair(provider), await generateSealKeyPair(provider)];
    const box = (await sealTo(provider, own.publicKey, info, plaintext))!;
    expect(await openSealed(provider, own.privateKey, info, box)).toEqual(plaintext);
    expect(await openSealed(provider, other.privateKey, info, box)).toBeUndefined();
    expect(await openSealed(provider, own.privateKey, utf8("something else"), box)).toBeUndefined();
    for (const part of ["enc", "sealed"] as const)
      for (let at = 0; at < box[part].length; at += part === "enc" ? 97 : 1) {
        const changed = { ...box, [part]: box[part].slice() };
        changed[part][at]! ^= 1;
        expect(await openSealed(provider, own.privateKey, info, changed), `${part} ${at}`).toBeUndefined();
      }
    for (const cut of [
      { ...box, enc: box.enc.slice(1) },
      { ...box, sealed: box.sealed.slice(0, 10) },
    ])
      expect(await openSealed(provider, own.privateKey, info, cut)).toBeUndefined();
  }
});

test("[T37] nothing is sealed to what isn't a key", async () => {
  const { publicKey } = await generateSealKeyPair(native);
  const lowOrder = publicKey.slice();
  lowOrder.fill(0, 1184);
  for (const bad of [new Uint8Array(0), publicKey.slice(1), new Uint8Array(1216).fill(255), lowOrder])
    expect(await sealTo(native, bad, info, plaintext)).toBeUndefined();
});
