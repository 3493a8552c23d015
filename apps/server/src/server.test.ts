import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { KIND } from "@sotto/protocol";
import { createPasswordClientAt } from "@sotto/crypto/password-client";
import { Line, Person, recordOf } from "./test/world.ts";
import { dialServer, newFolder, runServer, type Running } from "./test/real.ts";
import type { ServerConfig } from "./config.ts";

const running: Running[] = [];
async function run(overrides?: Partial<ServerConfig>): Promise<Running> {
  const server = await runServer(overrides);
  running.push(server);
  return server;
}
afterEach(async () => {
  for (const server of running.splice(0)) await server.end();
});

/** Signs up with the real password protocol, at a cost for tests. */
async function signUp(server: { url: string }, name: string): Promise<Person> {
  const person = await Person.stranger(name, new Line(await dialServer(server.url)));
  const { state, request } = await passwords.registerStart("correct horse");
  const { registrationResponse } = await person.line.ask("sign-up.start", {
    username: person.name,
    registrationRequest: request,
    resetCode: null,
  });
  const { record } = await passwords.registerFinish({
    password: "correct horse",
    username: name,
    state,
    response: registrationResponse,
  });
  await person.line.ask("sign-up.finish", { ...person.signUpParameters(), registrationRecord: record });
  await person.authenticate(person.line, server.url);
  return person;
}
const passwords = createPasswordClientAt({ iterations: 1, memory: 64, parallelism: 1 }, { cheapForTests: true });

async function eventually(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 15_000 && !condition(); waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

test("two people talk over real WebSockets, and everything outlives a restart", async () => {
  const dataDir = newFolder();
  const first = await runServer({ dataDir });
  const [ada, ben] = [await signUp(first, "ada"), await signUp(first, "ben")];
  const conversation = ada.newConversation();
  const bundle = ada.bundle(0, 0, [
    [ada, 1],
    [ben, 1],
  ]);
  await ada.line.ask("conversation.create", { conversation, kind: KIND.direct, pair: ben.account, room: null, bundle });
  await eventually(() => ben.line.events.some(({ event }) => event === "conversations"));
  for (const author of [ada, ben, ada]) expect((await author.say(conversation, 1)).kind).toBe("result");
  await eventually(() => ben.line.entries.length === 4 && ada.line.entries.length === 4);
  expect(ben.line.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  const before = await ben.line.page(conversation, 0);
  await first.close();
  await eventually(() => ada.line.closedWith === 1001);

  const second = await run({ dataDir });
  const line = new Line(await dialServer(second.url));
  await ben.authenticate(line, second.url);
  expect(await line.page(conversation, 0)).toEqual(before);
  expect(await line.ask("conversation.list", {})).toMatchObject({ conversations: [{ conversation, lastSeq: 4 }] });
});

test("T61 the password is right or wrong by the real protocol, and its secrets lie apart from the database", async () => {
  const server = await run();
  await signUp(server, "ada");
  const signIn = async (password: string) => {
    const line = new Line(await dialServer(server.url));
    const { state, request } = await passwords.loginStart(password);
    const started = await line.ask("sign-in.start", { username: "ada", startLoginRequest: request });
    const finished = await passwords.loginFinish({ password, username: "ada", state, response: started.loginResponse });
    return { line, signIn: started.signIn, finishLoginRequest: finished?.request };
  };
  const right = await signIn("correct horse");
  expect(
    await right.line.codeOf("sign-in.finish", {
      signIn: right.signIn,
      finishLoginRequest: right.finishLoginRequest ?? "",
    }),
  ).toBe("ok");
  const wrong = await signIn("correct house");
  expect(wrong.finishLoginRequest).toBeUndefined();
  expect(
    await wrong.line.codeOf("sign-in.finish", {
      signIn: wrong.signIn,
      finishLoginRequest: right.finishLoginRequest ?? "",
    }),
  ).toBe("account/sign-in-failed");
  const setup = join(server.dataDir, "password-setup");
  expect(statSync(setup).mode & 0o077).toBe(0);
  expect(readFileSync(join(server.dataDir, "sotto.sqlite")).includes(readFileSync(setup))).toBe(false);
});

test("T60 by the real protocol, a name that nobody has is answered like one that somebody has, and the same each time", async () => {
  const server = await run();
  await signUp(server, "ada");
  const line = new Line(await dialServer(server.url));
  const { request } = await passwords.loginStart("a guess");
  const ask = async (username: string) => {
    const { loginResponse, signIn } = await line.ask("sign-in.start", { username, startLoginRequest: request });
    const refusal = await line.try("sign-in.finish", { signIn, finishLoginRequest: recordOf("a guess") });
    return { bytes: Buffer.from(loginResponse, "base64url"), refusal };
  };
  const answers = [await ask("ada"), await ask("ada"), await ask("nobody"), await ask("nobody")] as const;
  expect(new Set(answers.map(({ bytes }) => bytes.length)).size).toBe(1);
  expect(new Set(answers.map(({ refusal }) => JSON.stringify(refusal))).size).toBe(1);
  // The evaluated element comes first in KE2 (RFC 9807 §6.1): of one name and one request always the same.
  const [first, second, third, fourth] = answers.map(({ bytes }) => bytes.subarray(0, 32).toString("hex"));
  expect(first).toBe(second);
  expect(third).toBe(fourth);
  expect(first).not.toBe(third);
});

const upgrade = (url: string, path: string, headers: Record<string, string>): Promise<string> =>
  new Promise((resolve) => {
    const webSocket = new WebSocket(`${url.replace(/^http/, "ws")}${path}`, { headers });
    webSocket.on("open", () => {
      webSocket.close();
      resolve("open");
    });
    webSocket.on("error", (error) => resolve(error.message));
  });

test("T68 a page of another site can't open a socket; a program without Origin can", async () => {
  const server = await run({ publicUrls: ["https://chat.example.org"] });
  const { port } = new URL(server.url);
  for (const origin of [`http://localhost:${port}`, `http://127.0.0.1:${port}`, "https://chat.example.org"])
    expect(await upgrade(server.url, "/socket", { origin })).toBe("open");
  expect(await upgrade(server.url, "/socket", {})).toBe("open");
  for (const origin of [
    "https://evil.example",
    "null",
    `https://localhost:${port}`,
    "http://localhost:1",
    `http://localhost.evil.example:${port}`,
    "https://chat.example.org.evil.example",
  ])
    expect(await upgrade(server.url, "/socket", { origin })).toBe("Unexpected server response: 403");
  expect(await upgrade(server.url, "/other", {})).toBe("Unexpected server response: 404");
});

test("T68 what isn't signed changes nothing, and a proof for another origin is worth nothing", async () => {
  const server = await run();
  const ada = await signUp(server, "ada");
  const line = new Line(await dialServer(server.url));
  expect(await line.codeOf("conversation.list", {})).toBe("request/not-signed-in");
  expect(await line.codeOf("session.authenticate", await ada.proof(line, "https://evil.example"))).toBe(
    "session/wrong-origin",
  );
  const proof = await ada.proof(line, server.url);
  expect(
    await line.codeOf("session.authenticate", { ...proof, origin: server.url.replace("localhost", "127.0.0.1") }),
  ).toBe("session/bad-signature");
});

test("T32 T90 text, oversized and malformed frames end the connection and nothing else", async () => {
  const server = await run();
  const ada = await signUp(server, "ada");
  const closeCode = async (send: (webSocket: WebSocket) => void): Promise<number> => {
    const webSocket = new WebSocket(`${server.url.replace(/^http/, "ws")}/socket`);
    webSocket.on("error", () => {});
    await once(webSocket, "open");
    send(webSocket);
    const [code] = (await once(webSocket, "close")) as [number];
    return code;
  };
  expect(await closeCode((webSocket) => webSocket.send("hello"))).toBe(1003);
  expect(await closeCode((webSocket) => webSocket.send(new Uint8Array([9, 9, 9, 9, 9, 9, 9])))).toBe(1002);
  expect(await closeCode((webSocket) => webSocket.send(new Uint8Array(9 * 1024 * 1024)))).toBe(1009);
  expect(await ada.line.codeOf("conversation.list", {})).toBe("ok");
});

test("health, readiness, metrics without people, headers and the web app", async () => {
  const webDir = newFolder();
  mkdirSync(join(webDir, "assets"));
  writeFileSync(join(webDir, "index.html"), "<!doctype html><title>Sotto</title>");
  writeFileSync(join(webDir, "assets", "app-1a2b3c.js"), "export {};");
  const server = await run({ webDir });
  const ada = await signUp(server, "ada");
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: "ok" });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain("sotto_connections 1");
  expect(metrics).not.toContain("ada");
  expect(metrics).not.toContain(ada.account);
  expect((await fetch(`${server.url}/metrics`, { headers: { "x-forwarded-for": "203.0.113.7" } })).status).toBe(404);
  const page = await fetch(`${server.url}/`);
  expect(page.headers.get("content-security-policy")).toBe(
    "default-src 'none';script-src 'self' 'wasm-unsafe-eval';style-src 'self';connect-src 'self';img-src 'self' blob: data:;font-src 'self';worker-src 'self';manifest-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none';require-trusted-types-for 'script';trusted-types sotto",
  );
  expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
  expect(page.headers.get("cache-control")).toBe("no-cache");
  expect(await page.text()).toContain("<title>Sotto</title>");
  expect((await fetch(`${server.url}/assets/app-1a2b3c.js`)).headers.get("cache-control")).toBe(
    "public, max-age=31536000, immutable",
  );
  expect((await fetch(`${server.url}/some/page`, { headers: { accept: "text/html" } })).status).toBe(200);
  expect((await fetch(`${server.url}/missing.js`)).status).toBe(404);
  expect((await fetch(`${server.url}/../../etc/passwd`)).status).toBe(404);
  rmSync(webDir, { recursive: true });
});

test("a data folder or a port in use is one clear sentence", async () => {
  const server = await run();
  await expect(runServer({ dataDir: server.dataDir })).rejects.toMatchObject({
    code: "config/data-in-use",
    message: `The data folder ${server.dataDir} is in use by another Sotto server.`,
  });
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const dataDir = newFolder();
  await expect(runServer({ port, dataDir })).rejects.toMatchObject({
    code: "config/port-in-use",
    message: `Port ${port} on 127.0.0.1 is in use by another program.`,
  });
  // What failed to start holds nothing back.
  await (await runServer({ dataDir })).end();
  other.close();
});

test("a database without its password secrets is not started on", async () => {
  const dataDir = newFolder();
  await (await runServer({ dataDir })).close();
  rmSync(join(dataDir, "password-setup"));
  await expect(runServer({ dataDir })).rejects.toMatchObject({ code: "config/invalid" });
  writeFileSync(join(dataDir, "password-setup"), "rubbish");
  await expect(runServer({ dataDir })).rejects.toMatchObject({ code: "config/invalid" });
});

const main = join(import.meta.dirname, "main.ts");
const start = (environment: Record<string, string>) => {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (out.stderr += chunk.toString()));
  return { child, out };
};

test("SIGTERM drains and exits 0; the start says where it is and where its data lies", async () => {
  const dataDir = newFolder();
  const { child, out } = start({ PORT: "0", SOTTO_DATA_DIR: dataDir });
  await eventually(() => out.stdout.includes("Its data is in"));
  const url = /Sotto is at (\S+)/.exec(out.stdout)?.[1] ?? "";
  expect(out.stdout).toContain(`Its data is in ${dataDir}`);
  expect(out.stdout).not.toContain("HTTPS");
  const line = new Line(await dialServer(url));
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number];
  expect({ code, stderr: out.stderr }).toEqual({ code: 0, stderr: "" });
  await eventually(() => line.closedWith === 1001);
  rmSync(dataDir, { recursive: true });
}, 20_000);

test("[DL3] T48 kill -9 in the middle of sending: what was accepted is there, and every repeat is there once", async () => {
  const dataDir = newFolder();
  const boot = async () => {
    const { child, out } = start({ PORT: "0", SOTTO_DATA_DIR: dataDir });
    await eventually(() => out.stdout.includes("Its data is in"));
    return { child, url: /Sotto is at (\S+)/.exec(out.stdout)?.[1] ?? "" };
  };
  const first = await boot();
  const ada = await signUp(first, "ada");
  const conversation = ada.newConversation();
  const bundle = ada.bundle(0, 0, [[ada, 2]]);
  await ada.line.ask("conversation.create", { conversation, kind: KIND.group, pair: null, room: null, bundle });
  const posts = Array.from({ length: 300 }, () => ({ envelope: ada.post(1), send: ada.newSend() }));
  const accepted = new Map<number, Uint8Array>();
  const sending = (async () => {
    for (let at = 0; at < posts.length; at += 20) {
      const batch = posts.slice(at, at + 20).map(async ({ envelope, send }) => {
        const answer = await ada.line.submit(conversation, envelope, send);
        if (answer.kind === "result") accepted.set(answer.result.seq, envelope);
      });
      await Promise.all(batch);
    }
  })();
  await eventually(() => accepted.size >= 60);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  expect(accepted.size).toBeLessThan(posts.length);
  void sending;

  const second = await boot();
  const line = new Line(await dialServer(second.url));
  await ada.authenticate(line, second.url);
  const kept = await line.page(conversation, 1);
  for (const [seq, envelope] of accepted) {
    const row = kept.find((each) => each.seq === seq);
    expect(row?.kind === "stored" ? new Uint8Array(row.envelope) : row).toEqual(envelope);
  }
  const seqs = [];
  for (const { envelope, send } of posts) {
    const answer = await line.submit(conversation, envelope, send);
    seqs.push(answer.kind === "result" ? answer.result.seq : 0);
  }
  expect(seqs.toSorted((a, b) => a - b)).toEqual(posts.map((_, index) => index + 2));
  second.child.kill("SIGTERM");
  await once(second.child, "exit");
  rmSync(dataDir, { recursive: true });
}, 30_000);

test("a wrong setting stops the start with one sentence and exit code 1", async () => {
  const { child, out } = start({ PORT: "many", SOTTO_DATA_DIR: newFolder() });
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(1);
  expect(out.stderr).toBe(
    'PORT in the environment is "many", but it must be a port from 0 to 65535. Correct the setting and start again.\n',
  );
});

test("a host that isn't loopback is told about HTTPS", async () => {
  const dataDir = newFolder();
  const { child, out } = start({ PORT: "0", HOST: "0.0.0.0", SOTTO_DATA_DIR: dataDir });
  await eventually(() => out.stdout.includes("Browsers on other machines need HTTPS"));
  child.kill("SIGTERM");
  await once(child, "exit");
  rmSync(dataDir, { recursive: true });
});
