// Running other programs: quietly for installers and builders, in our own place for the program itself.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { LaunchError } from "./say.mjs";

const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs a step of the preparation. Its output is kept, and shown only if it fails.
 * @param {string} what  for the error: "npm ci"
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string | undefined>, shell?: boolean }} options
 * @returns {Promise<void>}
 * @throws {LaunchError} it ended with anything but 0
 */
export async function runStep(what, command, args, options) {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    shell: options.shell ?? false,
    stdio: ["ignore", "pipe", "pipe"],
  });
  /** @type {Buffer[]} */
  const output = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  // A start that is stopped takes its installer with it: the next one must not meet it half way.
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    child.kill(signal);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const ended = await end(child).finally(() => SIGNALS.forEach((signal) => process.removeListener(signal, stop)));
  if (ended.code === 0) return;
  const how = ended.signal ?? `exit code ${ended.code}`;
  throw new LaunchError(`${what} failed (${how}); its output is above.`, Buffer.concat(output).toString("utf8"));
}

/**
 * Runs a program in our place: same terminal, our signals passed on, and its end is our end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<never>}
 */
export async function become(command, args, env) {
  const stdio = descriptorsFor(args);
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio });
  // Ctrl-C in a terminal reaches the whole foreground group, so the child has it already. A second one, from us, would
  // look like a person who insists and would cut its orderly end short.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  const { code, signal } = await end(child);
  process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
}

/**
 * What a program in our place is given: the terminal, and the descriptors that its arguments name for passwords and keys. The
 * rest of what is open here is ours.
 * @param {readonly string[]} args
 * @returns {("inherit" | "ignore" | number)[]}
 */
export function descriptorsFor(args) {
  const named = new Set(
    args.flatMap((arg, at) => {
      const [, equal] = /^--[a-z-]+-fd(=.*)?$/.exec(arg) ?? [undefined, null];
      const value = equal === null ? "" : (equal?.slice(1) ?? args[at + 1] ?? "");
      return /^\d{1,3}$/.test(value) ? [Number(value)] : [];
    }),
  );
  /** @type {("inherit" | "ignore" | number)[]} */
  const stdio = ["inherit", "inherit", "inherit"];
  for (let fd = 3; fd <= Math.max(0, ...named); fd++) stdio.push(named.has(fd) ? fd : "ignore");
  return stdio;
}

const PARENT_POLL_MS = 500;

/**
 * Ends this process in good order (SIGTERM) once its parent is gone. npm runs scripts in a shell, and hands a SIGTERM to
 * that shell only, which dies of it and tells nobody: without this, `npm start` when stopped would leave a server behind.
 */
export function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, PARENT_POLL_MS);
  timer.unref();
  // Ctrl-C reaches that shell as well as us. Whoever is ending already must not be told again: a second signal would cut
  // the orderly end short. Listening takes away a signal's own effect, so where nobody else listens we bring it back.
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      clearInterval(timer);
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
export function end(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}
