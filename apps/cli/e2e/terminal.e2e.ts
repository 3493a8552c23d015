import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD, World, appears } from "./support.ts";

const UTC = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
/** Everything that a terminal may act on, but the line feeds and tabs that separate records. */
const COMMANDS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u;

describe("two terminals", () => {
  const world = new World();
  beforeAll(async () => {
    await world.start();
    await world.signUp("alice", "Alice Liddell");
    await world.signUp("bob");
  });
  afterAll(() => world.end());

  test("exchange posts in a direct conversation", async () => {
    const sent = await world.sotto("alice", ["send", "@bob", "Down the", "hole"]);
    expect(sent).toMatchObject({ exit: 0, err: "" });
    expect(sent.out).toMatch(/^sent to @bob \(not verified yet\) at \d\d:\d\d\n$/);

    // Until he answers she is a stranger, of whom the handle is shown.
    expect((await world.sotto("bob", ["ls"])).out).toMatch(
      new RegExp(String.raw`^@alice\t@alice\tperson\t2\tunverified\t1\t${UTC}\trequest\n$`),
    );
    await world.sotto("bob", ["send", "@alice"], "Who are\nyou?\n");
    expect((await world.sotto("bob", ["ls"])).out).toMatch(
      new RegExp(String.raw`^@alice\tAlice Liddell\tperson\t2\tunverified\t\d\t${UTC}\topen\n$`),
    );

    const { out } = await world.sotto("alice", ["read", "@bob"]);
    const lines = out.split("\n");
    expect(lines.find((line) => line.includes("Down"))).toMatch(
      new RegExp(String.raw`^${UTC}\t@bob\t.*\tself\ttext\t\tDown the hole$`),
    );
    expect(lines.find((line) => line.includes("Who"))).toMatch(
      new RegExp(String.raw`^${UTC}\t@bob\t@bob\tunverified\ttext\t\tWho are\\nyou\?$`),
    );
  });

  test("exchange posts in a group, which grows and shrinks", async () => {
    await world.signUp("carol");
    expect(await world.sotto("alice", ["group", "Tea Party", "@bob"])).toMatchObject({
      exit: 0,
      out: "group Tea Party with 2 people\n",
    });
    expect(await world.sotto("bob", ["send", "tea party", "one sugar"])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^sent to 2 people in Tea Party at /),
    });
    expect((await world.sotto("alice", ["add", "Tea Party", "@carol"])).out).toBe("added @carol to Tea Party\n");
    expect((await world.sotto("carol", ["ls"])).out).toMatch(/\tgroup\t3\t.*\trequest\n$/);
    expect((await world.sotto("carol", ["accept", "@alice"])).out).toBe("accepted Tea Party, 3 people\n");
    expect((await world.sotto("carol", ["send", "Tea Party", "none for me"])).exit).toBe(0);

    const { out } = await world.sotto("bob", ["read", "Tea Party", "--json"]);
    const posts = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ kind }) => kind === "text");
    expect(posts.map(({ username, text }) => [username, text])).toEqual([
      ["bob", "one sugar"],
      ["carol", "none for me"],
    ]);
    expect(Object.keys(posts[0] ?? {})).toEqual([
      "id",
      "seq",
      "time",
      "conversation",
      "title",
      "sender",
      "username",
      "trust",
      "kind",
      "text",
      "state",
      "edited",
      "forwarded",
      "answers",
      "thread",
      "reactions",
    ]);

    const members = await world.sotto("bob", ["members", "Tea Party"]);
    expect(
      members.out
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")[0])
        .toSorted((a = "", b = "") => (a < b ? -1 : 1)),
    ).toEqual(["@alice", "@bob", "@carol"]);

    expect((await world.sotto("alice", ["remove", "Tea Party", "@carol"])).exit).toBe(0);
    expect((await world.sotto("alice", ["send", "Tea Party", "she has gone"])).exit).toBe(0);
    const afterwards = await world.sotto("carol", ["read", "Tea Party"]);
    expect(afterwards.out).not.toContain("she has gone");
    expect(await world.sotto("carol", ["send", "Tea Party", "still there?"])).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("You were removed"),
    });

    expect((await world.sotto("bob", ["leave", "Tea Party"])).exit).toBe(0);
    // Leaving is a statement; the next member who is there takes the keys away with a commit.
    const alice = world.begin("alice", ["tail", "Tea Party"]);
    await appears(alice.out, "\tleft\t");
    alice.interrupt();
    await alice.ended;
    expect((await world.sotto("alice", ["members", "Tea Party"])).out).not.toContain("@bob");
  });

  test("exchange posts in a room, which is public and says so", async () => {
    const created = await world.sotto("alice", ["room", "create", "General"]);
    expect(created).toMatchObject({
      exit: 0,
      out: "created #general, 1 person\n",
      err: expect.stringContaining("Anyone on this server can join"),
    });
    expect(await world.sotto("bob", ["room", "join", "general"])).toMatchObject({
      exit: 0,
      out: "joined #general, 2 people\n",
    });
    expect((await world.sotto("bob", ["send", "#general", "hello, room"])).exit).toBe(0);
    expect((await world.sotto("alice", ["read", "#general"])).out).toContain("\thello, room\n");
    expect(await world.sotto("bob", ["room", "create", "general"])).toMatchObject({
      exit: 1,
      err: expect.stringContaining("There is a room of this name already."),
    });
    expect(await world.sotto("bob", ["room", "join", "nowhere"])).toMatchObject({
      exit: 5,
      err: expect.stringContaining("no room of this name"),
    });
  });

  test("talk in chat through pipes: commands and posts in, records out", async () => {
    const bob = world.begin("bob", ["chat"]);
    const alice = world.begin("alice", ["chat"]);
    alice.stdin.write("/open @bob\nis anybody there?\n");
    await appears(bob.out, "\tis anybody there?\n");
    bob.stdin.write("/open @alice\n//me waves\n");
    await appears(alice.out, "\t/me waves\n");
    alice.stdin.write("/nonsense\n/quit\n");
    bob.stdin.end();
    expect(await bob.ended).toBe(0);
    expect(await alice.ended).toBe(2);
    expect(alice.err()).toContain("There is no command /nonsense.");
    for (const line of alice.out().trimEnd().split("\n")) expect(line).toMatch(new RegExp(`^${UTC}\t`));
    expect(alice.out() + bob.out()).not.toMatch(COMMANDS);
  });

  test("talk in chat on a terminal: with prompts, names, signs of trust, and the line being typed kept", async () => {
    const alice = world.begin("alice", ["chat"], { isTTY: true });
    await appears(alice.out, "› ");
    alice.stdin.write("/open @bob\r");
    await appears(alice.out, "@bob › ");
    alice.stdin.write("half a sen");
    await appears(alice.out, "half a sen");
    const before = alice.out().length;
    expect((await world.sotto("bob", ["send", "@alice", "\u001b[2Jinterrupting"])).exit).toBe(0);
    await appears(alice.out, "\\u{1b}[2Jinterrupting");
    const since = alice.out().slice(before);
    expect(since).toMatch(/\d\d:\d\d.* .*@bob.* ○ /);
    await appears(() => alice.out().slice(before), /interrupting\r?\n[^\n]*@bob › [^\n]*half a sen/);
    alice.stdin.write("tence\r");
    const bob = world.begin("bob", ["tail", "@alice"]);
    await appears(bob.out, "\thalf a sentence\n");
    bob.interrupt();
    await bob.ended;
    alice.stdin.write("/quit\r");
    expect(await alice.ended).toBe(0);
    // What one has just typed isn't shown a second time.
    expect(alice.out().match(/half a sentence/g)).toBeNull();
  });

  test("tail shows what is unread once, then posts as they arrive", async () => {
    await world.sotto("alice", ["send", "@bob", "before"]);
    const tail = world.begin("bob", ["tail", "@alice"]);
    await appears(tail.out, "\tbefore\n");
    await world.sotto("alice", ["send", "@bob", "during"]);
    await appears(tail.out, "\tduring\n");
    tail.interrupt();
    expect(await tail.ended).toBe(130);

    await world.sotto("alice", ["send", "@bob", "between"]);
    const again = world.begin("bob", ["tail", "@alice"]);
    await appears(again.out, "\tbetween\n");
    again.interrupt();
    await again.ended;
    expect(again.out()).not.toContain("during");
  });

  test("see what the server sees of a post, and who the other one is", async () => {
    await world.sotto("alice", ["send", "@bob", "eat me, I am a canary"]);
    const { out: read } = await world.sotto("bob", ["read", "@alice", "--limit", "1", "--json"]);
    const { seq } = JSON.parse(read) as { seq: number };
    const view = await world.sotto("bob", ["server-view", "@alice", String(seq)]);
    expect(view).toMatchObject({ exit: 0, err: expect.stringContaining("It is what this device has read") });
    const bytes = Buffer.from(
      [...view.out.matchAll(/^[0-9a-f]{4,}  ([0-9a-f ]+)$/gm)].map(([, hex = ""]) => hex.replaceAll(" ", "")).join(""),
      "hex",
    );
    expect(view.out).toMatch(new RegExp(String.raw`^Place in the log +${seq}$`, "m"));
    expect(bytes.length).toBeGreaterThan(200);
    expect(bytes.includes("canary")).toBe(false);

    const bySelf = JSON.parse((await world.sotto("alice", ["whoami", "--json"])).out) as Record<string, string>;
    const byOther = JSON.parse((await world.sotto("bob", ["person", "@alice", "--json"])).out) as Record<
      string,
      string
    >;
    expect(byOther).toMatchObject({
      account: bySelf["account"],
      fingerprint: bySelf["fingerprint"],
      trust: "unverified",
      name: "Alice Liddell",
    });
  });

  test("[T57] text and names of others reach stdout without one byte that a terminal acts on", async () => {
    const hostile = "\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009b31m\u202eevil\u2066\r10:41 Alice \u2713 pay\u0000\u007f";
    await world.signUp("mallory", "Mal\u001b[31m\u202elory \u2713");
    expect((await world.sotto("mallory", ["send", "@bob"], `${hostile}\n`)).exit).toBe(0);
    const looks = async (): Promise<void> => {
      for (const args of [
        ["read", "@mallory"],
        ["read", "@mallory", "--json"],
        ["ls"],
        ["ls", "--json"],
        ["members", "@mallory"],
        ["person", "@mallory"],
      ]) {
        const { exit, out, err } = await world.sotto("bob", args);
        expect(exit).toBe(0);
        expect(out.length).toBeGreaterThan(0);
        expect(out + err).not.toMatch(COMMANDS);
        // A name can't bring a sign of trust of its own; JSON has the trust apart, and names as they are.
        if (!args.includes("--json")) expect(out).not.toContain("lory \u2713");
      }
    };
    await looks();
    // As a stranger, then with the name.
    const accepted = await world.sotto("bob", ["accept", "@mallory"]);
    expect(accepted).toMatchObject({ exit: 0, out: expect.stringMatching(/^accepted Mal.*lory.* @mallory\n$/) });
    expect(accepted.out).not.toMatch(COMMANDS);
    await looks();
    const { out } = await world.sotto("bob", ["read", "@mallory", "--limit", "1"]);
    expect(out).toContain("\\u{1b}]52;c;ZXZpbA==\\u{7}\\u{1b}[2J\\u{9b}31m\\u{202e}evil\\u{2066}");
    const { out: json } = await world.sotto("bob", ["read", "@mallory", "--limit", "1", "--json"]);
    expect((JSON.parse(json) as { text: string }).text).toBe(hostile);
  });
});

describe("[T15] strangers", () => {
  const world = new World();
  beforeAll(async () => {
    await world.start();
    await world.signUp("alice");
    await world.signUp("eve", "Eve of Destruction");
  });
  afterAll(() => world.end());

  test("are said to ask by handle alone, are read by whoever wants to, and let in", async () => {
    const tail = world.begin("alice", ["tail"]);
    await world.sotto("eve", ["send", "@alice", "buy this"]);
    await appears(tail.err, "@eve wants to talk to you.");
    tail.interrupt();
    await tail.ended;
    expect(tail.out() + tail.err()).not.toMatch(/buy this|Destruction/);

    const read = await world.sotto("alice", ["read", "@eve"]);
    expect(read.out).toContain("\t@eve\tunverified\ttext\t\tbuy this\n");
    expect(read.err).toContain("sotto accept @eve");
    expect(read.out + read.err).not.toContain("Destruction");

    expect(await world.sotto("alice", ["accept", "@eve"])).toMatchObject({
      exit: 0,
      out: "accepted Eve of Destruction @eve\n",
    });
    expect((await world.sotto("alice", ["ls"])).out).toMatch(/\topen\n$/);
    expect(await world.sotto("alice", ["accept", "@eve"])).toMatchObject({
      exit: 5,
      out: "",
      err: expect.stringContaining("No request to talk is from @eve."),
    });
  });

  test("are sent away, ask again with the next words, and can be kept out", async () => {
    await world.signUp("mallory");
    expect((await world.sotto("mallory", ["send", "@alice", "once"])).exit).toBe(0);
    expect(await world.sotto("alice", ["decline", "@mallory"])).toMatchObject({
      exit: 0,
      out: "declined @mallory\n",
      err: expect.stringContaining("They are not told."),
    });
    expect((await world.sotto("alice", ["ls"])).out).not.toContain("mallory");
    expect((await world.sotto("mallory", ["send", "@alice", "twice"])).exit).toBe(0);
    const chat = world.begin("alice", ["chat"]);
    await appears(chat.err, "@mallory wants to talk to you.");
    chat.stdin.write("/open @mallory\n");
    await appears(chat.out, "\ttwice\n");
    expect(chat.out()).not.toContain("once");
    chat.stdin.end("/decline @mallory block\n");
    expect(await chat.ended).toBe(0);
    expect(chat.out()).toContain("declined @mallory and blocked who asked");
    expect((await world.sotto("mallory", ["send", "@alice", "thrice"])).exit).toBe(0);
    const { out } = await world.sotto("alice", ["ls"]);
    expect(out).not.toContain("mallory");
  });

  test("are let in by a line written to them", async () => {
    await world.signUp("bob", "Bob");
    expect((await world.sotto("bob", ["send", "@alice", "it's me"])).exit).toBe(0);
    const chat = world.begin("alice", ["chat"]);
    chat.stdin.end("/open @bob\nso it is\n");
    expect(await chat.ended).toBe(0);
    expect((await world.sotto("bob", ["read", "@alice"])).out).toContain("\tso it is\n");
    expect((await world.sotto("alice", ["ls"])).out).toMatch(/^@bob\tBob\t.*\topen$/m);
  });
});

describe("what goes wrong is one sentence and an exit code", () => {
  const world = new World();
  beforeAll(async () => {
    await world.start();
    await world.signUp("alice");
    await world.signUp("bob");
  });
  afterAll(() => world.end());

  test("a wrong password, a taken name and a weak password change nothing", async () => {
    expect(await world.withPassword("other", ["sign-in", "alice"], "not her password 3")).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringMatching(/password/i),
    });
    expect(await world.withPassword("other", ["sign-up", "alice"])).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("Someone here already has this name."),
    });
    expect(await world.withPassword("other", ["sign-up", "othello"], "othello123")).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("It has your name in it."),
    });
    expect(await world.withPassword("other", ["sign-up", "othello"], "password1")).toMatchObject({
      exit: 1,
      err: expect.stringContaining("A common password."),
    });
    expect(await world.sotto("other", ["ls"])).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("Nobody is signed in here."),
    });
  });

  test("without a terminal a password is asked for nowhere, and arguments are no place for it", async () => {
    expect(await world.sotto("other", ["sign-in", "alice"])).toMatchObject({
      exit: 2,
      out: "",
      err: expect.stringContaining("--password-fd"),
    });
    expect((await world.sotto("other", ["sign-in", "alice", PASSWORD])).exit).toBe(2);
    expect(await world.sotto("other", ["sign-in", "alice", "--password-fd", "xyz"])).toMatchObject({ exit: 2 });
  });

  test("nobody by that name is exit 5, and nothing is sent", async () => {
    expect(await world.sotto("alice", ["send", "@nobody", "hello"])).toMatchObject({
      exit: 5,
      out: "",
      err: expect.stringContaining("Nobody on this server has that username."),
    });
    expect(await world.sotto("alice", ["send", "Knitting", "hello"])).toMatchObject({
      exit: 5,
      out: "",
      err: expect.stringContaining("None of your conversations is called Knitting."),
    });
    expect(await world.sotto("alice", ["read", "#nowhere"])).toMatchObject({
      exit: 5,
      out: "",
      err: expect.stringContaining("sotto room join nowhere"),
    });
    expect(await world.sotto("alice", ["person", "@nobody"])).toMatchObject({ exit: 5, out: "" });
  });

  test("more than one by that name is exit 5 with the ids, and an id is exact", async () => {
    for (let i = 0; i < 2; i++) expect((await world.sotto("alice", ["group", "Twins", "@bob"])).exit).toBe(0);
    const ambiguous = await world.sotto("alice", ["send", "Twins", "which?"]);
    expect(ambiguous).toMatchObject({
      exit: 5,
      out: "",
      err: expect.stringContaining("More than one conversation is called Twins."),
    });
    const [, id = ""] = /^ {2}(\S{22}) {2}group/m.exec(ambiguous.err) ?? [];
    expect(await world.sotto("alice", ["send", id, "this one"])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^sent to 2 people in Twins/),
    });
  });

  test("wrong usage is exit 2", async () => {
    for (const args of [
      [],
      ["sned", "@bob", "x"],
      ["send"],
      ["read", "@bob", "--limit", "0"],
      ["ls", "--nonsense"],
      ["--server", "gopher://x", "ls"],
    ]) {
      const result = await world.sotto("alice", args);
      expect([args, result.exit, result.out]).toEqual([args, 2, ""]);
      expect(result.err).not.toBe("");
    }
  });

  test("a home that another process uses is one clear sentence", async () => {
    const chat = world.begin("alice", ["chat"]);
    chat.stdin.write("/members\n");
    await appears(chat.err, "No conversation is open.");
    const second = await world.spawn("alice", ["ls"]);
    expect(second).toEqual({
      exit: 1,
      out: "",
      err: "Another sotto is using the data of this device.\n  End it, or give this one a folder of its own: --home <folder>.\n",
    });
    chat.stdin.end();
    await chat.ended;
    expect((await world.spawn("alice", ["ls"])).exit).toBe(0);
  });

  test("a home belongs to one server", async () => {
    const { exit, err } = await world.sotto("alice", ["--server", "http://elsewhere.example", "ls"]);
    expect(exit).toBe(1);
    expect(err).toContain(`${world.home("alice")} is signed in at ${world.origin}, not at http://elsewhere.example.`);
  });

  test("offline a post is kept (exit 4), in order, and goes out with whatever is done next", async () => {
    expect((await world.sotto("alice", ["send", "@bob", "online"])).exit).toBe(0);
    await world.stop();
    const kept = await world.sotto("alice", ["send", "@bob", "first while offline"]);
    expect(kept).toMatchObject({
      exit: 4,
      out: "",
      err: expect.stringContaining("is kept and goes out the next time"),
    });
    expect((await world.sotto("alice", ["read", "@bob"])).out).toContain("online");
    await world.start();
    const chat = world.begin("alice", ["chat"]);
    chat.stdin.end("/open @bob\nsecond, back again\n");
    expect(await chat.ended).toBe(0);
    const { out } = await world.sotto("bob", ["read", "@alice"]);
    const texts = out
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"))
      .filter(([, , , , kind]) => kind === "text")
      .map((fields) => fields[6]);
    expect(texts).toEqual(["online", "first while offline", "second, back again"]);
  }, 90_000);

  test("what is too long or no text at all is refused before anything is sent", async () => {
    expect(await world.sotto("alice", ["send", "@bob"], "x".repeat(65 * 1024))).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("longer than a message may be"),
    });
    expect(await world.sotto("alice", ["send", "@bob"], "\n")).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("nothing to send"),
    });
    const binary = world.begin("alice", ["send", "@bob"]);
    binary.stdin.end(Buffer.from([0xff, 0xfe, 0x00]));
    expect(await binary.ended).toBe(1);
    expect(binary.err()).toContain("not text in UTF-8");
  });

  test("a damaged home offers to start over; on the server nothing is lost", async () => {
    const home = world.home("bob");
    const database = readdirSync(home).find((name) => name.endsWith(".db")) ?? "";
    for (const suffix of ["-wal", "-shm"]) expect(existsSync(join(home, database + suffix))).toBe(false);
    const bytes = readFileSync(join(home, database));
    writeFileSync(join(home, database), bytes.fill(7, 0, 4096));
    expect(await world.sotto("bob", ["ls"])).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("Nothing on the server is lost."),
    });
    expect((await world.sotto("bob", ["sign-out", "--yes"])).exit).toBe(0);
    expect((await world.withPassword("bob", ["sign-in", "bob"])).exit).toBe(0);
    expect((await world.sotto("bob", ["send", "@alice", "here again"])).exit).toBe(0);
    expect((await world.sotto("alice", ["read", "@bob", "--limit", "1"])).out).toContain("\there again\n");
  });

  test("sign-out asks, then leaves nothing behind", async () => {
    expect(await world.sotto("bob", ["sign-out"])).toMatchObject({
      exit: 2,
      out: "",
      err: expect.stringContaining("This erases from this machine"),
    });
    expect((await world.sotto("bob", ["whoami"])).exit).toBe(0);
    expect((await world.sotto("bob", ["sign-out", "--yes"])).exit).toBe(0);
    expect((await world.sotto("bob", ["whoami"])).exit).toBe(1);
    expect(existsSync(join(world.home("bob"), "server"))).toBe(false);
  });
});

describe("as a process of its own", () => {
  const world = new World();
  beforeAll(async () => {
    await world.start();
    await world.signUp("alice");
    await world.signUp("bob");
  });
  afterAll(() => world.end());

  test("send from a pipe prints its one line and nothing else, on either stream", async () => {
    const result = await world.spawn("alice", ["send", "@bob"], "hi\n");
    expect(result).toEqual({
      exit: 0,
      err: "",
      out: expect.stringMatching(/^sent to @bob \(not verified yet\) at \d\d:\d\d\n$/),
    });
    expect((await world.spawn("bob", ["read", "@alice", "--limit", "1"])).out).toMatch(
      new RegExp(String.raw`^${UTC}\t@alice\t@alice\tunverified\ttext\t\thi\n$`),
    );
  });

  test("help is there at once, and loads neither engine nor server", async () => {
    const begun = performance.now();
    const { exit, out } = await world.spawn("nobody", ["--help"]);
    expect(exit).toBe(0);
    expect(out).toContain("Usage: sotto");
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(existsSync(world.home("nobody"))).toBe(false);
  });

  test("serve says where it is and where its data lies, refuses a port in use, and drains on SIGTERM", async () => {
    const serve = world.serve({ PORT: "0" });
    await appears(serve.out, /^Sotto is at http:\/\/localhost:\d+\n/m);
    expect(serve.out()).toContain(`Its data is in ${join(world.folder, "served")}`);
    const [, port = ""] = /localhost:(\d+)/.exec(serve.out()) ?? [];
    expect((await fetch(`http://localhost:${port}/healthz`)).status).toBe(200);

    const second = world.serve({ PORT: port, SOTTO_DATA_DIR: join(world.folder, "second") });
    expect(await second.ended).toBe(1);
    expect(second.err()).toBe(
      `Port ${port} on 127.0.0.1 is in use by another program. Stop it, or set PORT to another number.\n`,
    );
    const third = world.serve({ PORT: "0" });
    expect(await third.ended).toBe(1);
    expect(third.err()).toContain("is in use by another Sotto server.");
    const wrong = world.serve({ PORT: "eighty" });
    expect(await wrong.ended).toBe(1);
    expect(wrong.err()).toContain('PORT in the environment is "eighty"');

    serve.terminate();
    expect(await serve.ended).toBe(0);
  });
});
