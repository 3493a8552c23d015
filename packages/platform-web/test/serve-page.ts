import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { WebSocketServer, type RawData } from "ws";

/** The policy under which the product is served. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; " +
  "font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types sotto";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Builds the test page into `outDir` and serves it, with a WebSocket at /socket that gives back what it gets. */
export async function servePage(outDir: string): Promise<{ port: number; close(): Promise<void> }> {
  await build({
    root: fileURLToPath(new URL("page", import.meta.url)),
    logLevel: "error",
    configFile: false,
    build: { outDir, emptyOutDir: true, target: "esnext", assetsInlineLimit: 0, minify: false },
    worker: { format: "es" },
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    const headers = { "content-security-policy": POLICY, "x-content-type-options": "nosniff" };
    readFile(join(outDir, path === "/" ? "index.html" : path)).then(
      (body) =>
        response.writeHead(200, { ...headers, "content-type": TYPES[extname(path)] ?? TYPES[".html"] }).end(body),
      () => response.writeHead(404, headers).end(),
    );
  });
  const sockets = new WebSocketServer({ server, path: "/socket" });
  sockets.on("connection", (socket) =>
    socket.on("message", (data, isBinary) =>
      isCut(data) ? socket.terminate() : socket.send(data, { binary: isBinary }),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The one word that makes the server drop a connection. */
const isCut = (data: RawData): boolean => Buffer.isBuffer(data) && data.toString() === "cut";
