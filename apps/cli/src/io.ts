import type { Readable, Writable } from "node:stream";
import { styleText } from "node:util";

/** The world around one run of the program. Its own streams in earnest; others in tests. */
export type Io = {
  stdin: Readable & { isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean };
  env: Record<string, string | undefined>;
  /** Aborted by Ctrl C and by SIGTERM. */
  interrupted: AbortSignal;
};

/** Signs of trust. Each is always beside a word or explained by one (`/help`, `sotto person`). */
export type Glyphs = {
  verified: string;
  unverified: string;
  changed: string;
  blocked: string;
  self: string;
  prompt: string;
};

const UNICODE: Glyphs = { verified: "✓", unverified: "○", changed: "▲", blocked: "✕", self: "", prompt: "›" };
const ASCII: Glyphs = { verified: "+", unverified: "o", changed: "!", blocked: "x", self: "", prompt: ">" };

/** How things are written for whoever reads stdout. */
export type Look = {
  /** A person reads along: columns, local times, glyphs. Else: records for programs, tab separated, UTC. */
  forPeople: boolean;
  glyphs: Glyphs;
  dim(text: string): string;
  bold(text: string): string;
};

export function lookOf({ stdout, env }: Io): Look {
  const forPeople = stdout.isTTY === true;
  // https://no-color.org: any value that isn't empty.
  const coloured = forPeople && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const paint = (format: "dim" | "bold", text: string): string =>
    coloured ? styleText(format, text, { validateStream: false }) : text;
  return {
    forPeople,
    glyphs: readsUnicode(env) ? UNICODE : ASCII,
    dim: (text) => paint("dim", text),
    bold: (text) => paint("bold", text),
  };
}

/** Whether the locale is UTF-8 and the terminal draws what isn't ASCII. */
export function readsUnicode(env: Io["env"]): boolean {
  if (env["TERM"] === "linux" || env["TERM"] === "dumb") return false;
  // Set to nothing is as good as not set (POSIX, section 8.2).
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  if (locale === undefined) return process.platform === "win32" || process.platform === "darwin";
  return /utf-?8/i.test(locale);
}

/** Writes one line and resolves once the stream has taken it. */
export function writeLine(stream: Writable, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
