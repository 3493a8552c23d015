// The rivals: a relay on bare `ws` that asks nobody's leave. `[1][room]` joins, `[2][room][bytes]` goes to all in it.
// With SOTTO_BENCH_STORE=<file> it stores first: what came in one tick is one transaction (WAL, FULL), then goes out.
import { DatabaseSync } from "node:sqlite";
import { WebSocketServer, type WebSocket } from "ws";

const ROOM_BYTES = 4;
const rooms = new Map<number, Set<WebSocket>>();
const store = process.env["SOTTO_BENCH_STORE"];
const relay = store === undefined ? deliver : storing(store);
const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: false,
  clientTracking: false,
  backlog: 4096,
});

function deliver(room: number, body: Buffer): void {
  for (const member of rooms.get(room) ?? []) member.send(body);
}

function storing(file: string): (room: number, body: Buffer) => void {
  const database = new DatabaseSync(file);
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  database.exec("create table log (id integer primary key, room integer, at integer, body blob)");
  database.exec("create index log_room on log (room, id)");
  const insert = database.prepare("insert into log (room, at, body) values (?, ?, ?)");
  let waiting: [number, Buffer][] = [];
  const commit = (): void => {
    const batch = waiting;
    waiting = [];
    database.exec("begin");
    for (const [room, body] of batch) insert.run(room, Date.now(), body);
    database.exec("commit");
    for (const [room, body] of batch) deliver(room, body);
  };
  return (room, body) => {
    if (waiting.length === 0) setImmediate(commit);
    waiting.push([room, body]);
  };
}

server.on("connection", (webSocket) => {
  webSocket.on("message", (data: Buffer) => {
    const name = data.readUInt32BE(1);
    if (data[0] === 1) {
      const room = rooms.get(name) ?? new Set();
      room.add(webSocket);
      rooms.set(name, room);
      webSocket.send("ok");
      return;
    }
    relay(name, data.subarray(1 + ROOM_BYTES));
  });
});
server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) process.stdout.write(`listening ${address.port}\n`);
});
process.on("SIGTERM", () => process.exit(0));
