import type { FastifyInstance, FastifyRequest } from "fastify";
import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import type { Delivery } from "@sotto/delivery";
import type { ServerConfig } from "./config.ts";

const LOOPBACK = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** Numbers about the process and the traffic; none about a person. */
export function serveMetrics(app: FastifyInstance, delivery: Delivery, who: ServerConfig["metrics"]): void {
  if (who === "off") return;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "sotto_connections",
    help: "Open connections",
    registers: [registry],
    collect() {
      this.set(delivery.counts().connections);
    },
  });
  const sinceStart = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  sinceStart(
    "sotto_entries_accepted_total",
    "Envelopes taken into a log, repeats included",
    () => delivery.counts().accepted,
  );
  sinceStart("sotto_refusals_total", "Requests and envelopes refused", () => delivery.counts().refused);
  app.get("/metrics", async (request, reply) => {
    if (who === "loopback" && !isLocal(request))
      return reply.code(404).type("text/plain").send("There is nothing here.\n");
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

/** A request that a proxy on this machine passes on isn't local, wherever the proxy runs. */
const isLocal = ({ raw, headers }: FastifyRequest): boolean =>
  LOOPBACK.has(raw.socket.remoteAddress ?? "") &&
  headers["x-forwarded-for"] === undefined &&
  headers["forwarded"] === undefined;
