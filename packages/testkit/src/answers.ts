import { decodeDeviceFrame, decodeServerFrame, type Operation } from "@sotto/protocol";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

/** What is asked of the server, in order, by a device's name. @returns stops listening */
export function listenTo(world: World, heard: (operation: string, device: string) => void): () => void {
  const before = world.network.witness;
  world.network.witness = (device, direction, frame) => {
    before?.(device, direction, frame);
    const read = direction === "up" ? decodeDeviceFrame(frame) : undefined;
    if (read?.type === "request" && Array.isArray(read.body)) heard(String(read.body[0]), device);
  };
  return () => {
    world.network.witness = before;
  };
}

/** The server takes the next request of this kind, and the device never hears that it did: its connections break. */
export function loseAnswer(world: World, device: SimulatedDevice, operation: Operation): { readonly lost: number } {
  const count = { lost: 0 };
  let isAsked = false;
  const stop = listenTo(world, (asked, name) => {
    if (asked === operation && name === device.name && count.lost === 0) isAsked = true;
  });
  const before = world.network.tap;
  world.network.tap = (name, frame) => {
    const frames = before?.(name, frame) ?? [frame];
    const type = decodeServerFrame(frame)?.type;
    if (!isAsked || name !== device.name || (type !== "response" && type !== "refused")) return frames;
    isAsked = false;
    count.lost++;
    stop();
    world.network.tap = before;
    world.network.cut(device.name);
    return [];
  };
  return count;
}
