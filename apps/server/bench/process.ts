import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The core of every server under test; the load comes from the other. */
const SERVER_CORE = "0";

/** A server in a process of its own, on a core of its own. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly port: number;
  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param file  beside this one; prints `listening <port>` once it does. */
  static async start(file: string, environment: Record<string, string> = {}): Promise<ServerProcess> {
    const args = ["-c", SERVER_CORE, process.execPath, ...process.execArgv, join(import.meta.dirname, file)];
    const child = spawn("taskset", args, {
      env: { ...process.env, NODE_ENV: "production", ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        const found = /listening (\d+)/.exec(chunk.toString());
        if (found !== null) resolve(Number(found[1]));
      });
      child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
    });
    return new ServerProcess(child, port);
  }

  /** Seconds of processor time of all its threads, user and system. */
  cpu(): number {
    const tasks = `/proc/${this.#child.pid}/task`;
    let nanoseconds = 0;
    for (const task of readdirSync(tasks))
      nanoseconds += Number(readFileSync(join(tasks, task, "schedstat"), "latin1").split(" ")[0]);
    return nanoseconds / 1e9;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
  }
}
