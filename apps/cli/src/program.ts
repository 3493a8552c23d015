import { Command, CommanderError, Option } from "commander";
import { EXIT, type Exit } from "./exit.ts";
import type { Io } from "./io.ts";
import type { OpenEngine, Run } from "./session.ts";

type Global = { home?: string; server?: string };
type Output = { json?: boolean };

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

  const program = commandLine(io, onEngine, async () => {
    const { serveHere } = await import("./commands/serve.ts");
    outcome = await serveHere(io);
  });
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

type OnEngine = (global: Global, work: (run: Run) => Promise<Exit>) => Promise<void>;

function commandLine(io: Io, onEngine: OnEngine, onServe: () => Promise<void>): Command {
  const program = new Command("sotto")
    .description("End-to-end encrypted chat: the server, and a client for the terminal.")
    .option("--server <origin>", "the server (SOTTO_SERVER; default http://localhost:7788)")
    .option("--home <folder>", "where this device keeps its state (SOTTO_HOME; default ~/.sotto)")
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: (text) => void io.stderr.write(text) })
    .showHelpAfterError("(sotto --help shows all commands)");
  const global = (): Global => program.opts<Global>();
  const on = (work: (run: Run) => Promise<Exit>): Promise<void> => onEngine(global(), work);
  const passwordFd = (): Option =>
    new Option("--password-fd <n>", "read the password from this file descriptor instead of the terminal");
  const json = (): Option => new Option("--json", "one JSON object a line");

  program.command("serve").description("run a server here (docs/hosting.md)").action(onServe);
  program
    .command("chat")
    .description("talk: a conversation at a time, commands begin with a slash")
    .action(() => on(async (run) => (await import("./commands/chat.ts")).chat(run)));

  program
    .command("sign-up [username]")
    .description("make an account, with this machine as its first device")
    .option("--display-name <name>", "what people you talk to see; the server doesn't")
    .addOption(passwordFd())
    .action((username: string | undefined, options: { displayName?: string; passwordFd?: string }) =>
      on(async (run) => (await import("./commands/account.ts")).signUp(run, username, options)),
    );
  program
    .command("sign-in [username]")
    .description("make this machine a device of an account")
    .addOption(passwordFd())
    .action((username: string | undefined, options: { passwordFd?: string }) =>
      on(async (run) => (await import("./commands/account.ts")).signIn(run, username, options)),
    );
  program
    .command("sign-out")
    .description("erase this device")
    .option("--yes", "don't ask")
    .action((options: { yes?: boolean }) =>
      on(async (run) => (await import("./commands/account.ts")).signOut(run, options)),
    );
  program
    .command("whoami")
    .description("who is signed in here")
    .addOption(json())
    .action((options: Output) => on(async (run) => (await import("./commands/account.ts")).whoAmI(run, options)));

  program
    .command("ls")
    .description("list the conversations")
    .addOption(json())
    .action((options: Output) => on(async (run) => (await import("./commands/list.ts")).list(run, options)));
  program
    .command("read <conversation>")
    .description("show the newest messages; a conversation is @username, #room or a group's name")
    .option("--limit <n>", "how many", "20")
    .addOption(json())
    .action((name: string, options: Output & { limit?: string }) =>
      on(async (run) => (await import("./commands/read.ts")).read(run, name, options)),
    );
  program
    .command("tail [conversation]")
    .description("show what is unread, then messages as they arrive")
    .addOption(json())
    .action((name: string | undefined, options: Output) =>
      on(async (run) => (await import("./commands/read.ts")).tail(run, name, options)),
    );
  program
    .command("send <to> [text...]")
    .description("send a message to @username, #room or a group; without text, what comes in on stdin")
    .option("--wait", "wait until the server has it, however long that takes")
    .option("--unverified", "send even though the keys of this person changed")
    .action((name: string, text: string[], options: { wait?: boolean; unverified?: boolean }) =>
      on(async (run) => (await import("./commands/send.ts")).send(run, name, text, options)),
    );

  conversations(program, on, json);
  return program;
}

function conversations(
  program: Command,
  on: (work: (run: Run) => Promise<Exit>) => Promise<void>,
  json: () => Option,
): void {
  const load = () => import("./commands/conversation.ts");
  program
    .command("group <name> <people...>")
    .description("make a group: its name, then @usernames")
    .action((name: string, people: string[]) =>
      on(async (run) => {
        await (await load()).createGroup(run, name, people);
        return EXIT.done;
      }),
    );
  const room = program.command("room").description("open rooms, public on this server");
  for (const how of ["create", "join"] as const) {
    room
      .command(`${how} <name>`)
      .description(how === "create" ? "open a room under a new name" : "join a room by its exact name")
      .action((name: string) =>
        on(async (run) => {
          await (await load()).enterRoom(run, name, how);
          return EXIT.done;
        }),
      );
  }
  program
    .command("members <conversation>")
    .description("who is in it")
    .addOption(json())
    .action((name: string, options: Output) => on(async (run) => (await load()).members(run, name, options)));
  program
    .command("add <conversation> <people...>")
    .description("add people to a group")
    .action((name: string, people: string[]) => on(async (run) => (await load()).add(run, name, people)));
  program
    .command("remove <conversation> <person>")
    .description("remove somebody")
    .action((name: string, person: string) => on(async (run) => (await load()).remove(run, name, person)));
  program
    .command("admin <conversation> <person>")
    .description("make a member an admin")
    .action((name: string, person: string) => on(async (run) => (await load()).makeAdmin(run, name, person)));
  program
    .command("leave <conversation>")
    .description("leave a group or a room")
    .action((name: string) => on(async (run) => (await load()).leave(run, name)));
  program
    .command("person <username>")
    .description("account, fingerprint and devices of a person")
    .addOption(json())
    .action((name: string, options: Output) => on(async (run) => (await load()).person(run, name, options)));
  program
    .command("server-view <conversation> <seq>")
    .description("one entry exactly as the server holds it")
    .action((name: string, seq: string) =>
      on(async (run) => (await import("./commands/server-view.ts")).serverView(run, name, seq)),
    );
}
