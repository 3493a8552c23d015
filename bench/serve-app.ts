// The server as it ships, with the web app, on a free port: prints `listening <url>`. `node bench/serve-app.ts <data folder> <web folder>`
import { readConfig, startServer } from "@sotto/server";

const [dataDir, webDir] = process.argv.slice(2);
if (dataDir === undefined || webDir === undefined) throw new Error("two folders are needed");
const server = await startServer(readConfig({}, { host: "127.0.0.1", port: 0, dataDir, webDir, logLevel: "silent" }));
process.stdout.write(`listening ${server.url}\n`);
process.on("SIGTERM", () => void server.close().then(() => process.exit(0)));
