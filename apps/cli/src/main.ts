import { EXIT } from "./exit.ts";
import { runSotto } from "./program.ts";

// What Node says about its own experimental parts is no business of whoever reads stderr; anything else is.
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") process.stderr.write(`${warning.name}: ${warning.message}\n`);
});

const interruption = new AbortController();
const interrupt = (): void => interruption.abort();
// A server drains by itself. A second Ctrl C ends the program as it stands.
process.once("SIGINT", interrupt);
process.once("SIGTERM", interrupt);
// Whoever read along has gone, as in `sotto tail | head -1`: there is nobody left to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

const outcome = await runSotto(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupted: interruption.signal,
});
if (outcome !== "running") {
  process.exitCode = outcome;
  // Into a pipe streams write in their own time; what is still on its way would be lost with the process.
  const written = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise((resolve) => stream.write("", () => resolve()));
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}
