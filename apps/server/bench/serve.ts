// Our server on a folder that the bench has filled, with limits that a bench doesn't meet.
import { DEFAULT_LIMITS, type Limits } from "@sotto/delivery";
import { readConfig } from "../src/config.ts";
import { startServer } from "../src/server.ts";

const unlimited = { burst: 1e12, refillMs: 1 };
const limits: Limits = {
  ...DEFAULT_LIMITS,
  framesPerConnection: unlimited,
  anonymousPerAddress: unlimited,
  postsPerAccount: unlimited,
  connectionsPerAddressMax: 100_000,
};
const server = await startServer(readConfig(process.env, { port: 0, webDir: null, logLevel: "silent", limits }));
process.stdout.write(`listening ${new URL(server.url).port}\n`);
process.on("SIGTERM", () => void server.close().then(() => process.exit(0)));
