import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync, cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import { inspectAccount, issueResetCode } from "./index.ts";
import { dialServer, newFolder, runServer, type Running } from "./test/real.ts";
import { accountId } from "./test/store-contract.ts";
import { Line, Person } from "./test/world.ts";

const running: Running[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.end();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
async function start(...given: Parameters<typeof runServer>): Promise<Running> {
  const server = await runServer(...given);
  running.push(server);
  return server;
}
function folder(): string {
  const made = newFolder();
  folders.push(made);
  return made;
}

/** Joins a real server without the real password protocol, whose record is only kept. */
async function joinServer(server: Running, name: string): Promise<Person> {
  const person = await Person.stranger(name, new Line(await dialServer(server.url)));
  await person.line.ask("sign-up.finish", person.signUpParameters());
  await person.authenticate(person.line, server.url);
  return person;
}

test("[DL17] a code of the owner works beside the running server, once, and only its hash is stored", async () => {
  const server = await start();
  const ada = await joinServer(server, "ada");
  const { code, expiresAt } = await issueResetCode(server.dataDir, "@ada");
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/);
  expect(Math.abs(expiresAt - Date.now() - 24 * 60 * 60_000)).toBeLessThan(10_000);
  for (const file of readdirSync(server.dataDir))
    expect(readFileSync(join(server.dataDir, file)).includes(code)).toBe(false);
  const fresh = await Person.stranger("ada", new Line(await dialServer(server.url)));
  const parameters = { ...fresh.signUpParameters(), resetCode: code };
  expect(await fresh.line.codeOf("sign-up.finish", parameters)).toBe("ok");
  expect((await fresh.authenticate(fresh.line, server.url)).username).toBe("ada");
  const back = new Line(await dialServer(server.url));
  expect(await back.codeOf("session.authenticate", await ada.proof(back, server.url))).toBe("account/replaced");
  const other = await Person.stranger("ada", new Line(await dialServer(server.url)));
  expect(await other.line.codeOf("sign-up.finish", { ...other.signUpParameters(), resetCode: code })).toBe(
    "account/reset-code-wrong",
  );
});

test("a code of the owner works without a server too, and brings the data of an older release up to date", async () => {
  const data = folder();
  const old = new DatabaseSync(join(data, "sotto.sqlite"), { enableForeignKeyConstraints: false });
  old.exec(readFileSync(join(import.meta.dirname, "test", "first-release.sql"), "utf8"));
  old.close();
  await expect(inspectAccount(data, accountId(1))).rejects.toMatchObject({ code: "config/invalid" });
  expect((await issueResetCode(data, "person1")).code).toHaveLength(16);
  expect((await inspectAccount(data, accountId(1))).holdings).toContainEqual({
    what: "reset codes",
    rows: 1,
    bytes: 32,
  });
  await expect(issueResetCode(data, "person3")).rejects.toMatchObject({ code: "account/closed" });
});

test("data that an older server holds right now isn't touched", async () => {
  const data = folder();
  const old = new DatabaseSync(join(data, "sotto.sqlite"), { enableForeignKeyConstraints: false });
  old.exec(readFileSync(join(import.meta.dirname, "test", "first-release.sql"), "utf8"));
  old.close();
  const held = new DatabaseSync(join(data, "lock"));
  held.exec("begin exclusive");
  await expect(issueResetCode(data, "person1")).rejects.toMatchObject({ code: "config/data-in-use" });
  held.close();
  const changes = new DatabaseSync(join(data, "sotto.sqlite"));
  expect(changes.prepare("select count(*) as n from kysely_migration").get()).toEqual({ n: 1 });
  changes.close();
});

test("what can't be reset is said clearly", async () => {
  const server = await start();
  await joinServer(server, "ada");
  for (const name of ["nobody", "Not A Name", ""])
    await expect(issueResetCode(server.dataDir, name)).rejects.toMatchObject({ code: "account/unknown" });
  const empty = folder();
  await expect(issueResetCode(empty, "ada")).rejects.toMatchObject({ code: "config/invalid" });
  await expect(issueResetCode(join(empty, "nowhere"), "ada")).rejects.toMatchObject({ code: "config/invalid" });
  expect(readdirSync(empty)).toEqual([]);
});

test("[DL21] what is held is the same from the data folder as from the server, and looking writes nothing", async () => {
  const server = await start();
  const ada = await joinServer(server, "ada");
  const conversation = ada.newConversation();
  const bundle = ada.bundle(0, 0, [[ada, 2]]);
  await ada.line.ask("conversation.create", { conversation, kind: 2, pair: null, room: null, bundle });
  await ada.line.ask("archive.store", { records: [{ conversation, key: ada.random(8), record: ada.random(60) }] });
  const { holdings } = await ada.line.ask("account.holdings", {});
  expect(await inspectAccount(server.dataDir, ada.account)).toEqual({ username: "ada", isClosed: false, holdings });
  await server.close();
  const copy = join(folder(), "copy");
  mkdirSync(copy);
  cpSync(join(server.dataDir, "sotto.sqlite"), join(copy, "sotto.sqlite"));
  const before = statSync(join(copy, "sotto.sqlite")).mtimeMs;
  expect(await inspectAccount(copy, ada.account)).toMatchObject({ holdings });
  expect(statSync(join(copy, "sotto.sqlite")).mtimeMs).toBe(before);
  await expect(inspectAccount(copy, accountId(5))).rejects.toMatchObject({ code: "account/unknown" });
  writeFileSync(join(copy, "sotto.sqlite"), "not a database at all");
  await expect(inspectAccount(copy, ada.account)).rejects.toMatchObject({ code: "config/invalid" });
});
