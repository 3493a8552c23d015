import type { ConversationSummary } from "@sotto/engine";
import type { Person } from "./person.ts";
import type { Random } from "./random.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { accountOn, type World } from "./world.ts";

/** One thing that people or fate do. Undefined when it makes no sense at the moment. */
export type Action = {
  name: string;
  weight: number;
  /** In every history, however it is tempered. */
  isVital?: boolean;
  act(world: World, random: Random): Promise<string | undefined>;
};

export const running = (world: World): SimulatedDevice[] => world.devices.filter((device) => device.isRunning);
export const signedIn = (world: World): SimulatedDevice[] =>
  running(world).filter((device) => accountOn(device) !== undefined);

export function personOf(world: World, device: SimulatedDevice): Person {
  const person = world.people.find(({ devices }) => devices.includes(device));
  if (person === undefined) throw new Error(`${device.name} is nobody's`);
  return person;
}

export const usernames = (world: World): string[] => world.people.map(({ username }) => username);

/** A conversation that fits, on a device that knows it. */
export async function place(
  world: World,
  random: Random,
  fits: (summary: ConversationSummary) => boolean = ({ state }) => state.kind === "open",
): Promise<{ device: SimulatedDevice; summary: ConversationSummary } | undefined> {
  const device = random.pick(signedIn(world));
  if (device === undefined) return undefined;
  const summaries = (await device.engine.conversations()).filter(fits);
  const summary = random.pick(summaries.sort((a, b) => (a.conversation < b.conversation ? -1 : 1)));
  return summary === undefined ? undefined : { device, summary };
}

export const onSomeDevice =
  (
    fits: (world: World) => SimulatedDevice[],
    act: (world: World, device: SimulatedDevice, random: Random) => Promise<string | undefined>,
  ) =>
  async (world: World, random: Random): Promise<string | undefined> => {
    const device = random.pick(fits(world));
    return device === undefined ? undefined : act(world, device, random);
  };

/** The code of a failure that somebody may meet; undefined for all that nobody should. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error) || typeof error.code !== "string")
    return undefined;
  return error.code === "internal/unexpected" ? undefined : error.code;
}
