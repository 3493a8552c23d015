import { createProvider, type Ports } from "@sotto/engine";
import { systemClock } from "./clock.ts";
import { canKeepData } from "./durability.ts";
import { indexedCabinet, memoryCabinet } from "./key-cabinet.ts";
import { memoryStorage } from "./memory-storage.ts";
import { webSignInKeys } from "./sign-in-keys.ts";
import { latePasswordClient } from "./late-passwords.ts";
import { webTransport } from "./transport.ts";
import { openWebStorage } from "./web-storage.ts";

const NAME = "sotto";

/** What `crypto.getRandomValues` gives at most in one call. */
const RANDOM_BYTES_MAX = 65_536;

/** Everything that the engine needs from the world, in a dedicated worker of the page at `origin`. */
export async function webPorts({ origin }: { origin: string }): Promise<Ports> {
  const isDurable = await canKeepData();
  const cabinet = isDurable ? indexedCabinet(NAME) : memoryCabinet();
  return {
    storage: isDurable ? openWebStorage({ name: NAME, cabinet }) : memoryStorage(),
    signInKeys: webSignInKeys(cabinet),
    transport: webTransport({ origin }),
    clock: systemClock,
    random,
    provider: await createProvider(),
    passwords: latePasswordClient(),
    deviceKind: "web",
    log: () => {},
  };
}

function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += RANDOM_BYTES_MAX)
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_MAX));
  return bytes;
}
