import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { EXIT } from "./exit.ts";
import { openHome } from "./home.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "sotto-home-"));
  folders.push(made);
  return join(made, "device");
}

test("options come before the environment, and that before what is usual", () => {
  const [a, b] = [folder(), folder()];
  expect(openHome({}, {})).toMatchObject({ directory: join(homedir(), ".sotto"), origin: "http://localhost:7788" });
  expect(openHome({}, { SOTTO_HOME: b, SOTTO_SERVER: "https://b.example/" })).toMatchObject({
    directory: b,
    origin: "https://b.example",
  });
  expect(
    openHome({ home: a, server: "http://a.example:81/x" }, { SOTTO_HOME: b, SOTTO_SERVER: "https://b.example" }),
  ).toMatchObject({
    directory: a,
    origin: "http://a.example:81",
  });
});

test("a home remembers its server for its owner alone, refuses another, and forgets", () => {
  const home = folder();
  openHome({ home, server: "https://a.example" }, {}).remember();
  expect(readFileSync(join(home, "server"), "utf8")).toBe("https://a.example\n");
  if (process.platform !== "win32") expect(statSync(home).mode & 0o077).toBe(0);
  expect(openHome({ home }, {}).origin).toBe("https://a.example");
  expect(() => openHome({ home, server: "https://b.example" }, {})).toThrow(
    expect.objectContaining({ exit: EXIT.failed }),
  );
  openHome({ home }, {}).forget();
  expect(openHome({ home, server: "https://b.example" }, {}).origin).toBe("https://b.example");
});

test.each(["localhost", "ftp://a.example", "https://user:secret@a.example", "javascript:alert(1)"])(
  "%s is no server",
  (server) => {
    expect(() => openHome({ home: folder(), server }, {})).toThrow(expect.objectContaining({ exit: EXIT.usage }));
  },
);
