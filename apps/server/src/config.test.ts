import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { projectRoot, readConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "sotto-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const pem = file("some.pem", "not a certificate");

test("without settings everything has a default", () => {
  expect(readConfig({})).toMatchObject({
    host: "127.0.0.1",
    port: 7788,
    dataDir: join(projectRoot(), ".data"),
    publicUrls: [],
    tls: null,
    signUpOpen: true,
    trustProxy: false,
    metrics: "loopback",
    logLevel: "info",
  });
  expect(readConfig({ PORT: "", HOST: "" })).toMatchObject({ port: 7788, host: "127.0.0.1" });
});

test("settings come from the environment, then from the file", () => {
  const config = file(
    "sotto.toml",
    'port = 8000\nhost = "0.0.0.0"\ndata_dir = "here"\npublic_url = "https://a.example, https://b.example:8443/"\nsign_up = "closed"\n',
  );
  expect(readConfig({ SOTTO_CONFIG: config, HOST: "::1", SOTTO_TRUST_PROXY: "yes" })).toMatchObject({
    port: 8000,
    host: "::1",
    dataDir: join(folder, "here"),
    publicUrls: ["https://a.example", "https://b.example:8443"],
    signUpOpen: false,
    trustProxy: true,
  });
  expect(readConfig({ PORT: "1" }, { port: 0 }).port).toBe(0);
});

test.each<[string, Record<string, string>, string]>([
  [
    "a port that isn't one",
    { PORT: "70000" },
    'PORT in the environment is "70000", but it must be a port from 0 to 65535.',
  ],
  [
    "a host with a path",
    { HOST: "http://x/" },
    'HOST in the environment is "http://x/", but it must be a host name or address.',
  ],
  [
    "an address with a path",
    { SOTTO_PUBLIC_URL: "https://a.example/chat" },
    'SOTTO_PUBLIC_URL in the environment is "https://a.example/chat", but it must be one or more addresses such as https://chat.example.org, separated by commas.',
  ],
  [
    "an address of another scheme",
    { SOTTO_PUBLIC_URL: "ftp://a.example" },
    'SOTTO_PUBLIC_URL in the environment is "ftp://a.example", but it must be one or more addresses such as https://chat.example.org, separated by commas.',
  ],
  [
    "a certificate that isn't there",
    { SOTTO_TLS_CERT: "/nowhere.pem", SOTTO_TLS_KEY: pem },
    'SOTTO_TLS_CERT in the environment is "/nowhere.pem", but it must be a file that exists.',
  ],
  [
    "a certificate without a key",
    { SOTTO_TLS_CERT: pem },
    "SOTTO_TLS_CERT and SOTTO_TLS_KEY belong together, but only the certificate is set.",
  ],
  [
    "a misspelt setting",
    { SOTTO_DATA_DIRR: "/x" },
    "There is no setting SOTTO_DATA_DIRR; did you mean SOTTO_DATA_DIR?",
  ],
  [
    "a word that isn't a choice",
    { SOTTO_METRICS: "all" },
    'SOTTO_METRICS in the environment is "all", but it must be "loopback", "everyone" or "off".',
  ],
  [
    "a file that isn't there",
    { SOTTO_CONFIG: "/nowhere.toml" },
    "The configuration file /nowhere.toml can't be read: ENOENT: no such file or directory, open '/nowhere.toml'.",
  ],
  [
    "a file with an unknown setting",
    { SOTTO_CONFIG: file("unknown.toml", "colour = 1") },
    `The configuration file ${join(folder, "unknown.toml")} has a setting "colour" that doesn't exist.`,
  ],
  [
    "a file with a setting of the wrong kind",
    { SOTTO_CONFIG: file("kind.toml", "port = [1]") },
    `In ${join(folder, "kind.toml")}, port must be a port from 0 to 65535.`,
  ],
])("%s stops the start with a sentence", (_title, environment, sentence) => {
  expect(() => readConfig(environment)).toThrow(
    expect.objectContaining({ code: "config/invalid", message: sentence }) as Error,
  );
});
