import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "./bytes.ts";
import { decodeCbor, decodeCborMaps, encodeCbor } from "./cbor.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: "value" },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.string({ unit: "grapheme" }),
    fc.uint8Array(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).value;

test("decode after encode is the identity, and there is one encoding", () => {
  fc.assert(
    fc.property(value, (one) => {
      const encoded = encodeCbor(one);
      expect(decodeCbor(encoded)).toEqual({ kind: "value", value: one });
    }),
    { numRuns: 500 },
  );
});

test("[T30] random, truncated and changed bytes never throw; what is taken re-encodes to itself", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 100 }), value.map(encodeCbor)),
      fc.nat(),
      fc.nat(255),
      (some, at, change) => {
        const changed = some.slice(0, 1 + (at % (some.length + 1)));
        if (changed.length > 0) changed[at % changed.length]! ^= change;
        for (const decode of [decodeCbor, decodeCborMaps]) {
          const decoded = decode(changed);
          if (decoded.kind === "value") expect(equalBytes(encodeCbor(decoded.value), changed)).toBe(true);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  ["number longer than it need be", "1801"],
  ["length longer than it need be", "580100"],
  ["array of no stated length", "9f01ff"],
  ["bytes of no stated length", "5f4101ff"],
  ["text of no stated length", "7f6161ff"],
  ["map of no stated length", "bf616101ff"],
  ["unsorted keys", "a2616201616102"],
  ["a key twice", "a2616101616102"],
  ["bytes after the end", "0100"],
  ["nothing", ""],
  ["undefined", "f7"],
  ["not a number", "f97e00"],
  ["infinity", "f97c00"],
  ["float that is a whole number", "f93c00"],
  ["double where a half is enough", "fb3ff8000000000000"],
  ["broken UTF-8", "61ff"],
  ["half of a surrogate pair", "63eda080"],
  ["tag", "c11a514b67b0"],
  ["big number that isn't", "c24101"],
  ["simple value of two bytes", "f818"],
  ["cut off", "8201"],
  ["array of 2^32 elements", "9affffffff"],
  ["array of 2^63 elements", "9b7fffffffffffffff"],
  ["bytes of 2^32", "5affffffff00"],
  ["map of 2^32", "baffffffff"],
  ["reserved length", "1c"],
  ["break alone", "ff"],
])("[T30] malformed: %s", (_, hex) => {
  expect(decodeCbor(bytes(hex))).toEqual({ kind: "malformed" });
});

test("[T32] nesting without end is malformed, not a crash", () => {
  for (const opening of [0x81, 0x82])
    expect(decodeCbor(new Uint8Array(1_000_000).fill(opening))).toEqual({ kind: "malformed" });
  expect(decodeCbor(Uint8Array.from({ length: 400_000 }, (_, i) => [0xa1, 0x61, 0x61][i % 3]!))).toEqual({
    kind: "malformed",
  });
});

test("[T55] keys that are JavaScript's own neither pollute nor pass", () => {
  // {"__proto__": {"polluted": true}}, {"__proto__": 5}, and one inside another
  for (const hex of [
    "a1695f5f70726f746f5f5fa168706f6c6c75746564f5",
    "a1695f5f70726f746f5f5f05",
    "81a1695f5f70726f746f5f5ff6",
  ]) {
    expect(decodeCbor(bytes(hex))).toEqual({ kind: "malformed" });
  }
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  // As a value it is only a word.
  expect(decodeCbor(encodeCbor(["__proto__", { a: "__proto__" }]))).toEqual({
    kind: "value",
    value: ["__proto__", { a: "__proto__" }],
  });
  const decoded = decodeCbor(encodeCbor({ constructor: 1, toString: 2, hasOwnProperty: 3 }));
  expect(decoded).toEqual({ kind: "value", value: { constructor: 1, toString: 2, hasOwnProperty: 3 } });
  expect(decodeCborMaps(bytes("a1695f5f70726f746f5f5f05"))).toEqual({
    kind: "value",
    value: new Map([["__proto__", 5]]),
  });
});

test("what is encoded is a plain array that owns its memory, whatever was decoded before", () => {
  const encoded = encodeCbor([new Uint8Array(3)]);
  expect(Object.getPrototypeOf(encoded)).toBe(Uint8Array.prototype);
  expect(encoded.buffer.byteLength).toBe(encoded.length);
  const decoded = decodeCbor(Buffer.from(encoded)) as { value: Uint8Array[] };
  expect(Object.getPrototypeOf(decoded.value[0]!)).toBe(Uint8Array.prototype);
});
