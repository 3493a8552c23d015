import { decodeDeviceFrame, decodeServerFrame, encodeResponse, type Operation, type Result } from "@sotto/protocol";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

/**
 * The server answers one kind of question of one device with something else. Stops with the world's tap.
 * @returns how often it lied.
 */
export function lieAbout<O extends Operation>(
  world: World,
  victim: SimulatedDevice,
  operation: O,
  lie: (truth: Result<O>) => Result<O>,
): { readonly told: number } {
  const count = { told: 0 };
  const asked = new Set<number>();
  const witness = world.network.witness;
  world.network.witness = (device, direction, frame) => {
    witness?.(device, direction, frame);
    if (device !== victim.name || direction !== "up") return;
    const read = decodeDeviceFrame(frame);
    if (read?.type === "request" && Array.isArray(read.body) && read.body[0] === operation) asked.add(read.request);
  };
  const tap = world.network.tap;
  world.network.tap = (device, frame) => {
    const frames = tap?.(device, frame) ?? [frame];
    if (device !== victim.name) return frames;
    return frames.map((each) => {
      const read = decodeServerFrame(each);
      if (read?.type !== "response" || !asked.delete(read.request)) return each;
      count.told++;
      return encodeResponse(read.request, lie(read.body as Result<O>));
    });
  };
  return count;
}
