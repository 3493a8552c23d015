import fc from "fast-check";
import { expect, test } from "vitest";
import { pad, paddedLength, unpad } from "./padding.ts";

test("[T86] short data takes one of four sizes, longer data Padmé's, at most 12 % more", () => {
  expect([0, 1, 252, 253, 508, 509, 1020, 1021, 2044].map(paddedLength)).toEqual([
    256, 256, 256, 512, 512, 1024, 1024, 2048, 2048,
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 2045, max: 2 ** 27 }), (length) => {
      expect(paddedLength(length)).toBeGreaterThanOrEqual(length + 4);
      expect(paddedLength(length)).toBeLessThanOrEqual((length + 4) * 1.12);
      expect(paddedLength(length)).toBeGreaterThanOrEqual(paddedLength(length - 1));
    }),
  );
});

test("[T86] ten thousand posts of all lengths show few sizes, and a size says little", () => {
  const sizes = new Set<number>();
  for (let i = 0; i < 10_000; i++) sizes.add(pad(new Uint8Array((i * 7919) % 65_536)).length);
  expect(sizes.size).toBeLessThan(90);
  for (const size of sizes) expect(paddedLength(size - 4)).toBe(size);
});

test("unpad after pad is the identity", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (data) => {
      const padded = pad(data);
      expect(padded).toHaveLength(paddedLength(data.length));
      expect(unpad(padded)).toEqual(data);
    }),
  );
});

test("[T86] padding that isn't exactly what pad makes is refused", () => {
  const data = Uint8Array.of(1, 2, 3);
  const padded = pad(data);
  const hidden = padded.slice();
  hidden[200] = 1;
  const longer = padded.slice();
  longer[3] = 253;
  const grown = new Uint8Array(512);
  grown.set(padded);
  const huge = padded.slice();
  huge[0] = 255;
  for (const bad of [
    hidden,
    longer,
    grown,
    huge,
    padded.slice(0, 255),
    new Uint8Array(0),
    new Uint8Array(3),
    new Uint8Array(4),
  ])
    expect(unpad(bad)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const read = unpad(bytes);
      if (read !== undefined) expect(pad(read)).toEqual(bytes);
    }),
  );
});
