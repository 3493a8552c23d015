import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

const HOUR = 60 * 60 * 1000;
let world: World;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
});
afterEach(() => world.close());

const idOf = async (device: SimulatedDevice) => {
  const session = await device.engine.session();
  if (session.kind !== "signed-in") throw new Error(session.kind);
  return session.device;
};

/** Ada on two devices; the clock of the first is wrong by so much. */
async function withWrongClock(
  offMs: number,
): Promise<{ wrong: SimulatedDevice; right: SimulatedDevice; password: string }> {
  const wrong = await world.signedUp("ada");
  const ada = world.people[0]!;
  const right = await world.addDevice(ada);
  await world.until(right.engine.signIn(ada));
  await world.run(10_000);
  await wrong.stop();
  wrong.clockOffMs = offMs;
  await wrong.start();
  await world.run(10_000);
  return { wrong, right, password: ada.password };
}

test.each([-9 * HOUR, 9 * HOUR])(
  "a device whose clock is %d ms off ends another one, at the time that it is",
  async (off) => {
    const { wrong, right, password } = await withWrongClock(off);
    const device = await idOf(right);
    await world.until(wrong.engine.revokeDevice({ device, password }));
    const ended = (await world.until(wrong.engine.devices())).find((each) => each.device === device);
    expect(ended?.active).toBe(false);
    expect(Math.abs(ended!.revokedAt! - world.clock.now())).toBeLessThan(60_000);
  },
);

test("a device whose clock is hours off announces a takeover, and isn't told to wait longer", async () => {
  const { wrong } = await withWrongClock(-9 * HOUR);
  const { completesAt } = await world.until(wrong.engine.announceReclaim());
  expect(Math.abs(completesAt - world.clock.now() - 24 * HOUR)).toBeLessThan(60_000);
  await world.run(24 * HOUR + 60_000);
  const { recoveryKey } = await world.until(wrong.engine.completeReclaim({ newPassword: "a new one, long enough" }));
  expect(recoveryKey.length).toBeGreaterThan(31);
});

test("[T19] a device whose clock says another day is told that its clock is wrong, and changes nothing", async () => {
  const { wrong, right, password } = await withWrongClock(30 * 24 * HOUR);
  const ending = wrong.engine.revokeDevice({ device: await idOf(right), password });
  await expect(world.until(ending)).rejects.toMatchObject({ code: "account/clock-off" });
  expect((await world.until(right.engine.devices())).filter(({ active }) => active).length).toBe(2);
});

test("a device that has just come and doesn't know its person's name yet takes it from nobody", async () => {
  const ada = await world.signedUp("ada");
  const ben = await world.signedUp("ben");
  const conversation = await world.until(ada.engine.openDirect({ username: "ben" }));
  await world.until(ada.engine.send({ conversation, text: "hello" }));
  await world.run(5_000);
  const nameOn = async () => (await ben.engine.person(accountOf(ada))).displayName;
  const name = await nameOn();
  expect(name).not.toBeNull();
  const second = await world.addDevice(world.people[0]!);
  await world.until(second.engine.signIn(world.people[0]!));
  await world.run(20_000);
  // As a device is that hasn't read yet what the own devices share.
  second.crash();
  second.tamper("delete from sync where key = 'profile/display-name'");
  second.tamper("update people set display_name = null where account = ?", [accountOf(ada)]);
  await second.start();
  await world.run(5_000);
  const session = await second.engine.session();
  expect(session.kind === "signed-in" && session.displayName).toBeNull();
  await world.until(second.engine.send({ conversation, text: "from elsewhere" }));
  await world.run(5_000);
  expect(ben.peek("select text from items where text = 'from elsewhere'").length).toBe(1);
  expect(await nameOn()).toBe(name);
});
