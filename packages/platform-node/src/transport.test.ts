import type { Link } from "@sotto/engine";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { nodeTransport } from "./transport.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(port = 0) {
  const server = new WebSocketServer({ port, host: "127.0.0.1" });
  const sockets: WebSocket[] = [];
  const paths: (string | undefined)[] = [];
  server.on("connection", (socket, request) => {
    paths.push(request.url);
    sockets.push(socket);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.terminate();
      server.close(() => resolve());
    });
  closing.push(() => void stop());
  return { port: (server.address() as AddressInfo).port, sockets, paths, stop };
}

function connect(port: number) {
  const events: string[] = [];
  const frames: Uint8Array[] = [];
  const link: Link = nodeTransport({ origin: `http://127.0.0.1:${port}` }).connect({
    opened: () => void events.push("opened"),
    closed: () => void events.push("closed"),
    frame: (bytes) => void frames.push(bytes),
  });
  closing.push(() => link.close());
  return { link, events, frames };
}

async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("It didn't happen in time.");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("the origin is what the device believes, without path, and decides on the socket's scheme", () => {
  expect(nodeTransport({ origin: "https://Sotto.Example/a?b" }).origin).toBe("https://sotto.example");
  expect(nodeTransport({ origin: "http://localhost:7788/" }).origin).toBe("http://localhost:7788");
  expect(() => nodeTransport({ origin: "not an origin" })).toThrow();
});

test("frames go out and come in whole, as bytes; text is nothing", async () => {
  const server = await serve();
  const { link, events, frames } = connect(server.port);
  expect(link.send(Uint8Array.of(9))).toBe(false);
  await until(() => events.length === 1);
  expect(events).toEqual(["opened"]);
  expect(server.paths).toEqual(["/socket"]);
  server.sockets[0]?.send("text");
  expect(link.send(Uint8Array.of(0, 1, 2, 3).subarray(1, 3))).toBe(true);
  await until(() => frames.length > 0);
  expect(frames).toEqual([Uint8Array.of(1, 2)]);
});

test("a connection that is lost comes back by itself, and nothing was queued meanwhile", async () => {
  const server = await serve();
  const { link, events, frames } = connect(server.port);
  await until(() => events.at(-1) === "opened");
  server.sockets[0]?.terminate();
  await until(() => events.at(-1) === "closed");
  expect(link.send(Uint8Array.of(7))).toBe(false);
  await until(() => events.at(-1) === "opened");
  link.send(Uint8Array.of(8));
  await until(() => frames.length > 0);
  expect(frames).toEqual([Uint8Array.of(8)]);
});

test("a server that is away is told at once, and reconnect() doesn't wait for the next try", async () => {
  const first = await serve();
  const { link, events } = connect(first.port);
  await until(() => events.at(-1) === "opened");
  await first.stop();
  await until(() => events.filter((event) => event === "closed").length >= 4, 15_000);
  await serve(first.port);
  const start = Date.now();
  link.reconnect();
  await until(() => events.at(-1) === "opened");
  // The next try by itself would have been more than a second away.
  expect(Date.now() - start).toBeLessThan(700);
});

test("reconnect() drops a connection that stands, too", async () => {
  const server = await serve();
  const { link, events } = connect(server.port);
  await until(() => events.at(-1) === "opened");
  link.reconnect();
  await until(() => server.sockets.length === 2 && events.at(-1) === "opened");
  expect(events).toEqual(["opened", "closed", "opened"]);
});

test("after close() nothing comes any more", async () => {
  const server = await serve();
  const { link, events, frames } = connect(server.port);
  await until(() => events.at(-1) === "opened");
  link.close();
  expect(link.send(Uint8Array.of(1))).toBe(false);
  server.sockets[0]?.send(Uint8Array.of(1));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(events).toEqual(["opened"]);
  expect(frames).toEqual([]);
  expect(server.sockets.length).toBe(1);
});
