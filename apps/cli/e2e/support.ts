import { readConfig, startServer, type RunningServer } from "@sotto/server";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { runSotto, type Outcome } from "../src/program.ts";

export const PASSWORD = "mango quilt zebra 71";
const MAIN = join(import.meta.dirname, "..", "src", "main.ts");

export type Result = { exit: Outcome; out: string; err: string };

/** A server on a port and a folder of its own, and terminals in front of it. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), "sotto-terminal-"));
  #server: RunningServer | undefined;
  #port = 0;

  get origin(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Starts the server, on the same port and data as before if it ran before. */
  async start(): Promise<void> {
    const config = readConfig(
      {},
      { port: this.#port, dataDir: join(this.folder, "server"), logLevel: "silent", webDir: null },
    );
    this.#server = await startServer(config);
    this.#port = Number(new URL(this.#server.url).port);
  }

  /** Terminals in front of a server that somebody else runs. */
  use(url: string): void {
    this.#port = Number(new URL(url).port);
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  home(name: string): string {
    return join(this.folder, name);
  }

  environment(name: string): Record<string, string> {
    return { SOTTO_HOME: this.home(name), SOTTO_SERVER: this.origin, LANG: "C.UTF-8", PATH: process.env["PATH"] ?? "" };
  }

  /** One run of the program in this process, on somebody's home. */
  async sotto(name: string, args: readonly string[], input?: string): Promise<Result> {
    const running = this.begin(name, args);
    running.stdin.end(input ?? "");
    return { exit: await running.ended, out: running.out(), err: running.err() };
  }

  /** A run that goes on until its input ends or it is interrupted. */
  begin(name: string, args: readonly string[], { isTTY = false }: { isTTY?: boolean } = {}): Running {
    const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
    const stdout = Object.assign(new PassThrough(), { isTTY, columns: 80 });
    const stderr = new PassThrough();
    const interruption = new AbortController();
    const out = gather(stdout);
    const err = gather(stderr);
    const io = { stdin, stdout, stderr, env: this.environment(name), interrupted: interruption.signal };
    const shown = gather(both(stdout, stderr));
    let seen = 0;
    const answers = async (question: string | RegExp, answer: string): Promise<void> => {
      await appears(() => shown().slice(seen), question, 60_000);
      // Prompts of the line editor come in pieces.
      await new Promise((resolve) => setTimeout(resolve, 50));
      seen = shown().length;
      stdin.write(`${answer}\r`);
    };
    return { stdin, out, err, ended: runSotto(args, io), interrupt: () => interruption.abort(), answers };
  }

  /** One run as a process of its own, as a shell would start it. */
  spawn(name: string, args: readonly string[], input = ""): Promise<Result> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: this.environment(name),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out = gather(child.stdout);
    const err = gather(child.stderr);
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ exit: (code ?? 1) as Outcome, out: out(), err: err() }));
    });
  }

  /** `sotto serve` as a process of its own. */
  serve(environment: Record<string, string>): {
    out: () => string;
    err: () => string;
    ended: Promise<number | null>;
    terminate: () => void;
  } {
    const env = {
      PATH: process.env["PATH"] ?? "",
      SOTTO_DATA_DIR: join(this.folder, "served"),
      SOTTO_LOG_LEVEL: "silent",
      ...environment,
    };
    const child = spawn(process.execPath, [MAIN, "serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    return { out: gather(child.stdout), err: gather(child.stderr), ended, terminate: () => void child.kill("SIGTERM") };
  }

  /** A run that is given a password on a file descriptor. */
  withPassword(name: string, args: readonly string[], password = PASSWORD): Promise<Result> {
    return this.withSecrets(name, args, { "--password-fd": password });
  }

  /** A run that is given secrets, each on a file descriptor of its own. */
  async withSecrets(name: string, args: readonly string[], secrets: Record<string, string>): Promise<Result> {
    const folder = mkdtempSync(join(this.folder, "secrets-"));
    const opened = Object.entries(secrets).map(([option, secret]) => {
      const file = join(folder, option);
      writeFileSync(file, `${secret}\n`);
      return { option, descriptor: openSync(file, "r") };
    });
    try {
      const options = opened.flatMap(({ option, descriptor }) => [option, String(descriptor)]);
      return await this.sotto(name, [...args, ...options]);
    } finally {
      for (const { descriptor } of opened) closeSync(descriptor);
      rmSync(folder, { recursive: true });
    }
  }

  /**
   * A run on a terminal with a person in front of it: waits for each text in turn, and answers it.
   * @returns everything that was shown
   */
  async dialogue(
    name: string,
    args: readonly string[],
    turns: readonly (readonly [string | RegExp, string])[],
  ): Promise<Result> {
    const running = this.begin(name, args, { isTTY: true });
    const answering = (async () => {
      for (const [question, answer] of turns) await running.answers(question, answer);
    })();
    const exit = await Promise.race([running.ended, answering.then(() => running.ended)]);
    return { exit, out: running.out(), err: running.err() };
  }

  async signUp(name: string, displayName?: string): Promise<void> {
    const result = await this.withPassword(name, [
      "sign-up",
      name,
      ...(displayName === undefined ? [] : ["--display-name", displayName]),
    ]);
    if (result.exit !== 0) throw new Error(`${name} could not sign up: ${result.err}`);
  }
}

export type Running = {
  stdin: PassThrough;
  out: () => string;
  err: () => string;
  ended: Promise<Outcome>;
  interrupt: () => void;
  /** Waits until a question is there that wasn't answered yet, and types the answer. */
  answers: (question: string | RegExp, answer: string) => Promise<void>;
};

/** What a person sees: both streams, as they come. */
function both(...streams: readonly PassThrough[]): PassThrough {
  const screen = new PassThrough();
  for (const stream of streams) stream.on("data", (chunk: Buffer) => screen.write(chunk));
  return screen;
}

function gather(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

/** Waits until a text is there. */
export async function appears(text: () => string, wanted: string | RegExp, timeoutMs = 15_000): Promise<void> {
  const latest = Date.now() + timeoutMs;
  for (;;) {
    const now = text();
    if (typeof wanted === "string" ? now.includes(wanted) : wanted.test(now)) return;
    if (Date.now() > latest) throw new Error(`${String(wanted)} did not appear in:\n${now}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
