import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Round } from "../../apps/server/bench/main.ts";
import type { Figure } from "../figure.ts";
import { medianOf } from "../statistics.ts";

const ROUNDS = 5;
const SECONDS = 3;
/** Processor time of the bare relay for a delivery, 500 x 4, on a quiet machine. Far from it, the machine was busy. */
const RELAY_US = 6.2;
const RELAY_TOLERANCE = 0.3;

/** Our server beside two relays. It needs two cores and `taskset`, so Linux. */
export async function measureServer(notes: string[]): Promise<Figure[]> {
  const rounds = await run();
  const relayUs = medianOf(rounds, ({ many }) => many.relay.usPerDelivery);
  const off = relayUs / RELAY_US - 1;
  const isVoid = Math.abs(off) > RELAY_TOLERANCE;
  if (isVoid)
    notes.push(
      `The server's figures are void: the bare relay took ${relayUs.toFixed(1)} us for a delivery, ${(off * 100).toFixed(0)} % off its ${RELAY_US} us. ` +
        "Either the machine was busy with something else or it is another machine.",
    );
  const figure = (name: string, rest: Omit<Figure, "part" | "name">): Figure => ({
    part: "server",
    name,
    isVoid,
    ...rest,
  });
  return [
    figure("CPU for a delivery, 500 x 4, 1 KiB, stored first", {
      value: medianOf(rounds, ({ many }) => many.ours.usPerDelivery),
      unit: "us",
      rival: { name: "bare ws, not stored", value: relayUs },
      bar: {
        kind: "ratio-at-most",
        value: 1.3,
        ratio: medianOf(rounds, ({ many }) => many.ours.usPerDelivery / many.relay.usPerDelivery),
      },
    }),
    figure("CPU for a delivery, 500 x 4, 1 KiB, stored first", {
      value: medianOf(rounds, ({ many }) => many.ours.usPerDelivery),
      unit: "us",
      rival: { name: "storing ws relay", value: medianOf(rounds, ({ many }) => many.storing.usPerDelivery) },
      bar: { kind: "none" },
    }),
    figure("deliveries, 500 x 4", {
      value: medianOf(rounds, ({ many }) => many.ours.deliveriesPerS),
      unit: "/s",
      rival: { name: "bare ws, not stored", value: medianOf(rounds, ({ many }) => many.relay.deliveriesPerS) },
      bar: { kind: "none" },
    }),
    figure("one sender, one receiver, p50", {
      value: medianOf(rounds, ({ one }) => one.ours.p50),
      unit: "ms",
      rival: { name: "bare ws, not stored", value: medianOf(rounds, ({ one }) => one.relay.p50) },
      bar: { kind: "ratio-at-most", value: 1.5, ratio: medianOf(rounds, ({ one }) => one.ours.p50 / one.relay.p50) },
    }),
    figure("one sender, one receiver, p50", {
      value: medianOf(rounds, ({ one }) => one.ours.p50),
      unit: "ms",
      rival: { name: "storing ws relay", value: medianOf(rounds, ({ one }) => one.storing.p50) },
      bar: { kind: "none" },
    }),
    figure("durable appends, 64 under way", {
      value: medianOf(rounds, ({ append }) => append.ours.perS),
      unit: "/s",
      rival: { name: "storing ws relay", value: medianOf(rounds, ({ append }) => append.storing.perS) },
      bar: {
        kind: "ratio-at-least",
        value: 0.6,
        ratio: medianOf(rounds, ({ append }) => append.ours.perS / append.storing.perS),
      },
    }),
    figure("CPU for a durable append", {
      value: medianOf(rounds, ({ append }) => append.ours.usPerPost),
      unit: "us",
      rival: { name: "storing ws relay", value: medianOf(rounds, ({ append }) => append.storing.usPerPost) },
      bar: { kind: "none" },
    }),
    figure("CPU for a catch-up of 10,000 entries", {
      value: medianOf(rounds, ({ catchUp }) => catchUp.cpuSeconds),
      unit: "s",
      bar: { kind: "at-most", value: 0.08 },
    }),
  ];
}

async function run(): Promise<Round[]> {
  const script = fileURLToPath(import.meta.resolve("../../apps/server/bench/main.ts"));
  const args = [...process.execArgv, script, String(ROUNDS), String(SECONDS)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`the server's bench ended with ${code}`);
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Round);
}
