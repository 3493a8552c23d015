import type { ConversationSummary, PostState, TimelineItem } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";
import { asFailure } from "@sotto/views";
import { createInterface, type Interface } from "node:readline";
import { EXIT, Interrupted, Stop, type Exit } from "../exit.ts";
import { report } from "../failure-words.ts";
import { follow } from "../follow.ts";
import { writeLine } from "../io.ts";
import { titleOf } from "../people.ts";
import { ask } from "../prompt.ts";
import { findConversation } from "../resolve.ts";
import { receivers, requireWritable, settled } from "../send.ts";
import { isOnline, signedIn, type Run } from "../session.ts";
import { signIn, signUp } from "./account.ts";
import { add, createGroup, enterRoom, leave, makeAdmin, person, printMembers, remove } from "./conversation.ts";
import { catchUpOrSay, printList } from "./list.ts";
import { markRead, newest, printItem } from "./read.ts";
import { requireText } from "./send.ts";
import { serverView } from "./server-view.ts";

const SHOWN_ON_OPEN = 20;
const FIRST_LOOK_MS = 4_000;

const HELP = [
  "/open @bob        open a conversation: @username, #room or a group's name",
  "/ls               list the conversations",
  "/read [n]         show the newest n messages again",
  "/members          who is in this conversation",
  "/group name @a @b make a group",
  "/room name        open a room, public on this server",
  "/join name        join a room",
  "/add @a @b        add people to this group",
  "/remove @a        remove somebody",
  "/admin @a         make somebody an admin",
  "/person @a        account, fingerprint and devices",
  "/server seq       an entry exactly as the server holds it",
  "/leave            leave this conversation",
  "/quit             end (Ctrl D)",
  "Anything else is sent. A message that begins with a slash is sent by doubling it.",
];

/**
 * `sotto chat`: line mode. On a terminal it asks, prompts and shows messages as they come; in a pipe every line of stdin is a
 * command or a message and every message is a record on stdout.
 */
export async function chat(run: Run): Promise<Exit> {
  if ((await run.engine.session()).kind === "signed-out" && run.look.forPeople && run.io.stdin.isTTY === true)
    await enter(run);
  await signedIn(run);
  return new Chat(run).talk();
}

async function enter(run: Run): Promise<void> {
  const answer = await ask(run.io, `Have you got an account at ${run.home.origin}? [y/N] `);
  if (/^y/i.test(answer)) await signIn(run, undefined, {});
  else {
    const username = await ask(run.io, "Choose a username (a to z, 0 to 9, dot, underscore): ");
    const displayName = await ask(run.io, "Display name, seen only by people you talk to (may stay empty): ");
    await signUp(run, username, { displayName });
  }
}

class Chat {
  readonly #run: Run;
  readonly #isLive: boolean;
  #open: ConversationSummary | undefined;
  #readline: Interface | undefined;
  /** The last line of the screen is being typed at. */
  #isPrompting = false;
  /** Written here and now: its writer has seen it. */
  readonly #written = new Set<PostId>();
  /** Posts whose fate isn't known yet. */
  readonly #underway = new Set<Promise<void>>();
  #exit: Exit = EXIT.done;

  constructor(run: Run) {
    this.#isLive = run.look.forPeople && run.io.stdin.isTTY === true;
    // Everything that is printed goes above the line that is being typed.
    this.#run = {
      ...run,
      print: (line) => this.#above(() => run.print(line)),
      note: (line) => this.#above(() => run.note(line)),
    };
  }

  async talk(): Promise<Exit> {
    const run = this.#run;
    const isCurrent = await catchUpOrSay(run, FIRST_LOOK_MS);
    const stopWatching = this.#watchConnection(isCurrent);
    if (this.#isLive) {
      await run.note("/help shows the commands.");
      await printList(run, {});
    }
    const following = await follow(run.engine, {
      wants: () => true,
      from: "now",
      show: ({ item, conversation }) => this.#arrived(item, conversation),
    });
    try {
      await this.#listen();
      await Promise.all(this.#underway);
      await following.stop();
    } finally {
      stopWatching();
    }
    return this.#exit;
  }

  /** Reads lines until the input ends or the person goes. One at a time: the next begins when the last is done. */
  async #listen(): Promise<void> {
    const { stdin, stdout, stderr } = this.#run.io;
    const readline = this.#isLive
      ? createInterface({ input: stdin, output: stdout, terminal: true, historySize: 0 })
      : createInterface({ input: stdin, terminal: false });
    this.#readline = readline;
    readline.once("SIGINT", () => {
      this.#exit = EXIT.interrupted;
      readline.close();
    });
    try {
      this.#ask(readline);
      for await (const line of readline) {
        this.#isPrompting = false;
        if (await this.#take(line)) break;
        this.#ask(readline);
      }
    } finally {
      this.#isPrompting = false;
      this.#readline = undefined;
      readline.close();
      if (this.#isLive) await writeLine(stderr, "");
    }
  }

  #ask(readline: Interface): void {
    if (!this.#isLive) return;
    const glyph = this.#run.look.glyphs.prompt;
    readline.setPrompt(this.#open === undefined ? `${glyph} ` : `${titleOf(this.#open)} ${glyph} `);
    readline.prompt();
    this.#isPrompting = true;
  }

  /** @returns true to end */
  async #take(line: string): Promise<boolean> {
    try {
      if (line.startsWith("/") && !line.startsWith("//")) return await this.#command(line.slice(1));
      if (line.trim() !== "") await this.#send(line.startsWith("//") ? line.slice(1) : line);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const exit = await this.#above(() => report(this.#run.io, error, this.#run.home.origin));
      // A person reads what went wrong and goes on; a script learns of it at the end.
      if (!this.#isLive) this.#exit = exit;
    }
    return false;
  }

  async #command(line: string): Promise<boolean> {
    const run = this.#run;
    const [command = "", ...words] = line.trim().split(/\s+/);
    const rest = words.join(" ");
    const people = words.filter((word) => word.startsWith("@"));
    switch (command) {
      case "quit":
      case "q":
        return true;
      case "help":
        for (const each of HELP) await run.note(each);
        return false;
      case "ls":
        await printList(run, {});
        return false;
      case "open":
        await this.#show(await findConversation(run, needed(rest, "/open @username"), { mayOpen: true }));
        return false;
      case "read":
        await this.#replay(/^\d{1,4}$/.test(rest) ? Number(rest) : SHOWN_ON_OPEN);
        return false;
      case "members":
        await printMembers(run, this.#here().conversation, {});
        return false;
      case "group": {
        const name = words.filter((word) => !word.startsWith("@")).join(" ");
        this.#opened(await createGroup(run, needed(name, "/group name @a @b"), people));
        return false;
      }
      case "room":
      case "join":
        this.#opened(await enterRoom(run, needed(rest, `/${command} name`), command === "room" ? "create" : "join"));
        return false;
      case "add":
        await add(run, this.#here().conversation, people.length > 0 ? people : [needed(rest, "/add @a @b")]);
        return false;
      case "remove":
        await remove(run, this.#here().conversation, needed(rest, "/remove @a"));
        return false;
      case "admin":
        await makeAdmin(run, this.#here().conversation, needed(rest, "/admin @a"));
        return false;
      case "person":
        await person(run, needed(rest, "/person @a"), {});
        return false;
      case "server":
        await serverView(run, this.#here().conversation, needed(rest, "/server seq"));
        return false;
      case "leave":
        await leave(run, this.#here().conversation);
        this.#open = undefined;
        return false;
      default:
        throw new Stop(EXIT.usage, `There is no command /${command.replace(/[^a-z-]/g, "")}.`, [
          "/help shows the commands; // at the beginning sends a slash",
        ]);
    }
  }

  #here(): ConversationSummary {
    if (this.#open === undefined) throw new Stop(EXIT.usage, "No conversation is open.", ["/open @username"]);
    return this.#open;
  }

  #opened(conversation: ConversationSummary): void {
    this.#open = conversation;
  }

  async #show(conversation: ConversationSummary): Promise<void> {
    this.#open = conversation;
    await this.#run.note(`To ${receivers(conversation)}.`);
    if (this.#isLive) return this.#replay(SHOWN_ON_OPEN);
    const { items, unreadAfter } = await this.#run.engine.timeline({
      conversation: conversation.conversation,
      limit: 200,
    });
    if (unreadAfter === null) return;
    const unread = items.filter(({ order, seq }) => order > unreadAfter && seq !== null);
    for (const item of unread) await printItem(this.#run, { item, conversation }, { titled: false });
    await markRead(this.#run, conversation, unread);
  }

  async #replay(count: number): Promise<void> {
    const conversation = this.#here();
    const items = await newest(this.#run, conversation, count);
    for (const item of items) await printItem(this.#run, { item, conversation }, { titled: false });
    await markRead(this.#run, conversation, items);
  }

  async #arrived(item: TimelineItem, conversation: ConversationSummary): Promise<void> {
    const isOpen = conversation.conversation === this.#open?.conversation;
    if (isOpen) this.#open = conversation;
    const isOnScreen = this.#isLive && item.kind === "post" && this.#written.has(item.post);
    if (!isOnScreen) await printItem(this.#run, { item, conversation }, { titled: !isOpen });
    await markRead(this.#run, conversation, [item]);
  }

  async #send(text: string): Promise<void> {
    const conversation = await this.#run.engine.conversation(this.#here().conversation);
    requireText(text);
    requireWritable(conversation, false);
    const post = await this.#run.engine.send({ conversation: conversation.conversation, text });
    this.#written.add(post);
    const fate = this.#learnFate(conversation, post).finally(() => this.#underway.delete(fate));
    this.#underway.add(fate);
  }

  /** Says when a post did not go out. Never rejects. */
  async #learnFate(conversation: ConversationSummary, post: PostId): Promise<void> {
    const { io, home } = this.#run;
    let state: PostState;
    try {
      state = await settled(this.#run, conversation.conversation, post, { wait: false });
    } catch (error) {
      // The server lets this device in no more.
      state = { kind: "failed", failure: asFailure(error) };
    }
    if (state.kind === "sending") {
      if (this.#exit === EXIT.done && !this.#isLive) this.#exit = EXIT.kept;
      await this.#run.note(
        `Not sent yet: the message to ${receivers(conversation)} is kept and goes out when the server can be reached.`,
      );
    } else if (state.kind === "failed") {
      const exit = await this.#above(() => report(io, state.failure, home.origin));
      if (!this.#isLive) this.#exit = exit;
      await this.#run.note(`Not sent to ${receivers(conversation)}.`);
    }
  }

  /** Tells of the connection when it goes and when it is back. */
  #watchConnection(wasOnline: boolean): () => void {
    let told = wasOnline;
    return this.#run.engine.subscribe((change) => {
      if (change.kind !== "session") return;
      void this.#run.engine.session().then(async (session) => {
        if (session.kind !== "signed-in" || session.connection === "connecting" || isOnline(session) === told) return;
        told = isOnline(session);
        await this.#run.note(told ? "Connected." : "Connection lost. What you write is kept and sent later.");
      });
    });
  }

  /** Takes the line that is being typed off the screen, writes, and puts it back. */
  async #above<T>(write: () => Promise<T>): Promise<T> {
    const readline = this.#isPrompting ? this.#readline : undefined;
    // A terminal that can't move its cursor shows what comes where it comes.
    if (readline === undefined || this.#run.io.env["TERM"] === "dumb") return write();
    const { rows } = readline.getCursorPos();
    this.#run.io.stdout.write(`${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J`);
    const result = await write();
    if (this.#isPrompting) readline.prompt(true);
    return result;
  }
}

function needed(text: string, usage: string): string {
  if (text === "") throw new Stop(EXIT.usage, "Something is missing.", [usage]);
  return text;
}
