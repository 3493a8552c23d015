import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConfig, startServer } from "@sotto/server";
import type { RunningServer } from "@sotto/server";
import { build } from "vite";

const webRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The built app: SOTTO_WEB_DIR if one is named, else the product's own build, made if there is none. */
async function webDir(): Promise<string> {
  const named = process.env["SOTTO_WEB_DIR"];
  if (named !== undefined && named !== "") return named;
  const dist = join(webRoot, "dist");
  if (!existsSync(join(dist, "index.html"))) await build({ root: webRoot, logLevel: "warn" });
  return dist;
}

export type TestServer = {
  url: string;
  dataDir: string;
  /** Stops it; its data stay. */
  stop: () => Promise<void>;
  /** Starts it again on the same data and the same port. */
  start: () => Promise<void>;
  /** Stops it and deletes its data. */
  end: () => Promise<void>;
};

/** A real server on a free port and an empty folder. */
export async function testServer(): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "sotto-e2e-"));
  const web = await webDir();
  const launch = (port: number): Promise<RunningServer> =>
    startServer(readConfig({}, { host: "127.0.0.1", port, dataDir, webDir: web, logLevel: "silent" }));
  let running: RunningServer | null = await launch(0);
  const { url } = running;
  const stop = async () => {
    await running?.close();
    running = null;
  };
  return {
    url,
    dataDir,
    stop,
    start: async () => {
      running ??= await launch(Number(new URL(url).port));
    },
    end: async () => {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
