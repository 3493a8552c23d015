import { expect, test } from "vitest";
import { decodeKeysPayload, encodeKeysPayloads } from "./keys-payload.ts";

test("[HI13] keys are spread over as few payloads as they fit into, and all arrive", () => {
  const all = Array.from({ length: 40 }, (_, epoch) => ({
    epoch: BigInt(epoch),
    epochKeys: [new Uint8Array(900).fill(epoch)],
    senderKeys: Array.from({ length: 30 }, (__, leaf) => new Uint8Array(180).fill(leaf)),
  }));
  const payloads = encodeKeysPayloads(all);
  for (const payload of payloads) expect(payload.length).toBeLessThanOrEqual(56 * 1024);
  const decoded = payloads.flatMap((payload) => decodeKeysPayload(payload) ?? []);
  expect(decoded).toEqual(all);
});

test("[HI13] more speakers than fit into one payload are spread, too, each part with its epoch key", () => {
  const [one] = [
    {
      epoch: 7n,
      epochKeys: [new Uint8Array(20_000)],
      senderKeys: Array.from({ length: 500 }, () => new Uint8Array(180)),
    },
  ];
  const decoded = encodeKeysPayloads([one]).flatMap((payload) => decodeKeysPayload(payload) ?? []);
  expect(decoded.length).toBeGreaterThan(1);
  expect(decoded.every(({ epoch, epochKeys }) => epoch === 7n && epochKeys[0]?.length === 20_000)).toBe(true);
  expect(decoded.flatMap(({ senderKeys }) => senderKeys).length).toBe(500);
});

test("[HI14] what isn't a payload is none", () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(10), Uint8Array.of(0x82, 0x02, 0x80)])
    expect(decodeKeysPayload(bytes)).toBeUndefined();
});
