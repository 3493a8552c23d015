import { keyPairOf } from "@sotto/crypto";
import type { AccountNotice, Engine, Session } from "@sotto/engine";
import { encodeCbor, ROLE } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenTo, loseAnswer } from "./answers.ts";
import { say, texts } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World, accountOn, type Person } from "./world.ts";

const OTHER_PASSWORD = "another password, as good";
const HOURS = 60 * 60 * 1000;

let world: World;
let ada: Person;
let first: SimulatedDevice;
let bob: SimulatedDevice;

beforeEach(async ({ task }) => {
  world = await World.create(task.name);
  first = await world.signedUp("ada");
  bob = await world.signedUp("bobby");
  ada = world.people[0]!;
});
afterEach(() => world.close());

type SignedInSession = Extract<Session, { kind: "signed-in" }>;

async function sessionOf(device: SimulatedDevice): Promise<SignedInSession> {
  const session = await device.engine.session();
  if (session.kind !== "signed-in") throw new Error(`${device.name} is ${session.kind}`);
  return session;
}

const noticesOn = async (device: SimulatedDevice): Promise<AccountNotice["kind"][]> =>
  (await sessionOf(device)).notices.map(({ kind }) => kind);

async function another(settleMs = 10_000): Promise<SimulatedDevice> {
  const device = await world.addDevice(ada);
  await world.until(device.engine.signIn(ada));
  await world.run(settleMs);
  return device;
}

/** The code with which something was refused, "done" when it wasn't. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  world.until(
    work.then(
      () => "done",
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
    ),
  );

const devicesOf = async (device: SimulatedDevice) => world.until(device.engine.devices());
const idOf = async (device: SimulatedDevice) => (await sessionOf(device)).device;
const activeDevices = async (device: SimulatedDevice): Promise<number> =>
  (await devicesOf(device)).filter(({ active }) => active).length;

/** Can this password open the account, on a device that is nobody's? */
async function opens(password: string): Promise<string> {
  const device = await world.addDevice(ada);
  const code = await codeOf(device.engine.signIn({ username: "ada", password }));
  await world.lose(device);
  return code;
}

const recoveryKeyOf = async (device: SimulatedDevice, password = ada.password): Promise<string> => {
  const { recoveryKey } = await world.until(device.engine.recoveryKey({ password }));
  if (recoveryKey === null) throw new Error("confirmed already");
  return recoveryKey;
};

test("[T05] a device that was rightly added is news on every other device of the account, until it was seen on one", async () => {
  const second = await another();
  expect(await noticesOn(second)).toEqual([]);
  const third = await another();
  const id = await idOf(third);
  for (const device of [first, second]) {
    const news = (await sessionOf(device)).notices.filter((each) => each.kind === "device-added" && each.device === id);
    expect(news.map(({ notice }) => notice)).toEqual([`device-added/${id}`]);
  }
  const { notice } = (await sessionOf(second)).notices[0]!;
  await world.until(second.engine.dismissNotice({ notice }));
  expect(await noticesOn(second)).toEqual([]);
  await world.run(10_000);
  // Seen on one, it is gone on the other; what came before stays there.
  expect((await sessionOf(first)).notices.map((each) => each.kind === "device-added" && each.device)).toEqual([
    await idOf(second),
  ]);
});

test("[T05] what happened while a device was away is told when it comes back", async () => {
  const second = await another();
  await first.stop();
  const third = await another();
  await world.until(second.engine.changeRecoveryKey({ password: ada.password }));
  await world.until(second.engine.revokeDevice({ device: await idOf(third), password: ada.password }));
  await first.start();
  await world.run(10_000);
  expect((await noticesOn(first)).sort()).toEqual(["device-added", "device-added", "recovery-key-changed"]);
  expect(await noticesOn(second)).toEqual(["device-added"]);
});

test("a device has the name that was given to it on any of them, and its kind's otherwise", async () => {
  const second = await another();
  const device = await idOf(second);
  await world.until(first.engine.renameDevice({ device, name: " Kitchen\u202E " }));
  await world.run(10_000);
  for (const each of [first, second])
    expect((await devicesOf(each)).find((row) => row.device === device)?.name).toBe("Kitchen");
  await world.until(second.engine.renameDevice({ device, name: "" }));
  await world.run(10_000);
  expect((await devicesOf(first)).map(({ name, current, active }) => [name, current, active])).toEqual([
    ["Terminal", true, true],
    ["Terminal", false, true],
  ]);
});

test("[T19, T70] a device that is ended is out at once: signed out, out of every group and its own account's conversation", async () => {
  const group = await world.until(first.engine.createGroup({ name: "us", usernames: ["bobby"] }));
  const second = await another();
  const third = await another();
  await say(world, second, group, "from the second");
  const device = await idOf(second);
  const before = second.peek("select archive_keys from session")[0];
  await world.until(first.engine.revokeDevice({ device, password: ada.password }));
  // Nobody else had to do anything: the commits are this device's, and done.
  expect(first.peek("select roll from rolls").every(({ roll }) => !String(roll).includes('"devices":3'))).toBe(true);
  await world.run(10_000);
  expect((await sessionOf(second)).refusedBecause).toBe("session/device-revoked");
  await say(world, bob, group, "after it was ended");
  expect(texts(second, group)).not.toContain("after it was ended");
  expect(texts(third, group)).toContain("after it was ended");
  // A new generation of the archive, which the other device has and the ended one hasn't.
  expect(third.peek("select archive_keys from session")).toEqual(first.peek("select archive_keys from session"));
  expect(third.peek("select archive_keys from session")[0]).not.toEqual(before);
  expect(second.peek("select archive_keys from session")[0]).toEqual(before);
  expect((await devicesOf(first)).map(({ active }) => active)).toEqual([true, true, false]);
  // What is on it stays readable, and nothing leaves it.
  expect(texts(second, group)).toContain("from the second");
  expect(await codeOf(second.engine.revokeDevice({ device: await idOf(first), password: "wrong password" }))).toBe(
    "account/sign-in-failed",
  );
});

test("[T70] a stolen device can't begin a generation of the archive, nor put away what warns of it", async () => {
  const second = await another();
  const third = await another();
  await world.until(second.engine.announceReclaim());
  await world.run(5_000);
  // It tells the others a key of its own for the generation to come, and that the warning was seen.
  const { notice } = (await sessionOf(first)).notices.find(({ kind }) => kind === "reclaim-announced")!;
  await world.until(second.engine.dismissNotice({ notice }));
  await second.stop();
  await second.start();
  const forged = encodeCbor([new Uint8Array(32).fill(7), new Uint8Array(64)]);
  for (const [key, value] of [
    ["archive/1", forged],
    ["archive/2", encodeCbor(new Uint8Array(32).fill(7))],
    [`notice/${notice}`, encodeCbor(true)],
  ] as const)
    second.tamper("insert or replace into sync (key, value, stamp, waiting) values (?, ?, ?, 1)", [
      key,
      value,
      world.clock.now() + HOURS,
    ]);
  await world.until(second.engine.renameDevice({ device: await idOf(second), name: "stolen" }));
  await world.run(10_000);
  expect(third.peek("select value from sync where key = 'archive/1'")[0]?.["value"]).toEqual(forged);
  for (const each of [first, third]) expect(await noticesOn(each)).toContain("reclaim-announced");
  await world.until(first.engine.revokeDevice({ device: await idOf(second), password: ada.password }));
  await world.run(10_000);
  const keys = first.peek("select archive_keys from session");
  expect(Buffer.from(keys[0]!["archive_keys"] as Uint8Array).includes(Buffer.alloc(32, 7))).toBe(false);
  expect(third.peek("select archive_keys from session")).toEqual(keys);
});

test("ending a device again, or after the answer was lost, ends it once", async () => {
  const second = await another();
  const device = await idOf(second);
  const lost = loseAnswer(world, first, "vault.replace");
  await world.until(first.engine.revokeDevice({ device, password: ada.password }));
  expect(lost.lost).toBe(1);
  await world.until(first.engine.revokeDevice({ device, password: ada.password }));
  await world.run(5_000);
  expect((await devicesOf(first)).map(({ active }) => active)).toEqual([true, false]);
  const generations = first.peek("select length(archive_keys) as n from session")[0];
  await world.until(first.engine.revokeDevice({ device, password: ada.password }));
  expect(first.peek("select length(archive_keys) as n from session")[0]).toEqual(generations);
});

test("this device isn't ended but signed out, and a wrong password ends nothing", async () => {
  const second = await another();
  const device = await idOf(first);
  expect(await codeOf(first.engine.revokeDevice({ device, password: ada.password }))).toBe("request/malformed");
  expect(await codeOf(second.engine.revokeDevice({ device, password: "not this one" }))).toBe("account/sign-in-failed");
  expect(await activeDevices(first)).toBe(2);
});

test("an ended device signs in again as another one, with its history, and writes", async () => {
  const group = await world.until(first.engine.createGroup({ name: "us", usernames: ["bobby"] }));
  const second = await another();
  await say(world, second, group, "before");
  const device = await idOf(second);
  await world.until(first.engine.revokeDevice({ device, password: ada.password }));
  await say(world, bob, group, "meanwhile");
  expect(await codeOf(second.engine.signIn({ username: "bobby", password: world.people[1]!.password }))).toBe(
    "request/malformed",
  );
  expect(texts(second, group)).toContain("before");
  await world.until(second.engine.send({ conversation: group, text: "never left" }));
  await world.until(second.engine.signIn(ada));
  await world.run(15_000);
  expect(await idOf(second)).not.toBe(device);
  expect((await sessionOf(second)).refusedBecause).toBeNull();
  await say(world, second, group, "back again");
  expect(texts(bob, group)).toContain("back again");
  const page = await world.until(second.engine.timeline({ conversation: group, limit: 50 }));
  const shown = page.items.flatMap((item) => (item.kind === "post" ? [item.text] : []));
  expect(shown).toEqual(expect.arrayContaining(["before", "meanwhile", "back again"]));
  // What it wrote while it was out is there to be sent, on all devices.
  for (const each of [first, second]) expect((await each.engine.conversation(group)).draft).toBe("never left");
});

test("what a device shared as it was ended, and nobody heard, is told once it is another device", async () => {
  const group = await world.until(first.engine.createGroup({ name: "us", usernames: ["bobby"] }));
  const second = await another();
  const device = await idOf(second);
  world.network.cutOff.add(second.name);
  world.network.cut(second.name);
  await world.until(second.engine.setPinned({ conversation: group, pinned: true }));
  await world.run(5_000);
  expect(second.peek("select waiting from sync where key = ?", [`pin/${group}`])).toEqual([{ waiting: 0 }]);
  await world.until(first.engine.revokeDevice({ device, password: ada.password }));
  world.network.cutOff.delete(second.name);
  await world.run(10_000);
  await world.until(second.engine.signIn(ada));
  await world.run(20_000);
  for (const each of [first, second]) expect((await each.engine.conversation(group)).pinned).toBe(true);
});

test("[T25] a device with a twin signs in again as another one, and the twin is ended with what it was", async () => {
  const group = await world.until(first.engine.createGroup({ name: "us", usernames: ["bobby"] }));
  const second = await another();
  const device = await idOf(second);
  second.tamper("update session set cloned_at = 1");
  expect(await noticesOn(second)).toEqual(["cloned"]);
  await world.until(second.engine.dismissNotice({ notice: "cloned" }));
  expect(await noticesOn(second)).toEqual(["cloned"]);
  await world.until(second.engine.signIn(ada));
  await world.run(15_000);
  expect(await noticesOn(second)).toEqual([]);
  expect((await devicesOf(first)).find((row) => row.device === device)?.active).toBe(false);
  expect(await activeDevices(first)).toBe(2);
  await say(world, second, group, "one again");
  expect(texts(bob, group)).toContain("one again");
});

test("[T70] a new password opens the account and the old one nothing; the other devices hear of it and stay", async () => {
  const second = await another();
  const request = { password: ada.password, newPassword: OTHER_PASSWORD };
  await world.until(first.engine.changePassword(request));
  await world.run(10_000);
  expect(await noticesOn(first)).toEqual(["device-added"]);
  expect(await noticesOn(second)).toEqual(["password-changed"]);
  expect((await sessionOf(second)).connection).toBe("online");
  expect(await opens(ada.password)).toBe("account/sign-in-failed");
  expect(await opens(OTHER_PASSWORD)).toBe("done");
  expect(await codeOf(second.engine.changePassword({ ...request, newPassword: "short" }))).toBe("password/too-weak");
});

test("a new password whose answer was lost is the password all the same", async () => {
  const lost = loseAnswer(world, first, "vault.replace");
  await world.until(first.engine.changePassword({ password: ada.password, newPassword: OTHER_PASSWORD }));
  expect(lost.lost).toBe(1);
  expect(await opens(OTHER_PASSWORD)).toBe("done");
  expect(first.peek("select vault_revision from session")[0]?.["vault_revision"]).toBe(2);
});

test("the recovery key is shown until it was confirmed; then it is nowhere but with the person", async () => {
  const second = await another();
  const key = await recoveryKeyOf(second);
  expect(key).toMatch(/^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/);
  const confirm = (recoveryKey: string) =>
    codeOf(first.engine.confirmRecoveryKey({ password: ada.password, recoveryKey }));
  expect(await confirm(key.slice(0, -1))).toBe("recovery-key/malformed");
  expect(await confirm(await recoveryKeyOf(bob, world.people[1]!.password))).toBe("recovery-key/malformed");
  expect((await sessionOf(first)).recoveryKeyUnsaved).toBe(true);
  expect(await confirm(key.toLowerCase().replaceAll("-", " "))).toBe("done");
  expect(await confirm(key)).toBe("done");
  expect((await sessionOf(first)).recoveryKeyUnsaved).toBe(false);
  await world.run(5_000);
  // Nobody is asked again on another device.
  expect((await sessionOf(second)).recoveryKeyUnsaved).toBe(false);
  expect(await world.until(second.engine.recoveryKey({ password: ada.password }))).toEqual({ recoveryKey: null });
  expect((await sessionOf(second)).recoveryKeyUnsaved).toBe(false);
});

test("a new recovery key takes the old one's place", async () => {
  const second = await another();
  const old = await recoveryKeyOf(first);
  const { recoveryKey } = await world.until(first.engine.changeRecoveryKey({ password: ada.password }));
  expect(recoveryKey).not.toBe(old);
  await world.run(5_000);
  expect(await noticesOn(second)).toEqual(["recovery-key-changed"]);
  for (const each of [first, second]) expect((await sessionOf(each)).recoveryKeyUnsaved).toBe(true);
  const device = await world.addDevice(ada);
  const request = { username: "ada", newPassword: OTHER_PASSWORD };
  expect(await codeOf(device.engine.recover({ ...request, recoveryKey: old }))).toBe("account/recovery-failed");
  expect(await codeOf(device.engine.recover({ ...request, recoveryKey }))).toBe("done");
});

test("a forgotten password: the recovery key sets a new one and adds the device, and everything is there", async () => {
  const group = await world.until(first.engine.createGroup({ name: "us", usernames: ["bobby"] }));
  await world.run(5_000);
  await say(world, bob, group, "remember me");
  const key = await recoveryKeyOf(first);
  const device = await world.addDevice(ada);
  const request = { username: "@ada", recoveryKey: key, newPassword: OTHER_PASSWORD };
  expect(await codeOf(device.engine.recover({ ...request, newPassword: "short" }))).toBe("password/too-weak");
  expect(await codeOf(device.engine.recover({ ...request, recoveryKey: `${key.slice(0, -1)}U` }))).toBe(
    "recovery-key/malformed",
  );
  expect(await codeOf(device.engine.recover({ ...request, username: "bobby" }))).toBe("account/recovery-failed");
  expect(await codeOf(device.engine.recover({ ...request, username: "nobody-here" }))).toMatch(
    /account\/(recovery-failed|name-invalid)/,
  );
  await world.until(device.engine.recover(request));
  await world.run(15_000);
  expect(await opens(ada.password)).toBe("account/sign-in-failed");
  expect((await noticesOn(first)).sort()).toEqual(["device-added", "password-changed"]);
  expect(await noticesOn(device)).toEqual([]);
  await say(world, device, group, "recovered");
  expect(texts(bob, group)).toContain("recovered");
  const page = await world.until(device.engine.timeline({ conversation: group, limit: 50 }));
  expect(page.items.flatMap((item) => (item.kind === "post" ? [item.text] : []))).toContain("remember me");
  // The same key opens it again; nothing about it was spent.
  expect((await world.until(device.engine.recoveryKey({ password: OTHER_PASSWORD }))).recoveryKey).toBe(key);
});

test.each(["vault.replace", "device.add"] as const)(
  "a recovery whose answer to %s was lost makes one device and one password",
  async (operation) => {
    const key = await recoveryKeyOf(first);
    const device = await world.addDevice(ada);
    const lost = loseAnswer(world, device, operation);
    await world.until(device.engine.recover({ username: "ada", recoveryKey: key, newPassword: OTHER_PASSWORD }));
    await world.run(5_000);
    expect(lost.lost).toBe(1);
    expect(await activeDevices(first)).toBe(2);
    expect((await sessionOf(device)).connection).toBe("online");
    expect(await opens(OTHER_PASSWORD)).toBe("done");
  },
);

test("an account that has as many devices as it may have takes no other by its password, and recovers all the same", async () => {
  const key = await recoveryKeyOf(first);
  const oldest = await idOf(first);
  for (let count = 1; count < 10; count++) await another(1_000);
  expect(await opens(ada.password)).toBe("account/too-many-devices");
  const device = await world.addDevice(ada);
  await world.until(device.engine.recover({ username: "ada", recoveryKey: key, newPassword: OTHER_PASSWORD }));
  await world.run(10_000);
  const rows = await devicesOf(device);
  expect(rows.filter(({ active }) => !active).map((row) => row.device)).toEqual([oldest]);
  expect((await sessionOf(first)).refusedBecause).toBe("session/device-revoked");
});

test("[T70] a device that its account has ended stops by itself, even where the server goes on serving it", async () => {
  const second = await another();
  const chain = first.peek("select chain from people where account = ?", [accountOn(first)!])[0]!;
  const device = await idOf(second);
  await second.stop();
  await world.until(first.engine.revokeDevice({ device, password: ada.password }));
  const now = first.peek("select chain from people where account = ?", [accountOn(first)!])[0]!;
  expect(now).not.toEqual(chain);
  // It learns of its end by a chain alone, as from anybody's leaf, and knows it from its first moment on.
  world.network.cutOff.add(second.name);
  await second.start();
  second.tamper("update people set chain = ? where account = ?", [now["chain"]!, accountOn(first)!]);
  await second.stop();
  await second.start();
  expect((await sessionOf(second)).refusedBecause).toBe("session/device-revoked");
  const asked: string[] = [];
  listenTo(world, (operation, name) => {
    if (name === second.name) asked.push(operation);
  });
  world.network.cutOff.clear();
  await world.run(20_000);
  expect(asked).toEqual([]);
});

test("signing up or in with a lost answer makes one account and one device", async () => {
  const person = world.addPerson("carol");
  const device = await world.addDevice(person);
  const signUp = loseAnswer(world, device, "sign-up.finish");
  await world.until(device.engine.signUp(person));
  expect(signUp.lost).toBe(1);
  const second = await world.addDevice(person);
  const signIn = loseAnswer(world, second, "device.add");
  await world.until(second.engine.signIn(person));
  expect(signIn.lost).toBe(1);
  await world.run(10_000);
  expect((await sessionOf(second)).connection).toBe("online");
  expect((await devicesOf(device)).map(({ active }) => active)).toEqual([true, true]);
});

test("two devices that change the vault at once, and two that are added at once, all have their way", async () => {
  const second = await another();
  const third = await another();
  const device = await idOf(third);
  const [fourth, fifth] = [await world.addDevice(ada), await world.addDevice(ada)];
  const { password } = ada;
  const [, { recoveryKey }] = await world.until(
    Promise.all([
      first.engine.revokeDevice({ device, password }),
      second.engine.changeRecoveryKey({ password }),
      fourth.engine.signIn(ada),
      fifth.engine.signIn(ada),
    ]),
  );
  await world.run(15_000);
  expect((await devicesOf(fourth)).map(({ active }) => active)).toEqual([true, true, true, true, false]);
  expect(await recoveryKeyOf(fifth)).toBe(recoveryKey);
  const sixth = await world.addDevice(ada);
  await world.until(sixth.engine.recover({ username: "ada", recoveryKey, newPassword: OTHER_PASSWORD }));
  await world.run(10_000);
  // Whoever opened the vault has every generation of the archive; the others were told.
  const generations = sixth.peek("select archive_keys from session")[0];
  for (const each of [first, second, fourth, fifth])
    expect(each.peek("select archive_keys from session")[0]).toEqual(generations);
});

test("password and recovery key lost, one device left: it takes the account over at once, and contacts see another identity", async () => {
  const direct = await world.until(bob.engine.openDirect({ username: "ada" }));
  await say(world, bob, direct, "before");
  await world.until(bob.engine.verify({ account: accountOn(first)! }));
  const { completesAt } = await world.until(first.engine.announceReclaim());
  expect(completesAt).toBeLessThanOrEqual(world.clock.now());
  expect(await noticesOn(first)).toEqual(["reclaim-announced"]);
  const old = await recoveryKeyOf(first);
  expect(await codeOf(first.engine.completeReclaim({ newPassword: "short" }))).toBe("password/too-weak");
  const { recoveryKey } = await world.until(first.engine.completeReclaim({ newPassword: OTHER_PASSWORD }));
  await world.run(5_000);
  expect(await noticesOn(first)).toEqual([]);
  expect((await sessionOf(first)).recoveryKeyUnsaved).toBe(true);
  expect(await opens(ada.password)).toBe("account/sign-in-failed");
  expect(await opens(OTHER_PASSWORD)).toBe("done");
  const device = await world.addDevice(ada);
  const request = { username: "ada", newPassword: ada.password };
  expect(await codeOf(device.engine.recover({ ...request, recoveryKey: old }))).toBe("account/recovery-failed");
  expect(await codeOf(device.engine.recover({ ...request, recoveryKey }))).toBe("done");
  await world.run(5_000);
  expect((await bob.engine.person(accountOn(first)!)).trust).toBe("changed");
  expect(await codeOf(first.engine.completeReclaim({ newPassword: OTHER_PASSWORD }))).toBe("request/malformed");
});

test("with other devices there a takeover waits a day, is told to all of them, and outlives restarts", async () => {
  const second = await another();
  const { completesAt } = await world.until(second.engine.announceReclaim());
  expect(completesAt - world.clock.now()).toBeGreaterThan(23.9 * HOURS);
  // Said twice, it isn't begun anew.
  await world.run(1 * HOURS);
  expect((await world.until(second.engine.announceReclaim())).completesAt).toBe(completesAt);
  const [notice] = (await sessionOf(first)).notices.filter((each) => each.kind === "reclaim-announced");
  expect(notice).toMatchObject({ own: false, completesAt, device: await idOf(second) });
  expect(await codeOf(second.engine.completeReclaim({ newPassword: OTHER_PASSWORD }))).toBe("reclaim/too-early");
  await second.stop();
  await world.run(24 * HOURS);
  await second.start();
  await world.run(5_000);
  expect((await sessionOf(second)).notices).toContainEqual(
    expect.objectContaining({ kind: "reclaim-announced", own: true }),
  );
  const lost = loseAnswer(world, second, "reclaim.complete");
  const { recoveryKey } = await world.until(second.engine.completeReclaim({ newPassword: OTHER_PASSWORD }));
  expect(lost.lost).toBe(1);
  await world.run(10_000);
  expect(await noticesOn(first)).toEqual(["reclaimed", "device-added"]);
  expect(await recoveryKeyOf(first, OTHER_PASSWORD)).toBe(recoveryKey);
  expect(await activeDevices(first)).toBe(2);
});

test("[T70] a stolen device that takes the account over can't put away ahead of time what tells of it", async () => {
  const second = await another();
  const third = await another();
  await world.until(second.engine.announceReclaim());
  const [kept] = second.peek("select account_private_key as key from reclaim");
  const { publicKey } = keyPairOf(kept!["key"] as Uint8Array);
  await second.stop();
  await second.start();
  for (const name of ["reclaimed/1", `reclaimed/${Buffer.from(publicKey.subarray(0, 16)).toString("hex")}`])
    second.tamper("insert or replace into sync (key, value, stamp, waiting) values (?, ?, ?, 1)", [
      `notice/${name}`,
      encodeCbor(true),
      world.clock.now() + HOURS,
    ]);
  await world.until(second.engine.renameDevice({ device: await idOf(second), name: "stolen" }));
  await world.run(25 * HOURS);
  await world.until(second.engine.completeReclaim({ newPassword: OTHER_PASSWORD }));
  await world.run(10_000);
  for (const each of [first, third]) expect(await noticesOn(each)).toContain("reclaimed");
  // Seen on one device, it is put away there alone, and for good.
  const { notice } = (await sessionOf(third)).notices.find(({ kind }) => kind === "reclaimed")!;
  await world.until(third.engine.dismissNotice({ notice }));
  await third.stop();
  await third.start();
  await world.run(10_000);
  expect(await noticesOn(third)).not.toContain("reclaimed");
  expect(await noticesOn(first)).toContain("reclaimed");
});

test("[T70] a takeover by a device that isn't the person's ends with that device", async () => {
  const second = await another();
  await world.until(second.engine.announceReclaim());
  await world.run(5_000);
  await world.until(first.engine.revokeDevice({ device: await idOf(second), password: ada.password }));
  expect(await noticesOn(first)).toEqual(["device-added"]);
  await world.run(25 * HOURS);
  expect(await codeOf(second.engine.completeReclaim({ newPassword: OTHER_PASSWORD }))).toBe("connection/unreachable");
  expect(await opens(ada.password)).toBe("done");
});

test("an account is closed after its name was typed out: it leaves its conversations, and everything here is gone", async () => {
  const group = await world.until(first.engine.createGroup({ name: "us", usernames: ["bobby"] }));
  await world.run(5_000);
  const close = (request: Parameters<Engine["closeAccount"]>[0]) => codeOf(first.engine.closeAccount(request));
  expect(await close({ password: ada.password, username: "adam" })).toBe("account/name-invalid");
  expect(await close({ password: "not this one", username: "ada" })).toBe("account/sign-in-failed");
  expect((await first.engine.conversations()).map(({ state }) => state.kind)).toEqual(["open"]);
  const asked: string[] = [];
  const stop = listenTo(world, (operation) => asked.push(operation));
  const lost = loseAnswer(world, first, "account.close");
  expect(await close({ password: ada.password, username: "@ada" })).toBe("done");
  stop();
  expect(lost.lost).toBe(1);
  expect(asked.filter((each) => each === "conversation.leave" || each === "account.close")).toEqual([
    "conversation.leave",
    "account.close",
  ]);
  expect((await first.engine.session()).kind).toBe("signed-out");
  await world.run(10_000);
  const details = await bob.engine.conversation(group);
  expect(details.members.map(({ username }) => username)).toEqual(["bobby"]);
  expect(details.ownRole).toBe(ROLE.owner);
  expect(await opens(ada.password)).not.toBe("done");
});

test("all is lost: the owner's code gives the name to a new account, once, and the old one stays readable where it was", async () => {
  const group = await world.until(first.engine.createGroup({ name: "us", usernames: ["bobby"] }));
  await say(world, first, group, "as it was");
  const old = accountOn(first);
  const code = (await world.server.issueReset("ada", world.random.stream("reset")))!;
  const device = await world.addDevice(ada);
  const request = { username: "ada", password: OTHER_PASSWORD, displayName: null };
  const signUp = (resetCode?: string) =>
    codeOf(device.engine.signUp(resetCode === undefined ? request : { ...request, resetCode }));
  expect(await signUp()).toBe("account/name-taken");
  expect(await signUp("not a code")).toBe("account/reset-code-wrong");
  expect(await signUp("0".repeat(16))).toBe("account/reset-code-wrong");
  const lost = loseAnswer(world, device, "sign-up.finish");
  expect(await signUp(code.toLowerCase().replace(/(.{4})(?=.)/g, "$1-"))).toBe("done");
  expect(lost.lost).toBe(1);
  await world.run(10_000);
  expect(accountOn(device)).not.toBe(old);
  expect((await sessionOf(first)).refusedBecause).toBe("account/replaced");
  expect(texts(first, group)).toContain("as it was");
  // The name is the new account's; the old one's password opens nothing.
  expect(await opens(ada.password)).toBe("account/sign-in-failed");
  expect(await opens(OTHER_PASSWORD)).toBe("done");
  const other = await world.addDevice(ada);
  expect(await codeOf(other.engine.signUp({ ...request, resetCode: code }))).not.toBe("done");
  // The device of the old account doesn't turn into the new one's by a password: the person signs out there first.
  expect(await codeOf(first.engine.signIn({ username: "ada", password: OTHER_PASSWORD }))).toBe("request/malformed");
  await world.until(first.engine.signOut());
  expect(await codeOf(first.engine.signIn({ username: "ada", password: OTHER_PASSWORD }))).toBe("done");
});

test("a device whose process dies at any write of a recovery or a revocation comes to the same end when it is asked again", async () => {
  const key = await recoveryKeyOf(first);
  const second = await another();
  const target = await idOf(second);
  for (let countdown = 1; countdown <= 4; countdown++) {
    first.arm({ at: "write", countdown, when: countdown % 2 === 0 ? "before" : "after" });
    void first.engine.revokeDevice({ device: target, password: ada.password }).catch(() => undefined);
    await world.run(15_000);
    first.disarm();
    await first.start();
    await world.run(5_000);
  }
  await world.until(first.engine.revokeDevice({ device: target, password: ada.password }));
  expect((await devicesOf(first)).map(({ active }) => active)).toEqual([true, false]);
  const device = await world.addDevice(ada);
  const request = { username: "ada", recoveryKey: key, newPassword: OTHER_PASSWORD };
  for (let countdown = 1; countdown <= 2; countdown++) {
    device.arm({ at: "write", countdown, when: "before" });
    void device.engine.recover(request).catch(() => undefined);
    await world.run(15_000);
    device.disarm();
    await device.start();
    if (accountOn(device) === undefined) await world.until(device.engine.recover(request));
    await world.run(10_000);
    expect((await sessionOf(device)).connection).toBe("online");
    await world.until(device.engine.signOut());
  }
  expect(await opens(OTHER_PASSWORD)).toBe("done");
  expect(await opens(ada.password)).toBe("account/sign-in-failed");
});
