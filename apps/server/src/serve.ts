import closeWithGrace from "close-with-grace";
import { SottoError } from "@sotto/protocol";
import { readConfig, type ServerConfig } from "./config.ts";
import { startServer } from "./server.ts";

const LOOPBACK_HOSTS = new Set(["127.0.0.1", "localhost", "::1"]);
const GRACE_MS = 10_000;

/**
 * `sotto serve`: starts, says where, and ends with exit code 0 on SIGTERM or SIGINT once everything taken is finished.
 * A wrong setting, a port or a data folder in use is one sentence on stderr and exit code 1.
 */
export async function serve(
  environment: Record<string, string | undefined>,
  overrides: Partial<ServerConfig> = {},
): Promise<void> {
  try {
    const config = readConfig(environment, overrides);
    const server = await startServer(config);
    process.stdout.write(`Sotto is at ${server.url}\nIts data is in ${config.dataDir}\n`);
    if (!LOOPBACK_HOSTS.has(config.host)) process.stdout.write(adviceFor(config));
    closeWithGrace({ delay: GRACE_MS, logger: false }, async ({ err }) => {
      if (err !== undefined) process.stderr.write(`${err.stack ?? err.message}\n`);
      await server.close();
    });
  } catch (error) {
    if (!(error instanceof SottoError)) throw error;
    process.stderr.write(`${error.message}${error.remedy.kind === "person" ? ` ${error.remedy.do}` : ""}\n`);
    process.exitCode = 1;
  }
}

/** What browsers on other machines need, as far as it is missing. */
function adviceFor({ tls, publicUrls }: ServerConfig): string {
  if (tls === null && !publicUrls.some((url) => url.startsWith("https:")))
    return "Browsers on other machines need HTTPS: set SOTTO_TLS_CERT and SOTTO_TLS_KEY, or put a proxy in front and set SOTTO_PUBLIC_URL (docs/hosting.md).\n";
  return publicUrls.length > 0
    ? ""
    : "Browsers on other machines are let in once SOTTO_PUBLIC_URL says under which address they come (docs/hosting.md).\n";
}
