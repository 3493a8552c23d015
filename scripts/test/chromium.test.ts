import { delimiter } from "node:path";
import { expect, test } from "vitest";
import { provideChromium } from "./chromium.mjs";

const there = (...paths: string[]) => {
  const programs = new Set(paths);
  const ran: string[] = [];
  return {
    ran,
    programs,
    machine: {
      env: { PATH: ["/usr/local/bin", "/usr/bin"].join(delimiter) } as Record<string, string | undefined>,
      isDebian: true,
      isRoot: true,
      isExecutable: (path: string) => programs.has(path),
      run: (command: string, args: readonly string[]) => {
        ran.push([command, ...args].join(" "));
        return true;
      },
      say: () => {},
    },
  };
};

test("SOTTO_CHROMIUM goes before what is on PATH", () => {
  const { machine } = there("/opt/c/chrome", "/usr/bin/chromium");
  machine.env["SOTTO_CHROMIUM"] = "/opt/c/chrome";
  expect(provideChromium(machine)).toBe("/opt/c/chrome");
});

test("a wrong SOTTO_CHROMIUM is said, not passed over", () => {
  const { machine } = there("/usr/bin/chromium");
  machine.env["SOTTO_CHROMIUM"] = "/opt/nothing";
  expect(() => provideChromium(machine)).toThrow("/opt/nothing");
});

test("Chromium on PATH goes before Chrome", () => {
  expect(provideChromium(there("/usr/bin/chromium", "/usr/local/bin/google-chrome").machine)).toBe("/usr/bin/chromium");
  expect(provideChromium(there("/usr/local/bin/google-chrome").machine)).toBe("/usr/local/bin/google-chrome");
});

test("Debian's root installs it", () => {
  const { machine, ran, programs } = there();
  machine.run = (command, args) => {
    ran.push([command, ...args].join(" "));
    if (args[0] === "install") programs.add("/usr/bin/chromium");
    return true;
  };
  expect(provideChromium(machine)).toBe("/usr/bin/chromium");
  expect(ran).toEqual(["apt-get update", "apt-get install -y chromium"]);
});

test("anyone else is told the one command", () => {
  const { machine, ran } = there();
  expect(() => provideChromium({ ...machine, isRoot: false })).toThrow("sudo apt-get install -y chromium");
  expect(() => provideChromium({ ...machine, isDebian: false })).toThrow("SOTTO_CHROMIUM=");
  expect(ran).toEqual([]);
});

test("an installation that brings nothing is a failure", () => {
  expect(() => provideChromium(there().machine)).toThrow("could not be installed");
});
