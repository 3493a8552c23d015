// The server as it ships, with the web app, on a free port: prints `listening <url>`. `node bench/serve-app.ts <data folder> <web folder> [open]`
// `open`: without limits, so that a large account is made in moments.
import { readConfig, startServer } from "@sotto/server";

const [dataDir, webDir, open] = process.argv.slice(2);
if (dataDir === undefined || webDir === undefined) throw new Error("two folders are needed");
const config = readConfig({}, { host: "127.0.0.1", port: 0, dataDir, webDir, logLevel: "silent" });
const free = { burst: 1e9, refillMs: 1 };
const limits = Object.fromEntries(
  Object.entries(config.limits).map(([name, limit]) => [name, typeof limit === "number" ? limit : free]),
) as typeof config.limits;
const server = await startServer(open === "open" ? { ...config, limits } : config);
process.stdout.write(`listening ${server.url}\n`);
process.on("SIGTERM", () => void server.close().then(() => process.exit(0)));
