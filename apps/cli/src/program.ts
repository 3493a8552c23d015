import { Command, CommanderError } from "commander";
import { EXIT, type Exit } from "./exit.ts";
import type { Io } from "./io.ts";
import { adminCommands, ownDataCommands } from "./program/admin.ts";
import { accountCommands, deviceCommands } from "./program/account.ts";
import { conversationCommands, talkCommands, trustCommands } from "./program/conversations.ts";
import type { Face } from "./program/face.ts";
import type { OpenEngine, Run } from "./session.ts";

type Global = { home?: string; server?: string };

/** What the program ends with; "running" when it stays, as a server does. */
export type Outcome = Exit | "running";

/**
 * One run of `sotto`. Everything that a command needs is loaded when it is called, so that help is shown at once and the
 * server runs without the client.
 * @param argv       without the program's own name
 * @param openEngine other than on this machine's own ports: for tests
 */
export async function runSotto(argv: readonly string[], io: Io, openEngine?: OpenEngine): Promise<Outcome> {
  let outcome: Outcome = EXIT.done;
  let origin = "";

  /** Runs a command on the engine of the home that the options name. */
  const onEngine = async (global: Global, work: (run: Run) => Promise<Exit>): Promise<void> => {
    const [{ openHome }, session] = await Promise.all([import("./home.ts"), import("./session.ts")]);
    const home = openHome(global, io.env);
    origin = home.origin;
    outcome = await session.withEngine(io, home, openEngine ?? session.openEngine, work);
  };

  const program = commandLine(io);
  const global = (): Global => program.opts<Global>();
  const face: Face = {
    on: (work) => onEngine(global(), work),
    alone: async (work) => void (outcome = await work(io)),
  };
  program.commandsGroup("Talk:");
  talkCommands(program, face);
  conversationCommands(program, face);
  program.commandsGroup("Your account and its devices:");
  accountCommands(program, face);
  deviceCommands(program, face);
  program.commandsGroup("Who people are:");
  trustCommands(program, face);
  program.commandsGroup("Your data, and looking inside:");
  ownDataCommands(program, face);
  program.commandsGroup("Running a server:");
  program
    .command("serve")
    .description("run a server here (docs/hosting.md)")
    .action(async () => {
      const { serveHere } = await import("./commands/serve.ts");
      outcome = await serveHere(io);
    });
  adminCommands(program, face);
  // Alone on a terminal the program means a conversation; in a script it is a mistake.
  const words = argv.length === 0 && io.stdin.isTTY === true && io.stdout.isTTY === true ? ["chat"] : [...argv];
  try {
    await program.parseAsync(words, { from: "user" });
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { report } = await import("./failure-words.ts");
    return report(io, error, origin);
  }
}

function commandLine(io: Io): Command {
  return new Command("sotto")
    .description("End-to-end encrypted chat: the server, and a client for the terminal.")
    .option("--server <origin>", "the server (SOTTO_SERVER; default http://localhost:7788)")
    .option("--home <folder>", "where this device keeps its state (SOTTO_HOME; default ~/.sotto)")
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: (text) => void io.stderr.write(text) })
    .showHelpAfterError("(sotto --help shows all commands)");
}
