import type { Command } from "commander";
import type { VerifyOptions } from "../commands/trust.ts";
import { EXIT } from "../exit.ts";
import { json, type Face, type Output } from "./face.ts";

/** Reading and writing. */
export function talkCommands(program: Command, face: Face): void {
  const { on } = face;
  program
    .command("chat")
    .description("talk: a conversation at a time, commands begin with a slash")
    .action(() => on(async (run) => (await import("../commands/chat.ts")).chat(run)));
  program
    .command("ls")
    .description("list the conversations")
    .addOption(json())
    .action((options: Output) => on(async (run) => (await import("../commands/list.ts")).list(run, options)));
  program
    .command("read <conversation>")
    .description("show the newest messages; a conversation is @username, #room or a group's name")
    .option("--limit <n>", 'how many, or "all" back to the beginning', "20")
    .addOption(json())
    .action((name: string, options: Output & { limit?: string }) =>
      on(async (run) => (await import("../commands/read.ts")).read(run, name, options)),
    );
  program
    .command("tail [conversation]")
    .description("show what is unread, then messages as they arrive")
    .addOption(json())
    .action((name: string | undefined, options: Output) =>
      on(async (run) => (await import("../commands/read.ts")).tail(run, name, options)),
    );
  program
    .command("send <to> [text...]")
    .description("send a message to @username, #room or a group; without text, what comes in on stdin")
    .option("--wait", "wait until the server has it, however long that takes")
    .option("--unverified", "send even though the keys of somebody whom you verified changed")
    .action((name: string, text: string[], options: { wait?: boolean; unverified?: boolean }) =>
      on(async (run) => (await import("../commands/send.ts")).send(run, name, text, options)),
    );
  requestCommands(program, face);
}

/** Whether somebody who wants to talk is let in. */
function requestCommands(program: Command, { on }: Face): void {
  const load = () => import("../commands/request.ts");
  program
    .command("accept <person>")
    .description("let somebody in who wants to talk: @username, or the id of a group")
    .action((name: string) =>
      on(async (run) => {
        await (await load()).accept(run, name);
        return EXIT.done;
      }),
    );
  program
    .command("decline <person>")
    .description("delete what somebody who wants to talk wrote; they are not told")
    .option("--block", "and show nothing of them again")
    .action((name: string, options: { block?: boolean }) =>
      on(async (run) => (await load()).decline(run, name, options)),
    );
}

/** Groups, rooms and who is in them. */
export function conversationCommands(program: Command, { on }: Face): void {
  const load = () => import("../commands/conversation.ts");
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
    .command("leave <conversation>")
    .description("leave a group or a room")
    .action((name: string) => on(async (run) => (await load()).leave(run, name)));
}

/** Who people are, and what one makes of them. */
export function trustCommands(program: Command, { on }: Face): void {
  const load = () => import("../commands/trust.ts");
  program
    .command("person <username>")
    .description("account, fingerprint and devices of a person")
    .addOption(json())
    .action((name: string, options: Output) =>
      on(async (run) => (await import("../commands/conversation.ts")).person(run, name, options)),
    );
  program
    .command("verify <username>")
    .description("compare safety numbers with a person")
    .option("--match", "mark as verified: you have compared all groups")
    .option("--unverify", "take that back")
    .option("--qr [scanned]", "show a code to scan; or the text that you scanned from their screen")
    .addOption(json())
    .action((name: string, options: VerifyOptions) => on(async (run) => (await load()).verify(run, name, options)));
  for (const [command, isBlocked] of [
    ["block", true],
    ["unblock", false],
  ] as const) {
    program
      .command(`${command} <username>`)
      .description(isBlocked ? "show and send nothing; they are not told" : "show and send again")
      .action((name: string) => on(async (run) => (await load()).setBlocked(run, name, isBlocked)));
  }
  program
    .command("name <username> <name>")
    .description('what you call somebody, on all your devices; "" takes it back')
    .action((username: string, name: string) => on(async (run) => (await load()).setName(run, username, name)));
}
