import { connectEngine, inspectPlatform } from "@sotto/platform-web";
import type { ConnectedEngine } from "@sotto/platform-web";
import { trustedWorkerUrl } from "./trusted-types.ts";
import { engineWorkerUrl } from "./worker-url.ts";
import "./styles/index.css";

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
    const { showInsecureContext } = await import("./show.tsx");
    showInsecureContext();
    return;
  }
  try {
    // First: the engine has a processor of its own, and starts while what shows it is still being read.
    const engine = await connectEngine({ workerUrl: () => trustedWorkerUrl(engineWorkerUrl()) });
    engine.subscribe((change) => change.kind === "session" && void keepOnceSignedIn(engine));
    const { showApp } = await import("./show.tsx");
    showApp(engine);
  } catch (thrown) {
    const { showStopped } = await import("./show.tsx");
    showStopped(thrown);
  }
}

void start();
