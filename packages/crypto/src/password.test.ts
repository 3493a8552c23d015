import { SottoError } from "@sotto/protocol";
import { expect, test } from "vitest";
import { createPasswordClient, createPasswordClientAt, PASSWORD_SUITE } from "./password-client.ts";
import { createPasswordSetup, openPasswordServer } from "./password-server.ts";
import { workOf } from "./password-suite.ts";

const CHEAP = { iterations: 1, memory: 64, parallelism: 1 };
const client = createPasswordClientAt(CHEAP, { cheapForTests: true });
const setup = await createPasswordSetup();
const server = await openPasswordServer(setup);

async function register(username: string, password: string, by = client) {
  const start = await by.registerStart(password);
  const response = server.startRegistration(username, start.request);
  if (response === undefined) throw new Error("no response");
  return by.registerFinish({ password, username, state: start.state, response });
}

async function logIn(
  username: string,
  password: string,
  record: string | undefined,
  parts: Partial<{ by: typeof client; at: typeof server; asked: string }> = {},
) {
  const { by = client, at = server, asked = username } = parts;
  const start = await by.loginStart(password);
  const answer = at.startLogin(asked, record, start.request);
  if (answer === undefined) throw new Error("no answer");
  const finished = await by.loginFinish({ password, username, state: start.state, response: answer.loginResponse });
  return { finished, answer, proved: finished === undefined ? false : at.finishLogin(answer.state, finished.request) };
}

test("the right password proves itself, and gives the same export key each time", async () => {
  const { record, exportKey } = await register("alice", "correct horse");
  for (let i = 0; i < 2; i++) {
    const { finished, proved } = await logIn("alice", "correct horse", record);
    expect(proved).toBe(true);
    expect(finished?.exportKey).toEqual(exportKey);
    expect(finished?.sessionKey).toHaveLength(64);
  }
  expect(exportKey).toHaveLength(64);
  expect((await register("alice", "correct horse")).exportKey).not.toEqual(exportKey);
});

test("a wrong password, another's record, another name or another server prove nothing", async () => {
  const { record } = await register("alice", "correct horse");
  const bobs = await register("bob", "correct horse");
  const other = await openPasswordServer(await createPasswordSetup());
  expect((await logIn("alice", "correct house", record)).finished).toBeUndefined();
  expect((await logIn("alice", "", record)).finished).toBeUndefined();
  expect((await logIn("alice", "correct horse", bobs.record)).finished).toBeUndefined();
  expect((await logIn("bob", "correct horse", record)).finished).toBeUndefined();
  expect((await logIn("bob", "correct horse", record, { asked: "alice" })).finished).toBeUndefined();
  expect((await logIn("alice", "correct horse", record, { at: other })).finished).toBeUndefined();
});

test("[T60] an unknown name gets an answer of the same length that fails as late, and the same one each time", async () => {
  const { record } = await register("alice", "correct horse");
  const known = await logIn("alice", "wrong", record);
  const unknown = await logIn("nobody", "wrong", undefined);
  expect(unknown.answer.loginResponse).toHaveLength(known.answer.loginResponse.length);
  expect(unknown.finished).toBeUndefined();
  const start = await client.loginStart("wrong");
  const [first, second] = [
    server.startLogin("nobody", undefined, start.request),
    server.startLogin("nobody", undefined, start.request),
  ];
  // The evaluated element and the masked part's key don't change: asking twice tells no more than asking once.
  expect(first?.loginResponse.slice(0, 40)).toBe(second?.loginResponse.slice(0, 40));
});

test("[T61] no message and no record holds the password", async () => {
  const password = "canary-in-a-coal-mine";
  const start = await client.registerStart(password);
  const { record } = await register("alice", password);
  const login = await logIn("alice", password, record);
  for (const text of [start.request, record, login.finished!.request, login.answer.loginResponse, login.answer.state]) {
    expect(text).not.toContain(password);
    expect(text).not.toContain(Buffer.from(password).toString("base64url").slice(0, 20));
  }
});

test("[T62] a registration at one cost doesn't open at another, and the product's cost is no argument", async () => {
  const { record } = await register("alice", "correct horse");
  const dearer = createPasswordClientAt({ iterations: 2, memory: 64, parallelism: 1 }, { cheapForTests: true });
  expect((await logIn("alice", "correct horse", record, { by: dearer })).finished).toBeUndefined();
  expect(createPasswordClient).toHaveLength(0);
});

test("[T62] a client that would make guessing cheaper is refused", () => {
  const { cost } = PASSWORD_SUITE;
  for (const cheaper of [
    CHEAP,
    { ...cost, iterations: cost.iterations - 1 },
    { ...cost, memory: cost.memory / 2, iterations: cost.iterations * 2 },
  ]) {
    let thrown: unknown;
    try {
      createPasswordClientAt(cheaper);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SottoError);
    expect(thrown).toMatchObject({ code: "password/cost-refused" });
  }
  expect(() => createPasswordClientAt({ ...cost, iterations: cost.iterations + 1 })).not.toThrow();
});

test("[T62] the product's client pays the whole cost", async () => {
  expect(workOf(PASSWORD_SUITE.cost)).toBeGreaterThanOrEqual(7 * 128 * 1024);
  const started = performance.now();
  const { record } = await register("alice", "correct horse", createPasswordClient());
  // A hundred times what the cheap client takes: far below the second that it is, far above anything that skips it.
  expect(performance.now() - started).toBeGreaterThan(200);
  expect((await logIn("alice", "correct horse", record)).finished).toBeUndefined();
});

test("the same characters from another keyboard are the same password", async () => {
  const { record } = await register("alice", "cafe\u0301 au lait");
  expect((await logIn("alice", "caf\u00e9\u00a0au lait", record)).proved).toBe(true);
  expect((await logIn("alice", "cafe au lait", record)).proved).toBe(false);
});

test("hostile messages are answered with a value, and quote nothing", async () => {
  const { record } = await register("alice", "correct horse");
  const start = await client.loginStart("correct horse");
  const registration = await client.registerStart("correct horse");
  for (const bad of [
    "",
    "A",
    "????",
    "A".repeat(2000),
    "_".repeat(128),
    start.request.slice(0, -2),
    registration.request.slice(0, 20),
  ]) {
    expect(server.startRegistration("alice", bad)).toBeUndefined();
    expect(server.startLogin("alice", record, bad)).toBeUndefined();
    expect(
      await client.loginFinish({ password: "correct horse", username: "alice", state: start.state, response: bad }),
    ).toBeUndefined();
    await expect(
      client.registerFinish({ password: "correct horse", username: "alice", state: registration.state, response: bad }),
    ).rejects.toMatchObject({
      code: "request/malformed",
      message: "The server's answer to the sign-up can't be used.",
    });
    const answer = server.startLogin("alice", record, start.request);
    expect(server.finishLogin(answer!.state, bad)).toBe(false);
  }
  expect(server.startLogin("alice", "not a record", start.request)).toBeUndefined();
});

test("[T60] a message with more behind it is none", async () => {
  const { record } = await register("alice", "correct horse");
  const more = (text: string): string => `${text}${"A".repeat(4 - (text.length % 4))}AAAA`;
  const registration = await client.registerStart("correct horse");
  const registered = server.startRegistration("alice", registration.request)!;
  const login = await client.loginStart("correct horse");
  const answer = server.startLogin("alice", record, login.request)!;
  const who = { password: "correct horse", username: "alice" };
  const finished = await client.loginFinish({ ...who, state: login.state, response: answer.loginResponse });

  expect(server.startRegistration("alice", more(registration.request))).toBeUndefined();
  expect(server.startRegistration("alice", login.request)).toBeUndefined();
  expect(server.startLogin("alice", record, more(login.request))).toBeUndefined();
  expect(server.startLogin("alice", more(record), login.request)).toBeUndefined();
  expect(server.finishLogin(answer.state, more(finished!.request))).toBe(false);
  await expect(
    client.registerFinish({ ...who, state: registration.state, response: more(registered) }),
  ).rejects.toMatchObject({ code: "request/malformed" });
  expect(
    await client.loginFinish({ ...who, state: login.state, response: more(answer.loginResponse) }),
  ).toBeUndefined();
  expect(server.finishLogin(answer.state, finished!.request)).toBe(true);
});

test("a finish of another attempt proves nothing", async () => {
  const { record } = await register("alice", "correct horse");
  const [one, two] = [await logIn("alice", "correct horse", record), await logIn("alice", "correct horse", record)];
  expect(server.finishLogin(one.answer.state, two.finished!.request)).toBe(false);
  expect(server.finishLogin(two.answer.state, two.finished!.request)).toBe(true);
});

test("what isn't a setup is refused at the start", async () => {
  await expect(openPasswordServer("not a setup")).rejects.toThrow("not a password setup");
  expect(await createPasswordSetup()).not.toBe(setup);
});
