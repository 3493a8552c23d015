import { connectEngine, inspectPlatform } from "@sotto/platform-web";
import type { ConnectedEngine } from "@sotto/platform-web";
import { asFailure } from "@sotto/views";
import { showApp, showInsecureContext, showStopped } from "./show.tsx";
import { trustedWorkerUrl } from "./trusted-types.ts";
import { engineWorkerUrl } from "./worker-url.ts";

let asked = false;

/** Some browsers ask the person before they promise to keep data: not before there is something to keep. */
async function keepOnceSignedIn(engine: ConnectedEngine): Promise<void> {
  try {
    if (asked || (await engine.session()).kind !== "signed-in") return;
    asked = true;
    await engine.keepData();
  } catch {
    // A browser that promises nothing keeps data all the same while it has room.
  }
}

async function start(): Promise<void> {
  if (!inspectPlatform().secureContext) {
    showInsecureContext();
    return;
  }
  try {
    const engine = await connectEngine({ workerUrl: () => trustedWorkerUrl(engineWorkerUrl()) });
    engine.subscribe((change) => change.kind === "session" && void keepOnceSignedIn(engine));
    showApp(engine);
  } catch (thrown) {
    showStopped(asFailure(thrown));
  }
}

void start();
