import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { readConfig, type ServerConfig } from "../config.ts";
import { startServer, type RunningServer } from "../server.ts";
import type { Dial } from "./world.ts";

export const newFolder = (): string => mkdtempSync(join(tmpdir(), "sotto-server-"));

export type Running = RunningServer & { dataDir: string; end(): Promise<void> };

/** A real server on a port of its own and a folder of its own. */
export async function runServer(overrides: Partial<ServerConfig> = {}): Promise<Running> {
  const dataDir = overrides.dataDir ?? newFolder();
  const server = await startServer(
    readConfig({}, { port: 0, logLevel: "silent", webDir: null, dataDir, ...overrides }),
  );
  return {
    url: server.url,
    dataDir,
    close: () => server.close(),
    end: async () => {
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A WebSocket as a test's wire. Resolves once it is open. */
export function dialServer(url: string, headers: Record<string, string> = {}): Promise<Dial> {
  const webSocket = new WebSocket(`${url.replace(/^http/, "ws")}/socket`, { headers, perMessageDeflate: false });
  const early: Uint8Array[] = [];
  let receive = (frame: Uint8Array): void => void early.push(frame);
  let closed = (_code: number): void => {};
  webSocket.on("message", (data: Buffer) => receive(data));
  webSocket.on("close", (code) => closed(code));
  return new Promise((resolve, reject) => {
    webSocket.on("error", reject);
    webSocket.on("open", () =>
      resolve((onFrame, onClosed) => {
        receive = onFrame;
        closed = onClosed;
        for (const frame of early.splice(0)) onFrame(frame);
        return { send: (frame) => webSocket.send(frame), close: () => webSocket.close() };
      }),
    );
  });
}
