import { connectEngine, inspectPlatform } from "@sotto/platform-web";
import workerUrl from "@sotto/platform-web/worker?worker&url";
import { asFailure } from "@sotto/views";
import { showApp, showInsecureContext, showStopped } from "./show.tsx";
import { trustedWorkerUrl } from "./trusted-types.ts";

async function start(): Promise<void> {
  if (!inspectPlatform().secureContext) {
    showInsecureContext();
    return;
  }
  try {
    showApp(await connectEngine({ workerUrl: () => trustedWorkerUrl(workerUrl) }));
  } catch (thrown) {
    showStopped(asFailure(thrown));
  }
}

void start();
