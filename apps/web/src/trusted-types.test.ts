import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

async function door(policies: string[] | null) {
  const trustedTypes = {
    createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => {
      policies?.push(name);
      return rules;
    },
  };
  vi.stubGlobal("window", {
    location: { href: "https://chat.example/#/", origin: "https://chat.example" },
    ...(policies === null ? {} : { trustedTypes }),
  });
  return (await import("./trusted-types.ts")).trustedWorkerUrl;
}

test("[T84] one policy, and only scripts of this server pass it", async () => {
  const policies: string[] = [];
  const trusted = await door(policies);
  expect(trusted("/assets/worker-1.js")).toBe("https://chat.example/assets/worker-1.js");
  expect(trusted("/assets/worker-2.js")).toBe("https://chat.example/assets/worker-2.js");
  expect(policies).toEqual(["sotto"]);
  for (const url of [
    "https://evil.example/worker.js",
    "//evil.example/worker.js",
    "data:text/javascript,1",
    "blob:https://chat.example/x",
    "javascript:1",
    "/upload/picture.png",
  ])
    expect(() => trusted(url)).toThrow(TypeError);
});

test("a browser without Trusted Types takes the same addresses and no others", async () => {
  const trusted = await door(null);
  expect(trusted("/assets/worker-1.js")).toBe("https://chat.example/assets/worker-1.js");
  expect(() => trusted("https://evil.example/worker.js")).toThrow(TypeError);
});
