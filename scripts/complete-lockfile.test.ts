import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { missingPlatforms } from "./complete-lockfile.mjs";

test("every optional package that a package names is in the lockfile", () => {
  const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
  expect(missingPlatforms(lock.packages)).toEqual({});
});

test("what is missing is added beside whoever needs it, for its platform only", () => {
  const packages = {
    "": {},
    "node_modules/tool": {
      dev: true,
      optionalDependencies: {
        "@tool/linux-x64-gnu": "1.2.0",
        "@tool/win32-arm64-msvc": "1.2.0",
        "@tool/wasm32-wasi": "1.2.0",
      },
    },
    "node_modules/@tool/linux-x64-gnu": { version: "1.2.0" },
    "node_modules/app/node_modules/tool": {
      optionalDependencies: { "@tool/linux-arm64-musl": "1.1.0", "@tool/linux-x64-gnu": "1.1.0" },
    },
  };
  expect(missingPlatforms(packages)).toEqual({
    "node_modules/@tool/win32-arm64-msvc": {
      version: "1.2.0",
      os: ["win32"],
      cpu: ["arm64"],
      dev: true,
      optional: true,
    },
    "node_modules/@tool/wasm32-wasi": { version: "1.2.0", cpu: ["wasm32"], dev: true, optional: true },
    "node_modules/app/node_modules/@tool/linux-arm64-musl": {
      version: "1.1.0",
      os: ["linux"],
      cpu: ["arm64"],
      libc: ["musl"],
      optional: true,
    },
    // The one further up is of another version.
    "node_modules/app/node_modules/@tool/linux-x64-gnu": {
      version: "1.1.0",
      os: ["linux"],
      cpu: ["x64"],
      libc: ["glibc"],
      optional: true,
    },
  });
});

test("a package whose platform can't be told is not guessed", () => {
  expect(() => missingPlatforms({ "node_modules/tool": { optionalDependencies: { helper: "1.0.0" } } })).toThrow(
    "helper",
  );
});
