import { afterAll, beforeAll, expect, test } from "vitest";
import { World, appears } from "./support.ts";

// Who people are and what one makes of them, on two devices of one account and one of another.
const world = new World();

beforeAll(async () => {
  await world.start();
  await world.signUp("ada", "Ada Lovelace");
  await world.signUp("bob", "Bob");
  expect((await world.sotto("ada", ["send", "@bob", "hello"])).exit).toBe(0);
  expect((await world.sotto("bob", ["send", "@ada", "hello back"])).exit).toBe(0);
  expect((await world.sotto("ada", ["read", "@bob"])).exit).toBe(0);
  expect((await world.withPassword("laptop", ["sign-in", "ada"])).exit).toBe(0);
}, 120_000);
afterAll(() => world.end());

const trustOnLaptop = async (): Promise<string> => (await world.sotto("laptop", ["person", "@bob", "--json"])).out;

test("[T06] the number is the same on both sides, and marking it is kept for one's own other devices", async () => {
  const mine = await world.sotto("ada", ["verify", "@bob"]);
  expect(mine.out).toMatch(/^(?:\d{5} ){11}\d{5}\n$/);
  expect(mine.err).toContain("not verified yet");
  expect((await world.sotto("bob", ["verify", "@ada"])).out).toBe(mine.out);

  const later = await world.dialogue("ada", ["verify", "@bob"], [["they match", ""]]);
  expect(later).toMatchObject({ exit: 0, err: expect.stringContaining("Nothing was marked.") });
  // The groups stand in lines of four.
  const groups = mine.out.trimEnd().split(" ");
  for (const group of groups) expect(later.out).toContain(group);
  const differ = await world.dialogue("ada", ["verify", "@bob"], [["they match", "x"]]);
  expect(differ).toMatchObject({ exit: 3, err: expect.stringContaining("this may not be Bob") });
  expect(await trustOnLaptop()).toContain('"trust":"unverified"');

  const marked = await world.dialogue("ada", ["verify", "@bob", "--qr"], [["they match", "m"]]);
  expect(marked).toMatchObject({ exit: 0, out: expect.stringContaining("Bob @bob is verified") });
  expect(marked.out).toMatch(/[█▀▄]{5}/);
  await expect.poll(trustOnLaptop, { timeout: 20_000 }).toContain('"trust":"verified"');
  expect((await world.sotto("laptop", ["send", "@bob", "I know you"])).out).toContain("Bob @bob (verified)");
  expect((await world.sotto("laptop", ["ls"])).out).toContain("\tverified\t");

  expect((await world.sotto("laptop", ["verify", "@bob", "--unverify"])).exit).toBe(0);
  await expect
    .poll(async () => (await world.sotto("ada", ["person", "@bob", "--json"])).out, { timeout: 20_000 })
    .toContain('"trust":"unverified"');
}, 120_000);

test("a code that was scanned marks the right person only", async () => {
  const { qr } = JSON.parse((await world.sotto("ada", ["verify", "@bob", "--json"])).out) as { qr: string };
  const { qr: bobs } = JSON.parse((await world.sotto("bob", ["verify", "@ada", "--json"])).out) as { qr: string };
  await world.signUp("eve");
  const { qr: eves } = JSON.parse((await world.sotto("eve", ["verify", "@ada", "--json"])).out) as { qr: string };
  expect(qr).not.toBe("");
  expect(await world.sotto("ada", ["verify", "@bob", "--qr", eves])).toMatchObject({ exit: 3, out: "" });
  expect(await world.sotto("ada", ["verify", "@bob", "--qr", "nonsense"])).toMatchObject({ exit: 3, out: "" });
  expect((await world.sotto("ada", ["person", "@bob", "--json"])).out).toContain('"trust":"unverified"');
  expect(await world.sotto("ada", ["verify", "@bob", "--qr", bobs])).toMatchObject({ exit: 0 });
  expect((await world.sotto("ada", ["person", "@bob", "--json"])).out).toContain('"trust":"verified"');
}, 120_000);

test("what one calls somebody is on all own devices and nowhere else", async () => {
  expect(await world.sotto("ada", ["name", "@bob", "Builder \u001b[31m"])).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^@bob is Builder/),
  });
  await expect.poll(async () => (await world.sotto("laptop", ["ls"])).out, { timeout: 20_000 }).toContain("Builder");
  expect((await world.sotto("laptop", ["ls"])).out).not.toContain("\u001b");
  expect((await world.sotto("bob", ["whoami"])).out).not.toContain("Builder");
  expect(await world.sotto("ada", ["name", "@bob", ""])).toMatchObject({ exit: 0, out: "@bob is Bob to you\n" });
  await expect
    .poll(async () => (await world.sotto("laptop", ["ls"])).out, { timeout: 20_000 })
    .not.toContain("Builder");
}, 120_000);

test("blocked: nothing is sent and nothing is shown, on all own devices, until it is taken back", async () => {
  expect(await world.sotto("ada", ["block", "@bob"])).toMatchObject({ exit: 0, out: "Bob @bob is blocked\n" });
  expect(await world.sotto("ada", ["send", "@bob", "unsaid"])).toMatchObject({
    exit: 3,
    out: "",
    err: expect.stringContaining("sotto unblock @bob"),
  });
  expect((await world.sotto("bob", ["send", "@ada", "while blocked"])).exit).toBe(0);
  expect((await world.sotto("ada", ["read", "@bob"])).out).not.toContain("while blocked");
  await expect
    .poll(async () => (await world.sotto("laptop", ["ls"])).out, { timeout: 20_000 })
    .toContain("\tblocked\t0\t");
  expect((await world.sotto("laptop", ["read", "@bob"])).out).not.toContain("while blocked");
  expect(await world.sotto("laptop", ["unblock", "@bob"])).toMatchObject({ exit: 0 });
  expect((await world.sotto("laptop", ["send", "@bob", "again"])).exit).toBe(0);
}, 120_000);

test("in chat: comparing, naming and devices, each in words", async () => {
  const chat = world.begin("ada", ["chat"], { isTTY: true });
  await appears(chat.out, "› ");
  await chat.answers("› ", "/open @bob");
  await chat.answers(/To Bob @bob \((?:verified|not verified yet)\)/, "/verify");
  await chat.answers("If all groups match:  /verify @bob match", "/verify match");
  await chat.answers("Bob @bob is verified", "/devices");
  await chat.answers("(this one)", "/notices");
  await chat.answers("was added to your account", "/notices seen");
  await chat.answers("› ", "/older 3");
  await chat.answers("This is the beginning.", "/quit");
  expect(await chat.ended).toBe(0);
  expect(chat.out()).toMatch(/Bob\S* ✓ hello back/);
}, 120_000);
