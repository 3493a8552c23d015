import { hash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPasswordSetup } from "@sotto/crypto/password-server";
import { ENTRY_KIND, conversationIdOf, decodeServerFrame, encodeEnvelope, encodeRequest } from "@sotto/protocol";
import * as v from "valibot";
import { openSqliteStore, type SqliteStore } from "../src/sqlite-store.ts";
import { BenchSocket, clientFrame, markedPost } from "./client.ts";
import { addDevice, addGroup, proofOf, type BenchDevice } from "./people.ts";
import { ourTemplate, relayTemplate, type Template } from "./post.ts";
import { ServerProcess } from "./process.ts";

export const ROOMS = 500;
export const MEMBERS = 4;
export const CATCH_UP_ENTRIES = 10_000;

export type Room = { members: BenchSocket[]; template: Template };
/** A server and the devices connected to it. `pair` is a conversation of two, apart from the rooms. */
export type Crowd = { server: ServerProcess; rooms: Room[]; pair: Room; end(): Promise<void> };
export type CaughtUp = { cpuSeconds: number; ms: number; entries: number };

async function joinRelay(port: number, room: number): Promise<BenchSocket> {
  const socket = await BenchSocket.open(port, "/");
  const request = Buffer.from([1, 0, 0, 0, 0]);
  request.writeUInt32BE(room, 1);
  socket.write(clientFrame(request).frame);
  await socket.frame();
  return socket;
}

const fill = async (port: number, room: number, members: number): Promise<Room> => ({
  members: await Promise.all(Array.from({ length: members }, () => joinRelay(port, room))),
  template: relayTemplate(room),
});

async function fillRelay(server: ServerProcess): Promise<{ rooms: Room[]; pair: Room }> {
  const rooms: Room[] = [];
  for (let room = 0; room < ROOMS; room++) rooms.push(await fill(server.port, room, MEMBERS));
  return { rooms, pair: await fill(server.port, ROOMS, 2) };
}

/** The bare relay. */
export async function startRelay(): Promise<Crowd> {
  const server = await ServerProcess.start("relay.ts");
  return { server, ...(await fillRelay(server)), end: () => server.stop() };
}

/** The relay that stores before it delivers. */
export async function startStoringRelay(): Promise<Crowd> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-bench-relay-"));
  const server = await ServerProcess.start("relay.ts", { SOTTO_BENCH_STORE: join(folder, "log.sqlite") });
  return {
    server,
    ...(await fillRelay(server)),
    end: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const Challenge = v.object({ challenge: v.instance(Uint8Array) });

async function signIn(port: number, who: BenchDevice): Promise<BenchSocket> {
  const socket = await BenchSocket.open(port, "/socket");
  socket.write(clientFrame(encodeRequest(1, "session.challenge", {})).frame);
  const asked = decodeServerFrame(await socket.frame());
  if (asked?.type !== "response") throw new Error("no challenge");
  const { challenge } = v.parse(Challenge, asked.body);
  const proof = proofOf(who, challenge, `http://localhost:${port}`);
  socket.write(clientFrame(encodeRequest(2, "session.authenticate", proof)).frame);
  if (decodeServerFrame(await socket.frame())?.type !== "response") throw new Error("not authenticated");
  return socket;
}

type BenchGroup = { bytes: Uint8Array; key: number; devices: BenchDevice[] };

async function groupOf(store: SqliteStore, firstIndex: number, size: number): Promise<BenchGroup> {
  const devices: BenchDevice[] = [];
  for (let member = 0; member < size; member++) devices.push(await addDevice(store, firstIndex + member));
  return { ...(await addGroup(store, devices)), devices };
}

async function fillLog(store: SqliteStore, group: BenchGroup, reader: BenchDevice): Promise<void> {
  for (let n = 0; n < CATCH_UP_ENTRIES; n += 250)
    await store.append(
      Array.from({ length: 250 }, () => {
        const envelope = encodeEnvelope({ kind: ENTRY_KIND.application, seen: 1, applied: 1, body: markedPost() });
        return {
          conversation: group.key,
          account: reader.accountKey,
          device: reader.deviceKey,
          send: new Uint8Array(randomBytes(16)),
          kind: ENTRY_KIND.application,
          seen: 1,
          applied: 1,
          envelope,
          hash: new Uint8Array(hash("sha256", envelope, "buffer")),
          parts: null,
        };
      }),
      Date.now(),
    );
}

/** Our server as it ships, but for its rate limits, on a folder in which all these people exist already. */
export async function startOurs(): Promise<Crowd & { catchUp(): Promise<CaughtUp> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "sotto-bench-"));
  const store = await openSqliteStore(join(dataDir, "sotto.sqlite"), Date.now);
  const groups: BenchGroup[] = [];
  for (let room = 0; room < ROOMS; room++) groups.push(await groupOf(store, room * MEMBERS, MEMBERS));
  const two = await groupOf(store, 1_000_000, 2);
  const long = await groupOf(store, 2_000_000, 1);
  const [reader] = long.devices;
  if (reader === undefined) throw new Error("nobody to catch up");
  await fillLog(store, long, reader);
  store.close();
  writeFileSync(join(dataDir, "password-setup"), await createPasswordSetup());

  const server = await ServerProcess.start("serve.ts", { SOTTO_DATA_DIR: dataDir });
  const enter = async ({ devices, bytes }: BenchGroup): Promise<Room> => ({
    members: await Promise.all(devices.map((who) => signIn(server.port, who))),
    template: ourTemplate(bytes),
  });
  const rooms: Room[] = [];
  for (const group of groups) rooms.push(await enter(group));
  return {
    server,
    rooms,
    pair: await enter(two),
    catchUp: async () => {
      const socket = await signIn(server.port, reader);
      const [cpu, start] = [server.cpu(), performance.now()];
      let after = 0;
      for (;;) {
        const request = { conversation: conversationIdOf(long.bytes), after, limit: 256 };
        socket.write(clientFrame(encodeRequest(3, "log.page", request)).frame);
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
