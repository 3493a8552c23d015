import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { lookOf } from "./io.ts";

function look(env: Record<string, string>, isTTY: boolean) {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  return lookOf({
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env,
    interrupted: new AbortController().signal,
  });
}

test.each([
  { env: { LANG: "C.UTF-8" }, isTTY: true, bold: "\u001b[1mx\u001b[22m", verified: "✓" },
  { env: { LANG: "C.UTF-8", NO_COLOR: "1" }, isTTY: true, bold: "x", verified: "✓" },
  { env: { LANG: "C.UTF-8", NO_COLOR: "" }, isTTY: true, bold: "\u001b[1mx\u001b[22m", verified: "✓" },
  { env: { LANG: "C.UTF-8", TERM: "dumb" }, isTTY: true, bold: "x", verified: "+" },
  { env: { LANG: "en_NZ.UTF-8", LC_ALL: "C" }, isTTY: true, bold: "\u001b[1mx\u001b[22m", verified: "+" },
  { env: { LANG: "C.UTF-8" }, isTTY: false, bold: "x", verified: "✓" },
])("$env on a terminal: $isTTY", ({ env, isTTY, bold, verified }) => {
  const found = look(env, isTTY);
  expect({ forPeople: found.forPeople, bold: found.bold("x"), verified: found.glyphs.verified }).toEqual({
    forPeople: isTTY,
    bold,
    verified,
  });
});
