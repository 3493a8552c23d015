import { decodeDeviceFrame, decodeServerFrame, type Operation } from "@sotto/protocol";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

/** What is asked of the server, in order, by a device's name. @returns stops listening */
export function listenTo(
  world: World,
  heard: (operation: string, device: string, request: number) => void,
): () => void {
  const before = world.network.witness;
  world.network.witness = (device, direction, frame) => {
    before?.(device, direction, frame);
    const read = direction === "up" ? decodeDeviceFrame(frame) : undefined;
    if (read?.type === "request" && Array.isArray(read.body)) heard(String(read.body[0]), device, read.request);
  };
  return () => {
    world.network.witness = before;
  };
}

/** The server takes the next request of this kind, and the device never hears that it did: its connections break. */
export function loseAnswer(world: World, device: SimulatedDevice, operation: Operation): { readonly lost: number } {
  const count = { lost: 0 };
  let waiting: number | undefined;
  const stop = listenTo(world, (asked, name, request) => {
    if (asked === operation && name === device.name && count.lost === 0) waiting = request;
  });
  const before = world.network.tap;
  world.network.tap = (name, frame) => {
    const frames = before?.(name, frame) ?? [frame];
    const read = name === device.name ? decodeServerFrame(frame) : undefined;
    if (read?.type !== "response" || read.request !== waiting) return frames;
    waiting = undefined;
    count.lost++;
    stop();
    world.network.tap = before;
    world.network.cut(device.name);
    return [];
  };
  return count;
}
