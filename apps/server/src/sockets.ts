import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { FRAME_BYTES_MAX } from "@sotto/protocol";
import type { Delivery } from "@sotto/delivery";
import { Outgoing, SocketPeer } from "./socket-peer.ts";

export const SOCKET_PATH = "/socket";
const HEARTBEAT_MS = 30_000;

export type SocketRules = {
  isOwnOrigin(origin: string): boolean;
  trustProxy: boolean;
  connectionsPerAddressMax: number;
};

/** Turns upgrades into connections of delivery. @returns ends the heartbeat. */
export function acceptSockets(server: Server, delivery: Delivery, rules: SocketRules): () => void {
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: FRAME_BYTES_MAX,
    skipUTF8Validation: true,
  });
  const outgoing = new Outgoing();
  const peers = new Set<SocketPeer>();
  const perAddress = new Map<string, number>();

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = whyNot(request, rules, delivery);
    if (refusal !== undefined) return turnAway(socket, refusal);
    const address = addressOf(request, rules.trustProxy);
    const count = perAddress.get(address) ?? 0;
    if (count >= rules.connectionsPerAddressMax) return turnAway(socket, "429 Too Many Requests");
    perAddress.set(address, count + 1);
    socket.once("close", () => {
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const peer = new SocketPeer(webSocket, socket, address, outgoing);
      peers.add(peer);
      attach(webSocket, peer, delivery, peers);
    });
  });

  // One timer for all: whoever didn't answer the last ping is gone.
  const heartbeat = setInterval(() => {
    for (const peer of peers) {
      if (!peer.isAlive) peer.terminate();
      peer.isAlive = false;
      peer.ping();
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    for (const peer of peers) peer.terminate();
  };
}

function attach(webSocket: WebSocket, peer: SocketPeer, delivery: Delivery, peers: Set<SocketPeer>): void {
  const connection = delivery.connect(peer);
  webSocket.on("message", (data, isBinary) => {
    peer.isAlive = true;
    if (!isBinary || !(data instanceof Uint8Array)) return peer.close(1003, "binary frames only");
    connection.receive(data);
  });
  webSocket.on("pong", () => {
    peer.isAlive = true;
  });
  // Hostile frames end in a close with the right code (RFC 6455 §7.4.1), made by ws itself.
  webSocket.on("error", () => {});
  webSocket.on("close", () => {
    peers.delete(peer);
    connection.closed();
  });
}

/** A page of another site may not talk to us; a program sends no Origin and has nothing that a page could misuse (T68). */
function whyNot(request: IncomingMessage, rules: SocketRules, delivery: Delivery): string | undefined {
  const [path] = (request.url ?? "").split("?");
  if (path !== SOCKET_PATH) return "404 Not Found";
  const { origin } = request.headers;
  if (origin !== undefined && !rules.isOwnOrigin(origin)) return "403 Forbidden";
  return delivery.ready() ? undefined : "503 Service Unavailable";
}

function turnAway(socket: Duplex, status: string): void {
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

/** The proxy in front appends the address that it saw: the last one is its word, those before it are the visitor's. */
function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? request.headers["x-forwarded-for"] : undefined;
  const last = (Array.isArray(forwarded) ? forwarded.join(",") : forwarded)?.split(",").at(-1)?.trim();
  return last !== undefined && last !== "" ? last : (request.socket.remoteAddress ?? "unknown");
}
