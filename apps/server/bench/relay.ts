// The rival: a relay on bare `ws` that stores nothing and asks nobody's leave. `[1][room]` joins, `[2][room][bytes]` goes to all.
import { WebSocketServer, type WebSocket } from "ws";

const ROOM_BYTES = 4;
const rooms = new Map<number, Set<WebSocket>>();
const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: false,
  clientTracking: false,
  backlog: 4096,
});

server.on("connection", (webSocket) => {
  webSocket.on("message", (data: Buffer) => {
    const name = data.readUInt32BE(1);
    const room = rooms.get(name) ?? new Set();
    if (data[0] === 1) {
      room.add(webSocket);
      rooms.set(name, room);
      webSocket.send("ok");
      return;
    }
    const body = data.subarray(1 + ROOM_BYTES);
    for (const member of room) member.send(body);
  });
});
server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) process.stdout.write(`listening ${address.port}\n`);
});
process.on("SIGTERM", () => process.exit(0));
