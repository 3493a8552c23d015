import type { Engine } from "@sotto/engine";
import { EngineCaller, faceOf } from "./call-engine.ts";
import { errorOf } from "./failure.ts";
import { inspectPlatform } from "./inspect-platform.ts";
import { Leader, type WorkerUrl } from "./leader.ts";

export type ConnectedEngine = Engine & {
  /** Whether the engine runs in a worker of this tab. */
  isLeading(): boolean;
  /** Asks the browser not to clear our data when its disk fills up. Some ask the person, so: once signed in. */
  keepData(): Promise<boolean>;
};

/**
 * The engine of this device, the same one in every tab (src/messages.ts says how). Calls may be made at once: they wait
 * until there is an engine. `close` ends this tab's part only; another tab takes over if this one was leading.
 *
 * @param workerUrl  where the bundle of `@sotto/platform-web/worker` lies. Called each time that this tab starts to lead;
 *   under Trusted Types it gives a TrustedScriptURL.
 * @throws SottoError connection/insecure-context, or internal/unexpected where the browser lacks what Sotto can't do without
 */
export async function connectEngine({ workerUrl }: { workerUrl: () => WorkerUrl }): Promise<ConnectedEngine> {
  const { failure } = inspectPlatform();
  if (failure !== null) throw errorOf(failure);
  const caller = new EngineCaller();
  const leader = new Leader(workerUrl);
  // A page that the browser had put aside has missed whatever was said meanwhile.
  const greetAgain = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) caller.greet();
  };
  window.addEventListener("pageshow", greetAgain);
  // Answered after the locks that were asked for before: if this tab leads, its worker has been started by now, and not only once
  // the page has read all the rest of its scripts.
  await navigator.locks.query();
  return {
    ...faceOf(caller),
    isLeading: () => leader.isLeading,
    keepData: async () => (await navigator.storage.persisted()) || navigator.storage.persist(),
    async close() {
      window.removeEventListener("pageshow", greetAgain);
      caller.close();
      await leader.resign();
    },
  };
}
