import { read } from "node:fs";
import { promisify } from "node:util";
import { EXIT, Interrupted, Stop } from "./exit.ts";
import { writeLine, type Io } from "./io.ts";

const PASSWORD_BYTES_MAX = 1024;

const readSome = (descriptor: number, into: Uint8Array): Promise<{ bytesRead: number; buffer: Uint8Array }> =>
  promisify(read)(descriptor, into, 0, into.length, null);

export type PasswordSource = { passwordFd?: string | undefined };

/**
 * A password from the file descriptor that was named, else from the terminal with echo off. Never from arguments or the
 * environment: other programs of this machine can read those.
 */
export async function readPassword(io: Io, { passwordFd }: PasswordSource, prompt: string): Promise<string> {
  if (passwordFd !== undefined) return readFromDescriptor(passwordFd);
  if (io.stdin.isTTY !== true || io.stdin.setRawMode === undefined) {
    throw new Stop(EXIT.usage, "There is no terminal to ask for the password.", [
      "give it on a file descriptor:  sotto sign-in <username> --password-fd 3 3< password-file",
    ]);
  }
  return readHidden(io, prompt);
}

/** A new password, asked for twice on a terminal, so that a slip of the finger locks nobody out. */
export async function readNewPassword(io: Io, source: PasswordSource): Promise<string> {
  const password = await readPassword(io, source, "Password: ");
  if (source.passwordFd !== undefined) return password;
  const again = await readPassword(io, source, "Again: ");
  if (again !== password) throw new Stop(EXIT.failed, "The two passwords differ. Nothing was sent.");
  return password;
}

async function readFromDescriptor(descriptor: string): Promise<string> {
  if (!/^\d{1,4}$/.test(descriptor))
    throw new Stop(EXIT.usage, `--password-fd takes the number of a file descriptor, not "${descriptor}".`);
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
      "open it for this program:  --password-fd 3 3< password-file",
    ]);
  }
  const [line = ""] = new TextDecoder().decode(Buffer.concat(chunks)).split(/\r?\n/, 1);
  if (line === "") throw new Stop(EXIT.usage, `File descriptor ${descriptor} holds no password.`);
  if (size > PASSWORD_BYTES_MAX && line.length >= PASSWORD_BYTES_MAX)
    throw new Stop(EXIT.usage, "That password is too long.");
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
        if (key === "\u0004") return end(() => reject(new Stop(EXIT.failed, "No password was given.")));
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
