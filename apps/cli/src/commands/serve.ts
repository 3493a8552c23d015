import type { Exit } from "../exit.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";

/** `sotto serve`: runs until SIGTERM or Ctrl C. Loads the server and nothing of the client. */
export async function serveHere({ env }: Io): Promise<Exit | "running"> {
  const { serve } = await import("@sotto/server");
  await serve(env);
  return process.exitCode === undefined ? "running" : EXIT.failed;
}
