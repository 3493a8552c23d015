import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { EXIT, Stop } from "./exit.ts";
import type { Io } from "./io.ts";

const DEFAULT_SERVER = "http://localhost:7788";

/** One device: the folder with its state, and the server that it belongs to. */
export type Home = {
  directory: string;
  origin: string;
  /** Called once somebody is signed in, so that later commands needn't name the server. */
  remember(): void;
  forget(): void;
};

/**
 * The folder and the server of this run: the options, else the environment, else the server that the folder was signed in
 * at, else the one on this machine.
 */
export function openHome(options: { home?: string | undefined; server?: string | undefined }, env: Io["env"]): Home {
  const directory = resolve(given(options.home) ?? given(env["SOTTO_HOME"]) ?? join(homedir(), ".sotto"));
  const file = join(directory, "server");
  const remembered = readIfThere(file);
  const wanted = given(options.server) ?? given(env["SOTTO_SERVER"]);
  const origin = originOf(wanted ?? remembered ?? DEFAULT_SERVER);
  if (remembered !== undefined && originOf(remembered) !== origin) {
    throw new Stop(EXIT.failed, `${directory} is signed in at ${remembered}, not at ${origin}.`, [
      "give the other account a folder of its own:  --home <folder>",
      `if the server has moved, write its new address into ${file}`,
    ]);
  }
  return {
    directory,
    origin,
    remember() {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      writeFileSync(file, `${origin}\n`, { mode: 0o600 });
    },
    forget: () => rmSync(file, { force: true }),
  };
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

function readIfThere(file: string): string | undefined {
  try {
    return given(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isRight = url !== undefined && ["http:", "https:"].includes(url.protocol) && url.username + url.password === "";
  if (!isRight) {
    throw new Stop(EXIT.usage, `"${text}" is not the address of a server.`, [
      "give one such as  --server https://chat.example.org",
    ]);
  }
  return url.origin;
}
