import { connectEngine, inspectPlatform } from "@sotto/platform-web";
import { asFailure } from "@sotto/views";
import { showApp, showInsecureContext, showStopped } from "./show.tsx";
import { trustedWorkerUrl } from "./trusted-types.ts";
import { engineWorkerUrl } from "./worker-url.ts";

async function start(): Promise<void> {
  if (!inspectPlatform().secureContext) {
    showInsecureContext();
    return;
  }
  try {
    showApp(await connectEngine({ workerUrl: () => trustedWorkerUrl(engineWorkerUrl()) }));
  } catch (thrown) {
    showStopped(asFailure(thrown));
  }
}

void start();
