import { hash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { pino } from "pino";
import { SottoError } from "@sotto/protocol";
import { createPasswordSetup, openPasswordServer, type PasswordServer } from "@sotto/crypto/password-server";
import { createDelivery, type Clock, type DeliveryPorts } from "@sotto/delivery";
import type { ServerConfig } from "./config.ts";
import { codeOf, openDataFolder } from "./data-folder.ts";
import { serveMetrics } from "./metrics.ts";
import { verifyNatively } from "./signatures.ts";
import { acceptSockets } from "./sockets.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { serveWebApp } from "./web-app.ts";

export interface RunningServer {
  /** Where people reach it from this machine, without a trailing slash. */
  readonly url: string;
  /** Finishes what was taken, says goodbye to every device, and lets go of the data folder. */
  close(): Promise<void>;
}

/**
 * Starts the delivery service on its data folder.
 * @throws SottoError config/port-in-use, config/data-in-use, config/invalid
 */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const log = pino({ level: config.logLevel, base: null });
  const folder = await openDataFolder(config.dataDir, createPasswordSetup);
  try {
    const store = await openSqliteStore(folder.database, Date.now);
    const app = await createApp(config);
    let origins: ReadonlySet<string> = new Set();
    const isOwnOrigin = (origin: string): boolean => origins.has(origin);
    const ports: DeliveryPorts = {
      store,
      clock: systemClock,
      random: (length) => new Uint8Array(randomBytes(length)),
      hash: (bytes) => hash("sha256", bytes, "buffer"),
      verify: verifyNatively,
      passwords: await openPasswords(folder.passwordSetup, config.dataDir),
      log: (level, code, fields) => log[level]({ code, ...fields }),
      isOwnOrigin,
      signUpOpen: config.signUpOpen,
      limits: config.limits,
    };
    const delivery = createDelivery(ports);
    const endSockets = acceptSockets(app.server, delivery, {
      isOwnOrigin,
      trustProxy: config.trustProxy,
      connectionsPerAddressMax: config.limits.connectionsPerAddressMax,
    });
    app.get("/healthz", () => ({ status: "ok" }));
    app.get("/readyz", (_request, reply) =>
      reply.code(delivery.ready() ? 200 : 503).send({ status: delivery.ready() ? "ready" : "draining" }),
    );
    serveMetrics(app, delivery, config.metrics);
    await serveWebApp(app, config.webDir, config.tls !== null);
    const port = await listen(app, config);
    origins = ownOrigins(config, port);
    log.debug({ code: "server/started", port });
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await delivery.drain();
      await closeApp(app);
      endSockets();
      store.close();
      folder.release();
      log.debug({ code: "server/stopped" });
    };
    return {
      url: `${schemeOf(config)}://${config.host === "127.0.0.1" || isEverywhere(config.host) ? "localhost" : hostInUrl(config.host)}:${port}`,
      close: () => (closing ??= close()),
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}

async function openPasswords(setup: string, dataDir: string): Promise<PasswordServer> {
  try {
    return await openPasswordServer(setup);
  } catch {
    throw new SottoError(
      "config/invalid",
      `The file password-setup in ${dataDir} is damaged, so nobody could sign in.`,
      { kind: "person", do: "Restore it from your backup." },
    );
  }
}

const schemeOf = (config: ServerConfig): string => (config.tls === null ? "http" : "https");
const hostInUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);
const isEverywhere = (host: string): boolean => host === "0.0.0.0" || host === "::";

/** Browsers on this machine reach us as localhost and as 127.0.0.1; from elsewhere under what the owner says. */
function ownOrigins(config: ServerConfig, port: number): ReadonlySet<string> {
  const hosts = ["localhost", "127.0.0.1", "[::1]", ...(isEverywhere(config.host) ? [] : [hostInUrl(config.host)])];
  return new Set([
    ...hosts.map((host) => new URL(`${schemeOf(config)}://${host}:${port}`).origin),
    ...config.publicUrls,
  ]);
}

const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, work) => {
    // "After what is already waiting": the frames that this turn of the event loop brought form one batch.
    if (delayMs <= 0) {
      const immediate = setImmediate(work);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

async function createApp(config: ServerConfig): Promise<FastifyInstance> {
  const options = {
    logger: false,
    bodyLimit: 64 * 1024,
    connectionTimeout: 0,
    requestTimeout: 30_000,
    forceCloseConnections: "idle",
  } as const;
  if (config.tls === null) return Fastify(options);
  try {
    const https = { cert: readFileSync(config.tls.certFile), key: readFileSync(config.tls.keyFile) };
    return Fastify({ ...options, https }) as unknown as FastifyInstance;
  } catch (error) {
    throw new SottoError(
      "config/invalid",
      `The certificate ${config.tls.certFile} and the key ${config.tls.keyFile} can't be used (${codeOf(error)}).`,
      { kind: "person", do: "Give a certificate and its key in PEM." },
    );
  }
}

async function listen(app: FastifyInstance, { host, port }: ServerConfig): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = codeOf(error);
    if (code === "EADDRINUSE")
      throw new SottoError("config/port-in-use", `Port ${port} on ${host} is in use by another program.`, {
        kind: "person",
        do: "Stop it, or set PORT to another number.",
      });
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new SottoError("config/invalid", `Sotto can't listen on ${host}, port ${port} (${code}).`, {
        kind: "person",
        do: "Set HOST and PORT to an address of this machine.",
      });
    throw error;
  }
  return (app.server.address() as AddressInfo).port;
}

/** Keep-alive connections whose request was under way would hold the close for seconds. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const hurry = setInterval(() => app.server.closeIdleConnections(), 50);
  try {
    await app.close();
  } finally {
    clearInterval(hurry);
  }
}
