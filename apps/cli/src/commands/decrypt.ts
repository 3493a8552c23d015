import type { EntryKeys } from "@sotto/engine";
import { asFailure, fullTime } from "@sotto/views";
import { readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { EXIT, Interrupted, Stop, exitOf, type Exit } from "../exit.ts";
import { terminalWords } from "../failure-words.ts";
import { lookOf, writeLine, type Io } from "../io.ts";
import { HERE, utc } from "../records.ts";
import { readStdin } from "../stdin-bytes.ts";
import { safeJson, safeLine, safeLines } from "../text.ts";

export type DecryptOptions = {
  entry?: string | undefined;
  epochKey?: string | undefined;
  senderKey?: string | undefined;
  json?: boolean | undefined;
};

/** An entry of the largest size in base64url, with both keys and room for line breaks. */
const INPUT_BYTES_MAX = 1024 * 1024;

const LINES = { entry: "entry", "epoch-key": "epochKey", "sender-key": "senderKey" } as const;
const LINE = /^\s*(entry|epoch-key|sender-key)\s*:?\s+([A-Za-z0-9_-]+)\s*$/;

/**
 * `sotto decrypt`: opens one entry by hand. Offline, without an account and without a device's state: what it says is what the
 * entry, its keys and the signature in it say.
 */
export async function decrypt(io: Io, file: string | undefined, options: DecryptOptions): Promise<Exit> {
  const keys = await readKeys(io, file, options);
  const { createProvider, decryptEntry } = await import("@sotto/engine");
  const found = await decryptEntry(await createProvider(), keys).catch((error: unknown) => {
    const failure = asFailure(error);
    if (!failure.code.startsWith("decrypt/")) throw error;
    const { what, next } = terminalWords(failure, "");
    throw new Stop(exitOf(failure.code), what, [...(next === "" ? [] : [next]), failure.code]);
  });
  const { account, device, fingerprint, conversation, epoch, time, name, text } = found;
  if (options.json === true) {
    await writeLine(
      io.stdout,
      safeJson({ account, device, fingerprint, time: utc(time), name, text, conversation, epoch, post: found.post }),
    );
    return EXIT.done;
  }
  const { forPeople } = lookOf(io);
  const rows = [
    ["account", account],
    ["device", device],
    ["device key", fingerprint],
    ["called", name === null ? "(nothing)" : safeLine(name)],
    ["time", forPeople ? fullTime(time, HERE) : utc(time)],
    ["conversation", conversation],
    ["text", text === null ? "(no text: something else was sent)" : safeLines(text, " ".repeat(14))],
  ] as const;
  for (const [label, value] of rows) await writeLine(io.stdout, `${label.padEnd(14)}${value}`);
  await writeLine(
    io.stderr,
    "The signature is that of this device key. Time and name are what the sender said. sotto person shows whose key it is.",
  );
  return EXIT.done;
}

async function readKeys(io: Io, file: string | undefined, options: DecryptOptions): Promise<EntryKeys> {
  const given = [options.entry, options.epochKey, options.senderKey];
  if (given.every((each) => each === undefined)) {
    const text = file === undefined && io.stdin.isTTY === true ? await pasted(io) : await readText(io, file ?? "-");
    return parsed(text.split(/\r\n?|\n/));
  }
  const [entry, epochKey, senderKey] = given;
  if (file !== undefined || entry === undefined || epochKey === undefined || senderKey === undefined) {
    throw new Stop(
      EXIT.usage,
      "Give one file as the panel copies it, or all three of --entry, --epoch-key and --sender-key.",
    );
  }
  if ([entry, epochKey, senderKey].filter((each) => each === "-").length > 1)
    throw new Stop(EXIT.usage, "Only one of the three can come in on stdin.");
  return {
    entry: await valueOf(io, entry),
    epochKey: await valueOf(io, epochKey),
    senderKey: await valueOf(io, senderKey),
  };
}

/** A value as it is, or what a file of that name holds. */
async function valueOf(io: Io, given: string): Promise<string> {
  return (given === "-" || isFile(given) ? await readText(io, given) : given).trim();
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Also what is too long for the name of a file, as entries are.
    return false;
  }
}

async function readText(io: Io, file: string): Promise<string> {
  if (file !== "-") {
    try {
      if (statSync(file).size <= INPUT_BYTES_MAX) return readFileSync(file, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      throw new Stop(EXIT.failed, `${safeLine(file)} can't be read (${code}).`);
    }
    throw new Stop(EXIT.failed, `${safeLine(file)} is larger than an entry can be.`);
  }
  const tooLong = () => new Stop(EXIT.failed, "That is larger than an entry can be.");
  return new TextDecoder().decode(await readStdin(io, INPUT_BYTES_MAX, tooLong));
}

/** Three lines typed or pasted on a terminal, with echo off: two of them are keys. */
async function pasted(io: Io): Promise<string> {
  await writeLine(
    io.stderr,
    "Paste the entry and its two keys, as the panel copies them. Nothing is shown; Ctrl D ends.",
  );
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // In raw mode: a terminal's own line editor would cut an entry at 4096 characters.
  const readline = createInterface({ input: io.stdin, output: silent, terminal: true, historySize: 0 });
  const lines: string[] = [];
  const missing = new Set<string>(Object.keys(LINES));
  let isInterrupted = false;
  readline.once("SIGINT", () => {
    isInterrupted = true;
    readline.close();
  });
  try {
    for await (const line of readline) {
      lines.push(line);
      missing.delete(LINE.exec(line)?.[1] ?? "");
      if (missing.size === 0) break;
    }
  } finally {
    readline.close();
  }
  if (isInterrupted) throw new Interrupted();
  return lines.join("\n");
}

function parsed(lines: readonly string[]): EntryKeys {
  const found: Partial<EntryKeys> = {};
  for (const line of lines) {
    const [, label, value] = LINE.exec(line) ?? [];
    if (label !== undefined) found[LINES[label as keyof typeof LINES]] = value ?? "";
  }
  const { entry, epochKey, senderKey } = found;
  if (entry !== undefined && epochKey !== undefined && senderKey !== undefined) return { entry, epochKey, senderKey };
  const missing = Object.entries(LINES).filter(([, key]) => found[key] === undefined);
  throw new Stop(
    EXIT.usage,
    `Three lines are needed, each with its name in front. Missing: ${missing.map(([label]) => label).join(", ")}.`,
    [
      'in the panel "What the server sees": Show its keys, Copy all three',
      "or  sotto server-view <conversation> <seq> --keys",
    ],
  );
}
