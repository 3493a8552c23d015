import { createProvider, type Ports, type Storage } from "@sotto/engine";
import { createPasswordClient } from "@sotto/engine/passwords";
import { randomBytes } from "node:crypto";
import { systemClock } from "./clock.ts";
import { openNodeStorage } from "./node-storage.ts";
import { nodeSignInKeys } from "./sign-in-keys.ts";
import { nodeTransport } from "./transport.ts";

export type NodePortsOptions = {
  /** Where the device's state lies: a folder of its own, or a storage such as `memoryStorage()`. */
  state: { directory: string } | { storage: Storage };
  /** Of the delivery service, such as http://localhost:7788. */
  origin: string;
  /** "terminal", "bot". */
  deviceKind: string;
  log?: Ports["log"];
};

/** Everything that the engine needs from the world, in Node. */
export async function nodePorts({ state, origin, deviceKind, log = () => {} }: NodePortsOptions): Promise<Ports> {
  return {
    storage: "storage" in state ? state.storage : openNodeStorage(state),
    signInKeys: nodeSignInKeys(),
    transport: nodeTransport({ origin }),
    clock: systemClock,
    random: (length) => new Uint8Array(randomBytes(length)),
    provider: await createProvider(),
    passwords: createPasswordClient(),
    deviceKind,
    log,
  };
}
