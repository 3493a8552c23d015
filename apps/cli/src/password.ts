import { read } from "node:fs";
import { promisify } from "node:util";
import { EXIT, Interrupted, Stop } from "./exit.ts";
import { writeLine, type Io } from "./io.ts";

const PASSWORD_BYTES_MAX = 1024;

const readSome = (descriptor: number, into: Uint8Array): Promise<{ bytesRead: number; buffer: Uint8Array }> =>
  promisify(read)(descriptor, into, 0, into.length, null);

/** Where secrets come from when it isn't the terminal: numbers of file descriptors, one for each. */
export type SecretSource = {
  passwordFd?: string | undefined;
  newPasswordFd?: string | undefined;
  recoveryKeyFd?: string | undefined;
  resetCodeFd?: string | undefined;
};
export type PasswordSource = Pick<SecretSource, "passwordFd">;

type Secret = { noun: string; option: string };
const SECRETS = {
  passwordFd: { noun: "password", option: "--password-fd" },
  newPasswordFd: { noun: "new password", option: "--new-password-fd" },
  recoveryKeyFd: { noun: "recovery key", option: "--recovery-key-fd" },
  resetCodeFd: { noun: "code", option: "--reset-code-fd" },
} satisfies Record<keyof SecretSource, Secret>;

/**
 * A secret from the file descriptor that was named, else from the terminal with echo off. Never from arguments or the
 * environment: other programs of this machine can read those.
 */
async function readSecret(io: Io, source: SecretSource, kind: keyof SecretSource, prompt: string): Promise<string> {
  const descriptor = source[kind];
  const secret = SECRETS[kind];
  if (descriptor !== undefined) return readFromDescriptor(descriptor, secret);
  if (io.stdin.isTTY !== true || io.stdin.setRawMode === undefined) {
    throw new Stop(EXIT.usage, `There is no terminal to ask for the ${secret.noun}.`, [
      `give it on a file descriptor:  ${secret.option} 3 3< file`,
    ]);
  }
  return readHidden(io, prompt);
}

export function readPassword(io: Io, source: PasswordSource, prompt: string): Promise<string> {
  return readSecret(io, source, "passwordFd", prompt);
}

/** 8 groups of 4 characters, as a person has them on paper. */
export function readRecoveryKey(io: Io, source: SecretSource, prompt = "Recovery key: "): Promise<string> {
  return readSecret(io, source, "recoveryKeyFd", prompt);
}

/** The one-time code of the server's owner. */
export function readResetCode(io: Io, source: SecretSource): Promise<string> {
  return readSecret(io, source, "resetCodeFd", "Code of the server's owner: ");
}

/**
 * A new password, asked for twice on a terminal, so that a slip of the finger locks nobody out.
 * @param kind  passwordFd where it is the only password of a command
 */
export async function readNewPassword(
  io: Io,
  source: SecretSource,
  kind: "passwordFd" | "newPasswordFd" = "passwordFd",
): Promise<string> {
  const password = await readSecret(io, source, kind, kind === "passwordFd" ? "Password: " : "New password: ");
  if (source[kind] !== undefined) return password;
  const again = await readSecret(io, source, kind, "Again: ");
  if (again !== password) throw new Stop(EXIT.failed, "The two passwords differ. Nothing was sent.");
  return password;
}

async function readFromDescriptor(descriptor: string, { noun, option }: Secret): Promise<string> {
  if (!/^\d{1,4}$/.test(descriptor))
    throw new Stop(EXIT.usage, `${option} takes the number of a file descriptor, not "${descriptor}".`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Not a stream: destroying one closes the descriptor, which isn't ours to close.
    for (let isMore = true; isMore && size <= PASSWORD_BYTES_MAX;) {
      const { bytesRead, buffer } = await readSome(Number(descriptor), new Uint8Array(PASSWORD_BYTES_MAX));
      chunks.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
      isMore = bytesRead > 0 && !buffer.subarray(0, bytesRead).includes(0x0a);
    }
  } catch {
    throw new Stop(EXIT.usage, `File descriptor ${descriptor} can't be read.`, [
      `open it for this program:  ${option} 3 3< file`,
    ]);
  }
  const [line = ""] = new TextDecoder().decode(Buffer.concat(chunks)).split(/\r?\n/, 1);
  if (line === "") throw new Stop(EXIT.usage, `File descriptor ${descriptor} holds no ${noun}.`);
  if (size > PASSWORD_BYTES_MAX && line.length >= PASSWORD_BYTES_MAX)
    throw new Stop(EXIT.usage, `That ${noun} is too long.`);
  return line;
}

/** What keys such as arrows arrive as: no part of a password. */
const ESCAPE_SEQUENCES = new RegExp(`${String.fromCharCode(0x1b)}(?:\\[[0-?]*[ -/]*[@-~]|O?.)?`, "gs");

/** Reads one line in raw mode: nothing of it is shown, not even its length. */
function readHidden(io: Io, prompt: string): Promise<string> {
  const { stdin, stderr } = io;
  return new Promise((resolve, reject) => {
    let typed = "";
    const decoder = new TextDecoder();
    const end = (finish: () => void): void => {
      stdin.off("data", onData);
      stdin.setRawMode?.(false);
      stdin.pause();
      writeLine(stderr, "").then(finish, reject);
    };
    const onData = (chunk: Buffer | string): void => {
      const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      for (const key of text.replace(ESCAPE_SEQUENCES, "")) {
        if (key === "\r" || key === "\n") return end(() => resolve(typed));
        if (key === "\u0003") return end(() => reject(new Interrupted()));
        if (key === "\u0004") return end(() => reject(new Stop(EXIT.failed, "Nothing was given.")));
        if (key === "\u007f" || key === "\b") typed = Array.from(typed).slice(0, -1).join("");
        else if (key === "\u0015") typed = "";
        else if (key >= " ") typed += key;
      }
    };
    stderr.write(prompt);
    stdin.setRawMode?.(true);
    stdin.on("data", onData);
    stdin.resume();
  });
}
