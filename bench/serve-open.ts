// The server as it ships but without limits and web app, on a free port: prints `listening <url>`. `node bench/serve-open.ts <data folder>`
import { readConfig, startServer } from "@sotto/server";

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("a folder is needed");
const config = readConfig({}, { host: "127.0.0.1", port: 0, dataDir, logLevel: "silent" });
const free = { burst: 1e9, refillMs: 1 };
const limits = Object.fromEntries(
  Object.entries(config.limits).map(([name, limit]) => [name, typeof limit === "number" ? limit : free]),
) as typeof config.limits;
const server = await startServer({ ...config, limits, webDir: null });
process.stdout.write(`listening ${server.url}\n`);
process.on("SIGTERM", () => void server.close().then(() => process.exit(0)));
