import type { ConversationSummary, PostState, TimelineItem } from "@sotto/engine";
import type { ConversationId, PostId } from "@sotto/protocol";
import { asFailure } from "@sotto/views";
import { createInterface, type Interface } from "node:readline";
import { EXIT, Interrupted, Stop, type Exit } from "../exit.ts";
import { report } from "../failure-words.ts";
import { follow } from "../follow.ts";
import { writeLine } from "../io.ts";
import { addressOf, titleOf } from "../people.ts";
import { ask } from "../prompt.ts";
import { acceptByWriting, requestWords, tellRequests } from "../requests.ts";
import { findConversation } from "../resolve.ts";
import { acceptChangedKeys, receivers, requireWritable, settled } from "../send.ts";
import { isOnline, signedIn, type Run } from "../session.ts";
import { signIn, signUp } from "./account.ts";
import { CHAT_HELP } from "./chat-help.ts";
import { doToPost, POST_COMMANDS } from "./chat-posts.ts";
import { NoticeStrip } from "./chat-notices.ts";
import { needed, sayPaused, verifyInChat } from "./chat-trust.ts";
import { add, createGroup, enterRoom, leave, makeAdmin, person, printMembers, remove } from "./conversation.ts";
import { catchUpOrSay, printList } from "./list.ts";
import { printDevices } from "./devices.ts";
import { markRead, newest, printItem, UNREACHABLE, type Page } from "./read.ts";
import { accept, decline } from "./request.ts";
import { requireText } from "./send.ts";
import { serverView } from "./server-view.ts";
import { setBlocked, setName } from "./trust.ts";

const SHOWN_ON_OPEN = 20;
const FIRST_LOOK_MS = 4_000;

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
  readonly #notices: NoticeStrip;
  /** The order of the oldest item on screen of the open conversation: what is asked for next lies before it. */
  #oldest: number | undefined;
  /** The person was asked whether to write to keys that were not compared; the next /continue says yes. */
  #asked: ConversationId | undefined;
  #exit: Exit = EXIT.done;

  constructor(run: Run) {
    this.#isLive = run.look.forPeople && run.io.stdin.isTTY === true;
    // Everything that is printed goes above the line that is being typed.
    this.#run = {
      ...run,
      print: (line) => this.#above(() => run.print(line)),
      note: (line) => this.#above(() => run.note(line)),
    };
    this.#notices = new NoticeStrip(this.#run);
  }

  async talk(): Promise<Exit> {
    const run = this.#run;
    const isCurrent = await catchUpOrSay(run, FIRST_LOOK_MS);
    const stopWatching = this.#watchConnection(isCurrent);
    await this.#notices.tell(await run.engine.session());
    if (this.#isLive) {
      await run.note("/help shows the commands.");
      await printList(run, {});
    }
    const asking = tellRequests(run, decideWith);
    await asking.done;
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
      asking.stop();
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
        for (const each of CHAT_HELP) await run.note(each);
        return false;
      case "ls":
        await printList(run, {});
        return false;
      case "open":
        await this.#show(await findConversation(run, needed(rest, "/open @username"), { mayOpen: true }));
        return false;
      case "accept":
        await this.#show(await accept(run, needed(rest, "/accept @a")));
        return false;
      case "decline": {
        const who = words.find((word) => word !== "block") ?? "";
        await decline(run, needed(who, "/decline @a"), { block: words.includes("block") });
        if (this.#open?.request === true) this.#open = undefined;
        return false;
      }
      case "read":
        await this.#replay(countIn(rest));
        return false;
      case "older":
        await this.#older(countIn(rest));
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
      case "verify":
        await verifyInChat(run, words, this.#other());
        return false;
      case "name":
        await setName(
          run,
          needed(people[0] ?? "", "/name @a name"),
          words.filter((word) => word !== people[0]).join(" "),
        );
        return false;
      case "block":
      case "unblock":
        await setBlocked(run, needed(rest || this.#other(), `/${command} @a`), command === "block");
        return false;
      case "continue":
        await this.#continue();
        return false;
      case "devices":
        await printDevices(run, {});
        return false;
      case "notices":
        await this.#notices.command(await run.engine.session(), rest === "seen");
        return false;
      case "server":
        await serverView(run, this.#here().conversation, needed(rest, "/server seq"));
        return false;
      case "leave":
        await leave(run, this.#here().conversation);
        this.#open = undefined;
        return false;
      default:
        if (POST_COMMANDS.has(command)) {
          await doToPost(run, this.#here(), command, words);
          return false;
        }
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
    this.#oldest = undefined;
  }

  /** Whom a direct conversation is with. */
  #other(): string {
    const [other] = this.#open?.kind === "direct" ? this.#open.people : [];
    return other === undefined ? "" : `@${other.username}`;
  }

  /** Keys of somebody who was verified changed: asked twice, so that it isn't done by habit. */
  async #continue(): Promise<void> {
    const conversation = await this.#run.engine.conversation(this.#here().conversation);
    if (conversation.state.kind !== "paused") throw new Stop(EXIT.usage, "Nothing is paused here.");
    if (this.#asked !== conversation.conversation && this.#isLive) {
      this.#asked = conversation.conversation;
      await this.#run.note("You would write to keys that you have not checked. Once more /continue to do so.");
      return;
    }
    await acceptChangedKeys(this.#run, conversation);
    this.#asked = undefined;
    this.#open = await this.#run.engine.conversation(conversation.conversation);
    await this.#run.note(`To ${receivers(this.#open)}.`);
  }

  async #show(conversation: ConversationSummary): Promise<void> {
    this.#opened(conversation);
    if (conversation.request)
      await this.#run.note(`${requestWords(conversation)} ${decideWith(addressOf(conversation))}`);
    else await this.#run.note(`To ${receivers(conversation)}.`);
    await sayPaused(this.#run, conversation);
    if (this.#isLive) return this.#replay(SHOWN_ON_OPEN);
    const { items, unreadAfter } = await this.#run.engine.timeline({
      conversation: conversation.conversation,
      limit: 200,
    });
    const inLog = items.filter(({ seq }) => seq !== null);
    const unread = unreadAfter === null ? [] : inLog.filter(({ order }) => order > unreadAfter);
    for (const item of unread) await printItem(this.#run, { item, conversation }, { titled: false });
    // Where only a thread has something new, the end that is there already is seen again.
    await markRead(this.#run, conversation, conversation.unread > 0 && unread.length === 0 ? inLog.slice(-1) : unread);
  }

  async #replay(count: number): Promise<void> {
    const conversation = this.#here();
    const page = await newest(this.#run, conversation, count);
    await this.#page(conversation, page);
    await markRead(this.#run, conversation, page.items);
  }

  /** Scrolling up, in lines: what lies before what is on the screen comes from this device, or from log and archive. */
  async #older(count: number): Promise<void> {
    const conversation = this.#here();
    if (this.#isLive) await this.#run.note("Fetching what was written before…");
    await this.#page(conversation, await newest(this.#run, conversation, count, this.#oldest));
  }

  async #page(conversation: ConversationSummary, { items, before }: Page): Promise<void> {
    if (before === "start") await this.#run.note("This is the beginning.");
    else if (before === "unreachable") await this.#run.note(`${UNREACHABLE} /older tries again.`);
    for (const item of items) await printItem(this.#run, { item, conversation }, { titled: false });
    this.#oldest = items[0]?.order ?? this.#oldest;
  }

  async #arrived(item: TimelineItem, conversation: ConversationSummary): Promise<void> {
    const isOpen = conversation.conversation === this.#open?.conversation;
    // What strangers write is shown to whoever opens it; that they ask was said.
    if (conversation.request && !isOpen) return;
    if (isOpen) {
      const wasPaused = this.#open?.state.kind === "paused";
      this.#open = conversation;
      if (!wasPaused) await sayPaused(this.#run, conversation);
    }
    const isOnScreen = this.#isLive && item.kind === "post" && this.#written.has(item.post);
    if (!isOnScreen) await printItem(this.#run, { item, conversation }, { titled: !isOpen });
    await markRead(this.#run, conversation, [item]);
  }

  async #send(text: string): Promise<void> {
    const here = await this.#run.engine.conversation(this.#here().conversation);
    requireText(text);
    requireWritable(here, false);
    const conversation = await acceptByWriting(this.#run, here);
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
        await this.#notices.tell(session);
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

const decideWith = (address: string): string =>
  `/open ${address} shows what they wrote, /accept ${address} lets them in, /decline ${address} deletes it. They are told nothing.`;

function countIn(text: string): number {
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : SHOWN_ON_OPEN;
}
