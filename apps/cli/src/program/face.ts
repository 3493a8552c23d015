import { Option } from "commander";
import type { Exit } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Run } from "../session.ts";

/** What a command is run on: the engine of the home that the options name, or nothing but the terminal. */
export type Face = {
  on: (work: (run: Run) => Promise<Exit>) => Promise<void>;
  alone: (work: (io: Io) => Promise<Exit>) => Promise<void>;
};

export type Output = { json?: boolean };

export const json = (): Option => new Option("--json", "one JSON object a line");

const descriptor = (option: string, what: string): Option =>
  new Option(`${option} <n>`, `read the ${what} from this file descriptor instead of the terminal`);
export const passwordFd = (): Option => descriptor("--password-fd", "password");
export const newPasswordFd = (): Option => descriptor("--new-password-fd", "new password");
export const recoveryKeyFd = (): Option => descriptor("--recovery-key-fd", "recovery key");
export const resetCodeFd = (): Option => descriptor("--reset-code-fd", "code of the server's owner");
