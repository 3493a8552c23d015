import type { Engine } from "@sotto/engine";
import { PassThrough } from "node:stream";
import type { Home } from "../src/home.ts";
import { lookOf, writeLine, type Io } from "../src/io.ts";
import type { Run } from "../src/session.ts";

/** A run on an engine of a test's making, with a terminal that the test types at. */
export function fakeRun(engine: Engine, { isTTY = true }: { isTTY?: boolean } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const stderr = new PassThrough();
  const shown: Buffer[] = [];
  for (const stream of [stdout, stderr]) stream.on("data", (chunk: Buffer) => shown.push(chunk));
  const env = { LANG: "C.UTF-8", NO_COLOR: "1" };
  const io: Io = { stdin, stdout, stderr, env, interrupted: new AbortController().signal };
  let remembered = 0;
  const home: Home = {
    directory: "/home/ada/.sotto",
    origin: "https://chat.example.org",
    remember: () => void remembered++,
    forget: () => void remembered--,
  };
  const run: Run = {
    engine,
    home,
    io,
    look: lookOf(io),
    print: (line) => writeLine(stdout, line),
    note: (line) => writeLine(stderr, line),
  };
  const screen = (): string => Buffer.concat(shown).toString();
  /** Waits for a text and types an answer. */
  const answers = async (question: string, answer: string): Promise<void> => {
    for (let tries = 0; !screen().includes(question); tries++) {
      if (tries > 400) throw new Error(`${question} did not appear in:\n${screen()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stdin.write(`${answer}\r`);
  };
  return { run, screen, answers, remembered: () => remembered };
}
