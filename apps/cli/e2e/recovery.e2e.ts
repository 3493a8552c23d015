import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD, World, appears } from "./support.ts";

const NEW_PASSWORD = "velvet anchor 93 spoon";
/** Eight groups of four, as a program is given them. */
const KEY = /^(?:[0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}\n$/;

const read = async (world: World, name: string, conversation: string): Promise<string> =>
  (await world.sotto(name, ["read", conversation, "--limit", "all"])).out;

/** What happened to the account, as the next commands tell it. */
const says = (world: World, name: string, wanted: string): Promise<void> =>
  expect.poll(async () => (await world.sotto(name, ["whoami"])).err, { timeout: 20_000 }).toContain(wanted);

describe("the recovery key, and a password that is changed and forgotten", () => {
  const world = new World();
  let recoveryKey = "";

  beforeAll(async () => {
    await world.start();
    await world.signUp("ada", "Ada Lovelace");
    await world.signUp("bob");
    expect((await world.sotto("ada", ["send", "@bob", "before everything"])).exit).toBe(0);
    expect(await read(world, "bob", "@ada")).toContain("before everything");
  });
  afterAll(() => world.end());

  test("it is shown to the terminal that gives the password, typed back, and then nowhere", async () => {
    expect((await world.sotto("ada", ["whoami"])).err).toContain("Your recovery key isn't saved yet");
    const wrong = await world.withPassword("ada", ["recovery-key"], "not her password 3");
    expect(wrong).toMatchObject({ exit: 1, out: "" });
    const first = await world.withPassword("ada", ["recovery-key"]);
    expect(first.out).toMatch(KEY);
    recoveryKey = first.out.trim();

    const shown = await world.dialogue(
      "ada",
      ["recovery-key"],
      [
        ["Password:", PASSWORD],
        ["Recovery key:", "0000 0000"],
        ["Once more:", recoveryKey.toLowerCase().replaceAll("-", " ")],
      ],
    );
    expect(shown).toMatchObject({ exit: 0, err: expect.stringContaining("it is nowhere but with you") });
    for (const group of recoveryKey.split("-")) expect(shown.out).toContain(group);
    expect(shown.out + shown.err).not.toContain(PASSWORD);
    expect(shown.err).not.toContain(recoveryKey.slice(0, 9).replace("-", " "));

    expect(await world.withPassword("ada", ["recovery-key"])).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("sotto recovery-key --change"),
    });
    expect((await world.sotto("ada", ["whoami"])).err).not.toContain("isn't saved yet");
  });

  test("[T64] password forgotten: the key opens everything, sets a new password, and the old one opens nothing", async () => {
    const wrongKey = `${recoveryKey.slice(0, -1)}${recoveryKey.endsWith("0") ? "1" : "0"}`;
    expect(
      await world.withSecrets("new", ["recover", "ada"], {
        "--recovery-key-fd": wrongKey,
        "--new-password-fd": NEW_PASSWORD,
      }),
    ).toMatchObject({ exit: 1, out: "", err: expect.stringContaining("recovery key") });
    expect(
      await world.withSecrets("new", ["recover", "bob"], {
        "--recovery-key-fd": recoveryKey,
        "--new-password-fd": NEW_PASSWORD,
      }),
    ).toMatchObject({ exit: 1, out: "" });
    expect(
      await world.withSecrets("new", ["recover", "ada"], {
        "--recovery-key-fd": recoveryKey,
        "--new-password-fd": "password1",
      }),
    ).toMatchObject({ exit: 1, err: expect.stringContaining("A common password.") });
    expect((await world.sotto("new", ["whoami"])).exit).toBe(1);

    expect(
      await world.withSecrets("new", ["recover", "ada"], {
        "--recovery-key-fd": recoveryKey,
        "--new-password-fd": NEW_PASSWORD,
      }),
    ).toMatchObject({ exit: 0 });
    expect(await read(world, "new", "@bob")).toContain("before everything");
    expect((await world.sotto("new", ["send", "@bob", "I am back"])).exit).toBe(0);
    expect(await read(world, "bob", "@ada")).toContain("I am back");
    expect(await read(world, "ada", "@bob")).toContain("I am back");
    expect(await world.withPassword("third", ["sign-in", "ada"])).toMatchObject({ exit: 1 });
    expect(await world.withPassword("third", ["sign-in", "ada"], NEW_PASSWORD)).toMatchObject({ exit: 0 });
  }, 120_000);

  test("the password is changed with the one before; the key stays", async () => {
    const change = (now: string, next: string) =>
      world.withSecrets("ada", ["password"], { "--password-fd": now, "--new-password-fd": next });
    expect(await change(PASSWORD, "lemon cargo 55 drift")).toMatchObject({ exit: 1, out: "" });
    expect(await change(NEW_PASSWORD, "ada12345")).toMatchObject({ exit: 1, out: "" });
    expect(await change(NEW_PASSWORD, "lemon cargo 55 drift")).toMatchObject({ exit: 0, out: "password changed\n" });
    expect(await world.withPassword("fourth", ["sign-in", "ada"], NEW_PASSWORD)).toMatchObject({ exit: 1 });
    await says(world, "third", "Your password was changed");
  });

  test("a new recovery key ends the one before", async () => {
    const changed = await world.withPassword("ada", ["recovery-key", "--change"], "lemon cargo 55 drift");
    expect(changed.out).toMatch(KEY);
    expect(changed.out.trim()).not.toBe(recoveryKey);
    const recover = (key: string) =>
      world.withSecrets("fifth", ["recover", "ada"], { "--recovery-key-fd": key, "--new-password-fd": PASSWORD });
    expect(await recover(recoveryKey)).toMatchObject({ exit: 1, out: "" });
    expect(await recover(changed.out)).toMatchObject({ exit: 0 });
    expect(await read(world, "fifth", "@bob")).toContain("before everything");
  }, 120_000);
});

describe("when password and recovery key are both lost", () => {
  const world = new World();
  beforeAll(async () => {
    await world.start();
    for (const name of ["ada", "bob", "carol"]) await world.signUp(name);
    expect((await world.sotto("ada", ["send", "@bob", "hello"])).exit).toBe(0);
    expect((await world.sotto("bob", ["send", "@ada", "hello back"])).exit).toBe(0);
    expect(await read(world, "ada", "@bob")).toContain("hello back");
  });
  afterAll(() => world.end());

  test("another device is told and stops it", async () => {
    expect((await world.withPassword("thief", ["sign-in", "ada"])).exit).toBe(0);
    expect(await world.sotto("thief", ["reclaim", "announce"])).toMatchObject({ exit: 2, out: "" });
    const announced = await world.sotto("thief", ["reclaim", "announce", "--yes"]);
    expect(announced).toMatchObject({ exit: 0, out: expect.stringMatching(/^announced, can be completed at \d{4}-/) });
    expect(
      await world.withSecrets("thief", ["reclaim", "complete"], { "--new-password-fd": NEW_PASSWORD }),
    ).toMatchObject({ exit: 1, out: "", err: expect.stringContaining("24 hours") });
    expect((await world.sotto("thief", ["reclaim"])).out).toContain("announced here, can be completed at");
    await says(world, "ada", "is taking over your account");
    expect((await world.sotto("ada", ["reclaim", "status"])).out).toContain("announced by");
    const { out } = await world.sotto("ada", ["devices", "--json"]);
    const thief = out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { id: string; state: string })
      .find(({ state }) => state === "active");
    expect((await world.withPassword("ada", ["devices", "revoke", thief?.id ?? ""])).exit).toBe(0);
    expect((await world.sotto("ada", ["reclaim"])).out).toBe("nothing announced\n");
  }, 120_000);

  test("the only device takes the account over at once; who had verified it is stopped until they decide", async () => {
    const [mine, theirs] = await Promise.all([
      world.sotto("ada", ["verify", "@bob"]),
      world.sotto("bob", ["verify", "@ada"]),
    ]);
    expect(mine.out).toMatch(/^(?:\d{5} ){11}\d{5}\n$/);
    expect(theirs.out).toBe(mine.out);
    expect(await world.sotto("bob", ["verify", "@ada", "--match"])).toMatchObject({
      exit: 0,
      out: "@ada is verified\n",
    });
    expect((await world.sotto("bob", ["send", "@ada", "I know you"])).out).toContain("@ada (verified)");

    expect((await world.sotto("ada", ["reclaim", "announce", "--yes"])).out).toBe("announced, can be completed now\n");
    const done = await world.withSecrets("ada", ["reclaim", "complete"], { "--new-password-fd": NEW_PASSWORD });
    expect(done).toMatchObject({ exit: 0, out: expect.stringMatching(KEY) });
    expect((await world.withPassword("second", ["sign-in", "ada"])).exit).toBe(1);
    expect((await world.withPassword("second", ["sign-in", "ada"], NEW_PASSWORD)).exit).toBe(0);
    expect(await read(world, "second", "@bob")).toContain("I know you");

    expect((await world.sotto("bob", ["ls"])).out).toContain("\tchanged\t");
    const stopped = await world.sotto("bob", ["send", "@ada", "still you?"]);
    expect(stopped).toMatchObject({
      exit: 3,
      out: "",
      err: expect.stringContaining("Not sent: the keys of @ada changed, and you had verified them."),
    });
    const chat = world.begin("bob", ["chat"]);
    chat.stdin.end("/open @ada\n/continue\nstill you, in chat\n");
    await appears(chat.err, "Sending is paused");
    expect(await chat.ended).toBe(0);
    expect(await read(world, "ada", "@bob")).toContain("still you, in chat");
    expect(await read(world, "ada", "@bob")).not.toContain("still you?");
    expect((await world.sotto("bob", ["ls"])).out).toContain("\tunverified\t");
  }, 180_000);

  test("with no device left the owner's code gives the name to a new account, once, while the server runs", async () => {
    expect((await world.sotto("carol", ["send", "@bob", "before the reset"])).exit).toBe(0);
    expect(await read(world, "bob", "@carol")).toContain("before the reset");
    expect((await world.sotto("bob", ["accept", "@carol"])).exit).toBe(0);
    const dataDir = join(world.folder, "server");
    const reset = await world.spawn("owner", ["admin", "reset", "@carol", "--data-dir", dataDir]);
    expect(reset).toMatchObject({ exit: 0, err: expect.stringContaining("It makes a new account. The old one ends") });
    expect(reset.out).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\n$/);
    expect(await world.sotto("owner", ["admin", "reset", "@nobody", "--data-dir", dataDir])).toMatchObject({
      exit: 5,
      out: "",
    });

    const signUp = (code: string) =>
      world.withSecrets("carol-again", ["sign-up", "carol"], {
        "--reset-code-fd": code,
        "--password-fd": NEW_PASSWORD,
      });
    expect(await signUp("0000-0000-0000-0000")).toMatchObject({
      exit: 1,
      err: expect.stringContaining("That code doesn't work"),
    });
    const tail = world.begin("bob", ["tail"]);
    const ls = await world.sotto("ada", ["ls"]);
    expect(ls.out).toContain("@bob");
    expect(await signUp(reset.out.toLowerCase())).toMatchObject({ exit: 0 });
    expect(
      await world.withSecrets("again", ["sign-up", "carol"], {
        "--reset-code-fd": reset.out,
        "--password-fd": NEW_PASSWORD,
      }),
    ).toMatchObject({ exit: 1 });

    expect(await world.sotto("carol", ["send", "@bob", "me again"])).toMatchObject({ exit: 1, out: "" });
    expect((await world.sotto("carol-again", ["send", "@bob", "who is this?"])).exit).toBe(0);
    // Whoever has the name now shares nothing with him.
    await appears(tail.err, "@carol wants to talk to you.");
    await appears(tail.out, "\tname-moved\t");
    tail.interrupt();
    await tail.ended;
    expect(tail.out()).not.toContain("who is this?");
    expect(await read(world, "bob", "@carol")).toContain("who is this?");
    expect(await read(world, "bob", "@carol")).not.toContain("before the reset");
  }, 180_000);

  test("an account is deleted by its name typed out and its password, and the name is never given out again", async () => {
    expect(await world.withPassword("bob", ["delete-account", "alice"])).toMatchObject({ exit: 1, out: "" });
    expect(await world.withPassword("bob", ["delete-account", "bob"], "not his password 1")).toMatchObject({
      exit: 1,
      out: "",
    });
    expect((await world.sotto("bob", ["whoami"])).exit).toBe(0);
    expect(await world.withPassword("bob", ["delete-account", "bob"])).toMatchObject({
      exit: 0,
      out: "@bob is deleted\n",
    });
    expect((await world.sotto("bob", ["whoami"])).exit).toBe(1);
    expect((await world.withPassword("bob", ["sign-in", "bob"])).exit).toBe(1);
    expect(await world.withPassword("bob", ["sign-up", "bob"])).toMatchObject({
      exit: 1,
      err: expect.stringContaining("Someone here already has this name."),
    });
    // Who was away learns of it with what is done next.
    await expect
      .poll(async () => (await world.sotto("ada", ["ls"])).out, { timeout: 20_000 })
      .toMatch(/^@bob\t.*\tleft$/m);
    expect(await world.sotto("ada", ["send", "@bob", "anybody?"])).toMatchObject({
      exit: 1,
      out: "",
      err: expect.stringContaining("the other account was closed"),
    });
  }, 120_000);
});
