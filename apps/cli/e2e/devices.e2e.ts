import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD, World, appears } from "./support.ts";

/** The texts of a conversation, oldest first. */
async function texts(world: World, name: string, conversation: string): Promise<string[]> {
  const { out } = await world.sotto(name, ["read", conversation, "--limit", "all", "--json"]);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { kind: string; text: string })
    .filter(({ kind }) => kind === "text")
    .map(({ text }) => text);
}

type Device = { id: string; name: string; state: string; revoked: string | null };

async function devicesOf(world: World, name: string): Promise<Device[]> {
  const { out } = await world.sotto(name, ["devices", "--json"]);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Device);
}

describe("one account in several terminals", () => {
  const world = new World();
  const written = Array.from({ length: 30 }, (_, at) => `line ${at + 1}`);

  beforeAll(async () => {
    await world.start();
    await world.signUp("ada", "Ada Lovelace");
    await world.signUp("bob");
    const chat = world.begin("ada", ["chat"]);
    chat.stdin.end(["/open @bob", ...written, ""].join("\n"));
    expect(await chat.ended).toBe(0);
    expect((await world.sotto("ada", ["group", "Engine", "@bob"])).exit).toBe(0);
    expect((await world.sotto("bob", ["accept", "@ada"])).exit).toBe(0);
    expect((await world.sotto("bob", ["send", "Engine", "first of the group"])).exit).toBe(0);
    // Read once: from then on the account's archive holds the keys.
    expect((await world.sotto("ada", ["read", "Engine"])).out).toContain("first of the group");
  });
  afterAll(() => world.end());

  test("by password: every conversation is there, back to its first line, and others are told quietly", async () => {
    expect(await world.withPassword("laptop", ["sign-in", "ada"])).toMatchObject({ exit: 0 });
    const { out } = await world.sotto("laptop", ["ls"]);
    expect(out).toContain("@bob\t");
    expect(out).toContain("Engine\t");
    expect(await texts(world, "laptop", "@bob")).toEqual(written);
    expect(await texts(world, "laptop", "Engine")).toEqual(["first of the group"]);

    expect((await world.sotto("laptop", ["send", "@bob", "from the laptop"])).exit).toBe(0);
    expect(await texts(world, "bob", "@ada")).toEqual([...written, "from the laptop"]);
    expect((await world.sotto("bob", ["read", "@ada"])).out).toContain("\tdevice-added\t\t");
    expect(await texts(world, "ada", "@bob")).toEqual([...written, "from the laptop"]);
    expect((await world.sotto("ada", ["whoami"])).err).toMatch(/was added to your account/);
  });

  test("in chat the history comes in pages, up to where it says that it begins", async () => {
    const chat = world.begin("laptop", ["chat"]);
    chat.stdin.write("/open @bob\n/read 5\n/older 10\n");
    await appears(chat.out, "\tline 17\n");
    expect(chat.out()).not.toContain("\tline 15\n");
    chat.stdin.end("/older 100\n");
    expect(await chat.ended).toBe(0);
    expect(chat.out()).toContain("\tline 1\n");
    expect(chat.err()).toContain("This is the beginning.");
  });

  test("by link: the code, the digits compared, the password on the old device, and nothing of it in the wrong place", async () => {
    const phone = world.begin("phone", ["link", "--new"], { isTTY: true });
    await appears(() => phone.out(), /[0-9A-Z]{4} [0-9A-Z]{4}/);
    expect(phone.out()).toMatch(/[█▀▄]{5}/);
    const plain = stripVTControlCharacters(phone.out());
    const [, code = ""] = /^ {2}([0-9A-Z]{4} [0-9A-Z]{4})$/m.exec(plain) ?? [];
    const ada = world.begin("ada", ["link"], { isTTY: true });
    await ada.answers("Code on the new device:", code.toLowerCase());
    await appears(ada.err, /Digits: (\d{3} \d{3})/);
    const [, digits = ""] = /Digits: (\d{3} \d{3})/.exec(ada.err()) ?? [];
    expect(ada.err()).toContain("It asks to become a device of your account:");
    await appears(phone.out, digits);
    await ada.answers("the same six digits?", "y");
    await ada.answers("Password:", "not the password 9");
    await ada.answers("Once more:", PASSWORD);
    expect(await ada.ended).toBe(0);
    expect(await phone.ended).toBe(0);
    expect(ada.out()).toMatch(/^linked /);
    for (const shown of [ada.out(), ada.err(), phone.out(), phone.err()]) expect(shown).not.toContain(PASSWORD);
    expect(await texts(world, "phone", "@bob")).toEqual([...written, "from the laptop"]);
    expect(await devicesOf(world, "phone")).toHaveLength(3);
  }, 120_000);

  test("[T69] digits that a person says are different link nothing, and a code that was claimed is used up", async () => {
    const eve = world.begin("eve", ["sign-in", "--link"]);
    await appears(eve.out, /^code\t\S{8}\n/m);
    const [, code = ""] = /^code\t(\S{8})$/m.exec(eve.out()) ?? [];
    const ada = world.begin("ada", ["link", "--code", code], { isTTY: true });
    await ada.answers("the same six digits?", "n");
    expect(await ada.ended).toBe(3);
    expect(await eve.ended).not.toBe(0);
    expect((await world.sotto("eve", ["whoami"])).exit).toBe(1);
    expect(await world.withPassword("ada", ["link", "--code", code])).toMatchObject({ exit: 1, out: "" });
    expect(await devicesOf(world, "ada")).toHaveLength(3);
  }, 120_000);

  test("devices have names, and one is named by its name or the beginning of its id", async () => {
    const [self, other] = await devicesOf(world, "laptop");
    expect(self).toMatchObject({ state: "current" });
    expect(await world.sotto("laptop", ["devices", "rename", self?.id.slice(0, 8) ?? "", "Work laptop"])).toMatchObject(
      {
        exit: 0,
      },
    );
    expect(await world.sotto("ada", ["devices", "rename", "work LAPTOP", "Laptop"])).toMatchObject({
      exit: 0,
      out: "Work laptop is now called Laptop\n",
    });
    expect((await devicesOf(world, "phone")).find(({ id }) => id === self?.id)?.name).toBe("Laptop");
    expect((await world.sotto("ada", ["devices", "rename", "Nonsense", "x"])).exit).toBe(5);
    expect(other?.state).toBe("active");
  });

  test("[T19] [T70] a device that is revoked is out at once and reads nothing later; the others go on", async () => {
    expect(await world.withPassword("phone", ["devices", "revoke", "laptop"], "wrong password 1")).toMatchObject({
      exit: 1,
      out: "",
    });
    expect((await devicesOf(world, "phone")).filter(({ state }) => state === "gone")).toEqual([]);
    expect(await world.withPassword("phone", ["devices", "revoke", "laptop"])).toMatchObject({
      exit: 0,
      out: "Laptop is signed out\n",
    });
    expect((await world.sotto("bob", ["send", "@ada", "after the revocation"])).exit).toBe(0);
    const out = await world.sotto("laptop", ["read", "@bob"]);
    expect(out.err).toContain("This device was signed out from another one.");
    expect(out.out).not.toContain("after the revocation");
    expect(out.out).toContain("\tline 30\n");
    expect(await world.sotto("laptop", ["send", "@bob", "still me?"])).toMatchObject({ exit: 1, out: "" });
    expect(await texts(world, "phone", "@bob")).toContain("after the revocation");
    expect(await texts(world, "ada", "@bob")).toContain("after the revocation");
    const gone = (await devicesOf(world, "ada")).filter(({ state }) => state === "gone");
    expect(gone).toMatchObject([{ name: "Laptop", revoked: expect.any(String) as string }]);
    expect(await world.sotto("phone", ["devices", "revoke", "Nonsense"])).toMatchObject({ exit: 5, out: "" });
  }, 120_000);
});

describe("what was written while no device of an account was there", () => {
  const world = new World();
  beforeAll(async () => {
    await world.start();
    await world.signUp("ada");
    await world.signUp("bob");
    expect((await world.sotto("ada", ["send", "@bob", "before I go"])).exit).toBe(0);
    expect((await world.sotto("bob", ["send", "@ada", "while you were away"])).exit).toBe(0);
  });
  afterAll(() => world.end());

  test("is a gap that says why it is there, until somebody who was there gives the keys", async () => {
    // The device that was a member then stays away; the new one has no keys of what Bob wrote meanwhile.
    expect((await world.withPassword("laptop", ["sign-in", "ada"])).exit).toBe(0);
    const gap = (await world.sotto("laptop", ["read", "@bob", "--limit", "all"])).out;
    expect(gap).toContain("\tbefore I go\n");
    expect(gap).not.toContain("while you were away");
    expect(gap).toMatch(/\tkeys-missing\t\t1 message from a time when none of your devices was here\./);

    const bob = world.begin("bob", ["tail"]);
    const laptop = world.begin("laptop", ["tail"]);
    await expect
      .poll(() => laptop.out().includes("\tmended\t") || laptop.out().includes("while you were away"), {
        timeout: 60_000,
      })
      .toBe(true);
    for (const each of [bob, laptop]) {
      each.interrupt();
      await each.ended;
    }
    expect(await texts(world, "laptop", "@bob")).toEqual(["before I go", "while you were away"]);
  }, 180_000);
});
