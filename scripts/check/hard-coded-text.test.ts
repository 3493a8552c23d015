import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { filesIn } from "../launch/stale.mjs";
import { hardCodedText } from "./hard-coded-text.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

test("no screen has text of its own: all of it comes from the messages", () => {
  const screens = filesIn(root, "apps/web/src").filter((file) => file.endsWith(".tsx"));
  expect(screens.length).toBeGreaterThan(50);
  const found = screens.flatMap((file) =>
    hardCodedText(file, readFileSync(join(root, file), "utf8")).map((line) => `${file}:${line}`),
  );
  expect(found).toEqual([]);
});

test.each([
  ["<p>Hello there</p>", "Hello there"],
  ["<p>{busy ? `Wait, ${name}` : m.ok()}</p>", "Wait,"],
  ['<p>{busy && "Wait"}</p>', "Wait"],
  ['<button aria-label="Close" />', "Close"],
  ['<button title={open ? "Close it" : m.open()} />', "Close it"],
  ['<p>{toast("Done.")}</p>', "Done."],
])("text in a screen is found: %s", (jsx, text) => {
  expect(hardCodedText("x.tsx", `const x = ${jsx};`)).toEqual([`1: ${text}`]);
});

test.each([
  "<p>{m.hello({ kind: 'group' })}</p>",
  "<p>{count} · {other}</p>",
  '<div className="one two" data-testid="x" role="status" />',
  "<kbd>Ctrl</kbd>",
  '<p>{kind === "compare" ? m.a() : m.b()}</p>',
])("what isn't read, or is the same in every language, is not: %s", (jsx) => {
  expect(hardCodedText("x.tsx", `const x = ${jsx};`)).toEqual([]);
});
