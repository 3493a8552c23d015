import { expect, test } from "vitest";
import { SEAL_INKS, sealPaths, sealSpec } from "./seal.ts";

const material = (seed: number) => ({
  id: Uint8Array.of(seed, seed * 7),
  key: Uint8Array.from({ length: 24 }, (_, at) => (seed * 31 + at * 17) % 256),
});

test("the permanent part decides ink and fold, the keys the line work alone", () => {
  const before = { id: Uint8Array.of(5, 3), key: material(1).key };
  const after = { id: Uint8Array.of(5, 3), key: material(2).key };
  expect(sealSpec(before)).toMatchObject({ hue: SEAL_INKS[5], fold: 9 });
  expect(sealSpec(after)).toMatchObject({ hue: SEAL_INKS[5], fold: 9 });
  for (const detail of ["person", "group", "full"] as const)
    expect(sealPaths(sealSpec(after), detail)).not.toEqual(sealPaths(sealSpec(before), detail));
});

test("each level of detail draws its bands, closed, inside the paper", () => {
  for (let seed = 0; seed < 40; seed++) {
    const spec = sealSpec(material(seed));
    expect(Object.keys(sealPaths(spec, "mini"))).toEqual(["rim"]);
    expect(Object.keys(sealPaths(spec, "person"))).toEqual(["rim"]);
    expect(Object.keys(sealPaths(spec, "group"))).toEqual(["rim", "field"]);
    const full = sealPaths(spec, "full");
    expect(Object.keys(full)).toEqual(["rim", "field", "heart"]);
    for (const path of Object.values(full)) {
      expect(path).toMatch(/^M[-\d. ]+C.*Z$/u);
      expect(Math.max(...path.match(/-?\d+(?:\.\d)?/gu)!.map((one) => Math.abs(Number(one))))).toBeLessThan(104);
    }
  }
});

test("short material is read as if zeros followed, and never throws", () => {
  const none = { id: new Uint8Array(), key: new Uint8Array() };
  const zeros = { id: new Uint8Array(2), key: new Uint8Array(18) };
  expect(sealPaths(sealSpec(none), "full")).toEqual(sealPaths(sealSpec(zeros), "full"));
});

test("no more than 18 bytes of the key are read", () => {
  const longer = { id: material(3).id, key: Uint8Array.from([...material(3).key, 99, 98]) };
  expect(sealSpec(longer)).toEqual(sealSpec(material(3)));
});
