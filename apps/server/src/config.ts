import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { parse as parseToml } from "smol-toml";
import * as v from "valibot";
import { SottoError } from "@sotto/protocol";
import { DEFAULT_LIMITS, type Limits } from "@sotto/delivery";

/** What `startServer` needs to know. Made by {@link readConfig}; docs/hosting.md says what each setting means. */
export type ServerConfig = {
  host: string;
  /** 0 takes any free port. */
  port: number;
  dataDir: string;
  /** Origins under which people reach this server, beside localhost; without a trailing slash. */
  publicUrls: readonly string[];
  tls: { certFile: string; keyFile: string } | null;
  signUpOpen: boolean;
  /** Whether `X-Forwarded-For` of the proxy in front is believed. */
  trustProxy: boolean;
  metrics: "loopback" | "everyone" | "off";
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
  /** Folder of the built web app; null serves none. */
  webDir: string | null;
  limits: Limits;
};

/** Every setting: its name in the environment (and, without SOTTO_, in the file), what it means, and how it is read. */
const SETTINGS = {
  PORT: number("a port from 0 to 65535", 0, 65_535),
  HOST: text("a host name or address", (value) => /^[A-Za-z0-9.:_-]+$/.test(value)),
  SOTTO_DATA_DIR: text("a folder", (value) => value.length > 0),
  SOTTO_PUBLIC_URL: text("one or more addresses such as https://chat.example.org, separated by commas", (value) =>
    value.split(",").every(isOrigin),
  ),
  SOTTO_TLS_CERT: text("a file that exists", (value) => existsSync(value)),
  SOTTO_TLS_KEY: text("a file that exists", (value) => existsSync(value)),
  SOTTO_SIGN_UP: text('"open" or "closed"', (value) => value === "open" || value === "closed"),
  SOTTO_TRUST_PROXY: text('"yes" or "no"', (value) => value === "yes" || value === "no"),
  SOTTO_METRICS: text('"loopback", "everyone" or "off"', (value) => ["loopback", "everyone", "off"].includes(value)),
  SOTTO_LOG_LEVEL: text('"debug", "info", "warn", "error" or "silent"', (value) =>
    ["debug", "info", "warn", "error", "silent"].includes(value),
  ),
  SOTTO_WEB_DIR: text("a folder with the built web app", (value) => existsSync(join(value, "index.html"))),
} as const;
type Setting = keyof typeof SETTINGS;

function text(expected: string, isRight: (value: string) => boolean) {
  return { expected, schema: v.pipe(v.string(), v.trim(), v.check(isRight, expected)) };
}

function number(expected: string, min: number, max: number) {
  return {
    expected,
    schema: v.pipe(
      v.string(),
      v.trim(),
      v.check((value) => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max, expected),
    ),
  };
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value.trim())) return false;
  const { protocol, pathname, search, hash, username, password } = new URL(value.trim());
  return (
    (protocol === "http:" || protocol === "https:") && pathname === "/" && search + hash + username + password === ""
  );
}

/**
 * Reads the configuration from the environment and, below it, from the TOML file that SOTTO_CONFIG names.
 * @param overrides  what a caller sets by itself, above both.
 * @throws SottoError config/invalid, in a sentence that says which setting is wrong and why.
 */
export function readConfig(
  environment: Record<string, string | undefined>,
  overrides: Partial<ServerConfig> = {},
): ServerConfig {
  const settings = { ...readFile(environment["SOTTO_CONFIG"]), ...fromEnvironment(environment) };
  const certFile = settings.SOTTO_TLS_CERT;
  const keyFile = settings.SOTTO_TLS_KEY;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw wrong(
      `SOTTO_TLS_CERT and SOTTO_TLS_KEY belong together, but only ${certFile === undefined ? "the key" : "the certificate"} is set.`,
    );
  const oneOf = <T extends string>(value: string | undefined, choices: readonly T[], otherwise: T): T =>
    choices.find((choice) => choice === value) ?? otherwise;
  const root = projectRoot();
  const config: ServerConfig = {
    host: settings.HOST ?? "127.0.0.1",
    port: Number(settings.PORT ?? "7788"),
    dataDir: settings.SOTTO_DATA_DIR === undefined ? join(root, ".data") : resolve(settings.SOTTO_DATA_DIR),
    publicUrls: settings.SOTTO_PUBLIC_URL?.split(",").map((each) => new URL(each.trim()).origin) ?? [],
    tls: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
    signUpOpen: settings.SOTTO_SIGN_UP !== "closed",
    trustProxy: settings.SOTTO_TRUST_PROXY === "yes",
    metrics: oneOf(settings.SOTTO_METRICS, ["loopback", "everyone", "off"], "loopback"),
    logLevel: oneOf(settings.SOTTO_LOG_LEVEL, ["debug", "info", "warn", "error", "silent"], "info"),
    webDir: settings.SOTTO_WEB_DIR === undefined ? defaultWebDir(root) : resolve(settings.SOTTO_WEB_DIR),
    limits: DEFAULT_LIMITS,
  };
  return { ...config, ...overrides };
}

const wrong = (sentence: string): SottoError =>
  new SottoError("config/invalid", sentence, { kind: "person", do: "Correct the setting and start again." });

function fromEnvironment(environment: Record<string, string | undefined>): Partial<Record<Setting, string>> {
  const found: Partial<Record<Setting, string>> = {};
  for (const name of Object.keys(environment)) {
    const isOurs = name.startsWith("SOTTO_") && name !== "SOTTO_CONFIG";
    // Names that other parts of the house read are theirs to check.
    if (isSetting(name)) {
      const value = environment[name];
      if (value !== undefined && value !== "") found[name] = checked(name, value, "the environment");
    } else if (isOurs && isTypo(name)) throw wrong(`There is no setting ${name}; did you mean ${isTypo(name)}?`);
  }
  return found;
}

function readFile(path: string | undefined): Partial<Record<Setting, string>> {
  if (path === undefined || path === "") return {};
  let parsed: Record<string, unknown>;
  try {
    parsed = parseToml(readFileSync(path, "utf8"));
  } catch (error) {
    throw wrong(
      `The configuration file ${path} can't be read: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unknown reason"}.`,
    );
  }
  const found: Partial<Record<Setting, string>> = {};
  for (const [key, value] of Object.entries(parsed)) {
    const name = [key.toUpperCase(), `SOTTO_${key.toUpperCase()}`].find(isSetting);
    if (name === undefined) throw wrong(`The configuration file ${path} has a setting "${key}" that doesn't exist.`);
    if (typeof value !== "string" && typeof value !== "number")
      throw wrong(`In ${path}, ${key} must be ${SETTINGS[name].expected}.`);
    const isPath = ["SOTTO_DATA_DIR", "SOTTO_TLS_CERT", "SOTTO_TLS_KEY", "SOTTO_WEB_DIR"].includes(name);
    const given = String(value);
    found[name] = checked(name, isPath && !isAbsolute(given) ? join(dirname(resolve(path)), given) : given, path);
  }
  return found;
}

const isSetting = (name: string): name is Setting => Object.hasOwn(SETTINGS, name);

/** The setting that an unknown name was probably meant to be: one letter off. */
function isTypo(name: string): Setting | undefined {
  return Object.keys(SETTINGS)
    .filter(isSetting)
    .find((setting) => Math.abs(setting.length - name.length) <= 1 && differences(setting, name) <= 1);
}

function differences(a: string, b: string): number {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return Math.max(a.length, b.length) - start - end;
}

function checked(name: Setting, value: string, where: string): string {
  const parsed = v.safeParse(SETTINGS[name].schema, value);
  if (parsed.success) return parsed.output;
  throw wrong(`${name} in ${where} is "${value.slice(0, 200)}", but it must be ${SETTINGS[name].expected}.`);
}

/** The folder of the project, whether this runs from its sources or from a bundle inside it. */
export function projectRoot(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, "package-lock.json"))) return folder;
  return process.cwd();
}

function defaultWebDir(root: string): string | null {
  const built = join(root, "apps", "web", "dist");
  return existsSync(join(built, "index.html")) ? built : null;
}
