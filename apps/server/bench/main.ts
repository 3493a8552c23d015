// `node apps/server/bench/main.ts [repeats] [seconds]`: our server, storing durably, against a bare `ws` relay that stores
// nothing; interleaved, medians. Server on core 0, this process on core 1. CPU of a server is what /proc says of its process.
import { spawn, execFileSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ENTRY_KIND,
  decodeServerFrame,
  encodeEnvelope,
  encodeRequest,
  encodeSubmit,
  sendIdOf,
  conversationIdOf,
} from "@sotto/protocol";
import * as v from "valibot";
import { openSqliteStore } from "../src/sqlite-store.ts";
import { BenchSocket, clientFrame, markedPost } from "./client.ts";
import { addDevice, addGroup, proofOf, type BenchDevice } from "./people.ts";

const ROOMS = 500;
const MEMBERS = 4;
const CATCH_UP_ENTRIES = 10_000;
const TICKS_PER_SECOND = 100;

const [repeats = "3", seconds = "4"] = process.argv.slice(2);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Process {
  readonly #child: ChildProcess;
  readonly port: number;
  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }
  static async start(file: string, environment: Record<string, string> = {}): Promise<Process> {
    const child = spawn("taskset", ["-c", "0", process.execPath, join(import.meta.dirname, file)], {
      env: { ...process.env, NODE_ENV: "production", ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        const found = /listening (\d+)/.exec(chunk.toString());
        if (found !== null) resolve(Number(found[1]));
      });
      child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
    });
    return new Process(child, port);
  }
  /** Seconds of processor time, user and system. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
  }
}

/** A post that can be sent again and again: its number and its send id are changed in place. */
type Template = { frame: Buffer; numberAt: number; sendAt: number | undefined };
type Room = { members: BenchSocket[]; template: Template };

let sends = 0;
function post(socket: BenchSocket, { frame, numberAt, sendAt }: Template, number: number): void {
  // A copy, since the socket may still hold the last one.
  const copy = Buffer.from(frame);
  copy.writeUInt32BE(number, numberAt);
  if (sendAt !== undefined) copy.writeUInt32BE(++sends, sendAt);
  socket.write(copy);
}

const MARK_LENGTH = 5;

function relayTemplate(room: number): Template {
  const payload = Buffer.concat([Buffer.from([2, 0, 0, 0, 0]), markedPost()]);
  payload.writeUInt32BE(room, 1);
  const { frame, at } = clientFrame(payload);
  return { frame, numberAt: at + 5 + MARK_LENGTH, sendAt: undefined };
}

function ourTemplate(conversation: Uint8Array): Template {
  const envelope = encodeEnvelope({ kind: ENTRY_KIND.application, seen: 1, applied: 1, body: markedPost() });
  const submit = encodeSubmit({
    request: 1,
    conversation: conversationIdOf(conversation),
    send: sendIdOf(randomBytes(16)),
    envelope,
  });
  const { frame, at } = clientFrame(submit);
  return { frame, numberAt: at + 38 + 18 + MARK_LENGTH, sendAt: at + 22 };
}

async function joinRelay(port: number, room: number): Promise<BenchSocket> {
  const socket = await BenchSocket.open(port, "/");
  const join_ = Buffer.from([1, 0, 0, 0, 0]);
  join_.writeUInt32BE(room, 1);
  socket.write(clientFrame(join_).frame);
  await socket.frame();
  return socket;
}

const Challenge = v.object({ challenge: v.instance(Uint8Array) });

async function signIn(port: number, who: BenchDevice): Promise<BenchSocket> {
  const socket = await BenchSocket.open(port, "/socket");
  socket.write(clientFrame(encodeRequest(1, "session.challenge", {})).frame);
  const asked = decodeServerFrame(await socket.frame());
  if (asked?.type !== "response") throw new Error("no challenge");
  const { challenge } = v.parse(Challenge, asked.body);
  socket.write(
    clientFrame(encodeRequest(2, "session.authenticate", proofOf(who, challenge, `http://localhost:${port}`))).frame,
  );
  if (decodeServerFrame(await socket.frame())?.type !== "response") throw new Error("not authenticated");
  return socket;
}

type Crowd = { server: Process; rooms: Room[]; end(): Promise<void> };

async function startRelay(): Promise<Crowd> {
  const server = await Process.start("relay.ts");
  const rooms: Room[] = [];
  for (let room = 0; room < ROOMS; room++)
    rooms.push({
      members: await Promise.all(Array.from({ length: MEMBERS }, () => joinRelay(server.port, room))),
      template: relayTemplate(room),
    });
  return { server, rooms, end: () => server.stop() };
}

async function startOurs(): Promise<
  Crowd & { catchUp(): Promise<{ cpuSeconds: number; ms: number; entries: number }> }
> {
  const dataDir = mkdtempSync(join(tmpdir(), "sotto-bench-"));
  const store = await openSqliteStore(join(dataDir, "sotto.sqlite"), Date.now);
  const groups: { bytes: Uint8Array; devices: BenchDevice[] }[] = [];
  for (let room = 0; room < ROOMS; room++) {
    const devices: BenchDevice[] = [];
    for (let member = 0; member < MEMBERS; member++) devices.push(await addDevice(store, room * MEMBERS + member));
    groups.push({ devices, bytes: (await addGroup(store, devices)).bytes });
  }
  const reader = await addDevice(store, 1_000_000);
  const long = await addGroup(store, [reader]);
  for (let n = 0; n < CATCH_UP_ENTRIES; n += 250)
    await store.append(
      Array.from({ length: 250 }, () => ({
        conversation: long.key,
        account: reader.accountKey,
        device: reader.deviceKey,
        send: new Uint8Array(randomBytes(16)),
        kind: ENTRY_KIND.application,
        seen: 1,
        applied: 1,
        envelope: encodeEnvelope({ kind: ENTRY_KIND.application, seen: 1, applied: 1, body: markedPost() }),
        parts: null,
      })),
      Date.now(),
    );
  store.close();
  const { createPasswordSetup } = await import("@sotto/crypto/password-server");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(dataDir, "password-setup"), await createPasswordSetup());

  const server = await Process.start("serve.ts", { SOTTO_DATA_DIR: dataDir });
  const rooms: Room[] = [];
  for (const { devices, bytes } of groups)
    rooms.push({
      members: await Promise.all(devices.map((who) => signIn(server.port, who))),
      template: ourTemplate(bytes),
    });
  return {
    server,
    rooms,
    catchUp: async () => {
      const socket = await signIn(server.port, reader);
      const [cpu, start] = [server.cpu(), performance.now()];
      let after = 0;
      for (;;) {
        socket.write(
          clientFrame(encodeRequest(3, "log.page", { conversation: conversationIdOf(long.bytes), after, limit: 256 }))
            .frame,
        );
        const page = decodeServerFrame(await socket.frame());
        if (page?.type !== "page") throw new Error("no page");
        after = page.rows.at(-1)?.seq ?? after;
        if (!page.more) break;
      }
      socket.close();
      return { cpuSeconds: server.cpu() - cpu, ms: performance.now() - start, entries: after };
    },
    end: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Every room has one post under way at any time. */
async function saturate({
  server,
  rooms,
}: Crowd): Promise<{ usPerDelivery: number; deliveriesPerS: number; p50: number; p99: number }> {
  const left = new Int32Array(rooms.length).fill(MEMBERS);
  const sentAt = new Float64Array(rooms.length);
  let [deliveries, isOver] = [0, false];
  let latencies: number[] = [];
  const send = (index: number): void => {
    const room = rooms[index];
    const [author] = room?.members ?? [];
    if (room === undefined || author === undefined) return;
    left[index] = MEMBERS;
    sentAt[index] = performance.now();
    post(author, room.template, index);
  };
  for (const { members } of rooms)
    for (const member of members)
      member.listen((index) => {
        deliveries++;
        latencies.push(performance.now() - (sentAt[index] ?? 0));
        left[index] = (left[index] ?? 0) - 1;
        if (left[index] === 0 && !isOver) send(index);
      });
  for (let index = 0; index < rooms.length; index++) send(index);
  await sleep(1_500);
  const [from, cpu, start] = [deliveries, server.cpu(), performance.now()];
  latencies = [];
  await sleep(Number(seconds) * 1_000);
  const count = deliveries - from;
  const result = {
    usPerDelivery: ((server.cpu() - cpu) / count) * 1e6,
    deliveriesPerS: (count / (performance.now() - start)) * 1_000,
    ...spread(latencies),
  };
  isOver = true;
  await sleep(300);
  return result;
}

/** One sender, one receiver, one post under way: from send to the other's socket. */
async function pingPong(
  { server, rooms }: Crowd,
  posts = 3_000,
): Promise<{ p50: number; p99: number; usPerPost: number }> {
  const room = rooms[0];
  const [author, receiver, ...others] = room?.members ?? [];
  if (room === undefined || author === undefined || receiver === undefined) throw new Error("an empty room");
  for (const other of [author, ...others]) other.listen(() => {});
  const latencies: number[] = [];
  let start = 0;
  const cpu = server.cpu();
  await new Promise<void>((resolve) => {
    const send = (): void => {
      start = performance.now();
      post(author, room.template, 0);
    };
    receiver.listen(() => {
      latencies.push(performance.now() - start);
      if (latencies.length === posts) resolve();
      else setImmediate(send);
    });
    send();
  });
  return { ...spread(latencies.slice(posts / 10)), usPerPost: ((server.cpu() - cpu) / posts) * 1e6 };
}

function spread(values: number[]): { p50: number; p99: number } {
  const sorted = Float64Array.from(values).sort();
  return { p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const say = (name: string, numbers: Record<string, number>): void =>
  void process.stdout.write(
    `${name.padEnd(34)}${Object.entries(numbers)
      .map(([key, value]) => `${key} ${value < 10 ? value.toFixed(3) : value.toFixed(0)}`)
      .join("   ")}\n`,
  );

execFileSync("taskset", ["-a", "-p", "-c", "1", String(process.pid)], { stdio: "ignore" });
const ratios: { cpu: number[]; p50: number[] } = { cpu: [], p50: [] };
for (let repeat = 1; repeat <= Number(repeats); repeat++) {
  const relay = await startRelay();
  const relayOne = await pingPong(relay);
  const relayMany = await saturate(relay);
  await relay.end();
  const ours = await startOurs();
  const ourOne = await pingPong(ours);
  const ourMany = await saturate(ours);
  const caughtUp = await ours.catchUp();
  await ours.end();
  say(`[${repeat}] relay, 1 to 1 (ms, us)`, relayOne);
  say(`[${repeat}] ours,  1 to 1, durable`, ourOne);
  say(`[${repeat}] relay, ${ROOMS} x ${MEMBERS}`, relayMany);
  say(`[${repeat}] ours,  ${ROOMS} x ${MEMBERS}, durable`, ourMany);
  say(`[${repeat}] ours,  catch-up`, caughtUp);
  ratios.cpu.push(ourMany.usPerDelivery / relayMany.usPerDelivery);
  ratios.p50.push(ourOne.p50 / relayOne.p50);
}
say("medians of ratios, ours / relay", { "CPU per delivery": median(ratios.cpu), "p50 1 to 1": median(ratios.p50) });
process.exit(0);
