import type { Command } from "commander";
import type { DecryptOptions } from "../commands/decrypt.ts";
import { json, type Face, type Output } from "./face.ts";

/** What one can take away, look into and open by hand. */
export function ownDataCommands(program: Command, { on, alone }: Face): void {
  program
    .command("export <folder>")
    .description("every conversation with its whole history, as HTML and JSON, into a new folder")
    .action((folder: string) => on(async (run) => (await import("../commands/export.ts")).exportAll(run, folder)));
  program
    .command("holdings")
    .description("what the server holds about the account")
    .addOption(json())
    .action((options: Output) => on(async (run) => (await import("../commands/holdings.ts")).holdings(run, options)));
  program
    .command("inspect <where>")
    .description("what a server's data folder, or the server at an address, holds about the account")
    .addOption(json())
    .action((where: string, options: Output) =>
      on(async (run) => (await import("../commands/holdings.ts")).inspect(run, where, options)),
    );
  program
    .command("server-view <conversation> <seq>")
    .description("one entry exactly as the server holds it")
    .option("--keys", "with the keys that open it, as sotto decrypt takes them: whoever has them reads it")
    .action((name: string, seq: string, options: { keys?: boolean }) =>
      on(async (run) => (await import("../commands/server-view.ts")).serverView(run, name, seq, options)),
    );
  program
    .command("decrypt [file]")
    .description("open one entry by hand, offline: a file as the panel copies it, - for stdin, or the three options")
    .option("--entry <entry>", "base64url, a file, or - for stdin")
    .option("--epoch-key <key>", "a file, or the key itself: then other programs of this machine can see it")
    .option("--sender-key <key>", "likewise")
    .addOption(json())
    .action((file: string | undefined, options: DecryptOptions) =>
      alone(async (io) => (await import("../commands/decrypt.ts")).decrypt(io, file, options)),
    );
}

/** Admins of conversations, and what only the server's owner can do. */
export function adminCommands(program: Command, { on, alone }: Face): void {
  program
    .command("admin")
    .description("make a member an admin: <conversation> <person>; or, for the server's owner, reset <username>")
    .argument("<conversation>")
    .argument("<person>")
    .action((name: string, person: string) =>
      on(async (run) => (await import("../commands/conversation.ts")).makeAdmin(run, name, person)),
    )
    .command("reset <username>")
    .description(
      "a one-time code by which a name goes to a new account: for who lost password, recovery key and devices",
    )
    .option("--data-dir <folder>", "the server's data (SOTTO_DATA_DIR)")
    .action((username: string, options: { dataDir?: string }) =>
      alone(async (io) => (await import("../commands/admin.ts")).resetName(io, username, options)),
    );
}
