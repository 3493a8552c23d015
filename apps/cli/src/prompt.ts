import { createInterface } from "node:readline/promises";
import { EXIT, Interrupted, Stop } from "./exit.ts";
import type { Io } from "./io.ts";

/**
 * Asks a question on the terminal. The question goes to stderr: stdout belongs to what a command was asked for.
 * @param instead  what to do where there is no terminal
 * @throws Stop EXIT.usage without a terminal
 */
export async function ask(io: Io, question: string, instead?: string): Promise<string> {
  if (io.stdin.isTTY !== true) {
    const missing = question.replace(/:\s*$/, "");
    throw new Stop(
      EXIT.usage,
      `There is no terminal to ask for an answer (${missing}).`,
      instead === undefined ? [] : [instead],
    );
  }
  const readline = createInterface({ input: io.stdin, output: io.stderr, terminal: true, historySize: 0 });
  const ended = new Promise<never>((_, reject) => {
    readline.once("SIGINT", () => reject(new Interrupted()));
    readline.once("close", () => reject(new Stop(EXIT.failed, "No answer was given.")));
  });
  try {
    return (await Promise.race([readline.question(question), ended])).trim();
  } finally {
    readline.close();
    ended.catch(() => undefined);
  }
}

/** A question that only "y" or "yes" says yes to. @param instead  what to do where there is no terminal */
export async function confirmed(io: Io, question: string, instead?: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(io, `${question} [y/N] `, instead));
}
