import { createEngine } from "@sotto/engine";
import type { Engine } from "@sotto/engine";
import { memoryStorage, nodePorts } from "@sotto/platform-node";
import { PASSWORD } from "./people.ts";

/** A person without a browser: a whole engine in this process, signed up and caught up. */
export async function createFriend(url: string, username: string): Promise<Engine> {
  const ports = await nodePorts({ state: { storage: memoryStorage() }, origin: url, deviceKind: "terminal" });
  const engine = await createEngine(ports);
  await engine.signUp({ username, password: PASSWORD, displayName: null });
  await until(async () => {
    const session = await engine.session();
    return session.kind === "signed-in" && session.caughtUp;
  });
  return engine;
}

export async function until(look: () => Promise<boolean>, everyMs = 10): Promise<void> {
  while (!(await look())) await pause(everyMs);
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
