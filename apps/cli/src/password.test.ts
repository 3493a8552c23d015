import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { EXIT, Interrupted } from "./exit.ts";
import type { Io } from "./io.ts";
import { readNewPassword, readPassword } from "./password.ts";

/** A terminal: what is typed into it, what it shows, and whether it echoes. */
function terminal() {
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => modes.push(mode) });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const shown: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => shown.push(chunk));
  stderr.on("data", (chunk: Buffer) => shown.push(chunk));
  const io: Io = { stdin, stdout, stderr, env: {}, interrupted: new AbortController().signal };
  return { io, modes, type: (keys: string) => stdin.write(keys), shown: () => Buffer.concat(shown).toString() };
}

test("on a terminal nothing of a password is shown, and echo comes back", async () => {
  const { io, modes, type, shown } = terminal();
  const reading = readPassword(io, {}, "Password: ");
  type("sec");
  type("rex\u007ft \u001b[A");
  type("\u001b[Awörd\r");
  expect(await reading).toBe("secret wörd");
  expect(modes).toEqual([true, false]);
  expect(shown()).toBe("Password: \n");
});

test("Ctrl U begins anew, Ctrl C interrupts, Ctrl D gives none", async () => {
  const anew = terminal();
  anew.type("wrong\u0015right\n");
  expect(await readPassword(anew.io, {}, "")).toBe("right");
  const interrupted = terminal();
  interrupted.type("abc\u0003");
  await expect(readPassword(interrupted.io, {}, "")).rejects.toBeInstanceOf(Interrupted);
  const none = terminal();
  none.type("\u0004");
  await expect(readPassword(none.io, {}, "")).rejects.toMatchObject({ exit: EXIT.failed });
  expect([interrupted.modes, none.modes]).toEqual([
    [true, false],
    [true, false],
  ]);
});

test("a new password is asked for twice and has to be the same", async () => {
  const { io, type, shown } = terminal();
  const reading = readNewPassword(io, {});
  type("one\r");
  await new Promise((resolve) => setTimeout(resolve, 10));
  type("two\r");
  await expect(reading).rejects.toMatchObject({ exit: EXIT.failed });
  expect(shown()).toBe("Password: \nAgain: \n");
});

test("a file descriptor gives its first line and stays open", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-password-"));
  try {
    const file = join(folder, "password");
    writeFileSync(file, "grüße an alle\r\nnot this\n");
    const descriptor = openSync(file, "r+");
    const { io } = terminal();
    expect(await readPassword(io, { passwordFd: String(descriptor) }, "")).toBe("grüße an alle");
    // Closing it is up to whoever opened it.
    writeSync(descriptor, "still open");
    closeSync(descriptor);
    await expect(readPassword(io, { passwordFd: String(descriptor) }, "")).rejects.toMatchObject({ exit: EXIT.usage });

    writeFileSync(file, "x".repeat(5000));
    const long = openSync(file, "r");
    await expect(readPassword(io, { passwordFd: String(long) }, "")).rejects.toMatchObject({ exit: EXIT.usage });
    closeSync(long);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
