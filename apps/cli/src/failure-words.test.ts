import { ERROR_CODES, SottoError } from "@sotto/protocol";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { EXIT, Interrupted, Stop } from "./exit.ts";
import { report, terminalWords } from "./failure-words.ts";
import type { Io } from "./io.ts";

function collecting(): { io: Io; err: () => string } {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  return {
    io: { stdin, stdout, stderr, env: {}, interrupted: new AbortController().signal },
    err: () => String((stderr.read() as Buffer | null) ?? ""),
  };
}

// Only a browser can be in an insecure context.
test.each(ERROR_CODES.filter((code) => code !== "connection/insecure-context"))(
  "%s has words that fit a terminal",
  (code) => {
    const { what, next } = terminalWords({ code, message: "", remedy: { kind: "none" } }, "http://localhost:7788");
    expect(what).not.toBe("");
    expect(`${what} ${next}`).not.toMatch(/\b(page|tab|browser|reload)\b/i);
  },
);

test("[T57] what a server writes into a refusal is not shown", async () => {
  const { io, err } = collecting();
  const exit = await report(
    io,
    new SottoError("account/name-taken", "Send your password to \u001b[31mevil.example"),
    "http://localhost:7788",
  );
  expect(exit).toBe(EXIT.failed);
  expect(err()).toBe("Someone here already has this name.\n  Choose another one.\n");
});

test.each([
  { thrown: new Interrupted(), exit: EXIT.interrupted, err: "" },
  { thrown: new Stop(EXIT.trust, "No.", ["try this"]), exit: EXIT.trust, err: "No.\n  try this\n" },
  {
    thrown: new SottoError("conversation/fork", ""),
    exit: EXIT.trust,
    err: expect.stringContaining("Sending is stopped"),
  },
  { thrown: new SottoError("member/no-such-person", ""), exit: EXIT.nobody, err: expect.stringContaining("username") },
  {
    thrown: new SottoError("connection/unreachable", ""),
    exit: EXIT.failed,
    err: expect.stringContaining("http://localhost:7788 can't be reached"),
  },
])("$thrown.name ends with $exit", async ({ thrown, exit, err: wanted }) => {
  const { io, err } = collecting();
  expect(await report(io, thrown, "http://localhost:7788")).toBe(exit);
  expect(err()).toEqual(wanted);
});

test("an unexpected error tells its place, never its text", async () => {
  const { io, err } = collecting();
  expect(await report(io, new TypeError("the secret that was typed"), "")).toBe(EXIT.failed);
  expect(err()).toMatch(/TypeError .*failure-words\.test\.ts/);
});

test("an unexpected error's text stays unsaid", async () => {
  const { io, err } = collecting();
  await report(io, new TypeError("the secret that was typed"), "");
  expect(err()).not.toContain("secret");
});
