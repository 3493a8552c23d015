import { codeOf, onSomeDevice, personOf, running, signedIn, type Action } from "./action.ts";
import { enrol, needsSignIn, signIn } from "./enrol.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { accountOn, deviceOn, type World } from "./world.ts";

const PEOPLE_MAX = 6;
const DEVICES_MAX = 9;
/** How long two people (who are one) wait for a link before they give up, ms. */
const LINK_PATIENCE_MS = 60_000;

const mayHaveMore = (world: World): boolean => world.devices.length < DEVICES_MAX;

/** Devices come, are admitted, ended, lost, copied and put back. */
export const DEVICE_ACTIONS: readonly Action[] = [
  {
    name: "sign up",
    weight: 4,
    act: async (world) => {
      if (world.people.length >= PEOPLE_MAX || !mayHaveMore(world)) return undefined;
      const person = world.addPerson(`person${world.people.length + 1}`);
      return enrol(world, await world.addDevice(person));
    },
  },
  {
    name: "new device",
    weight: 4,
    act: async (world, random) => {
      const person = random.pick(world.people);
      if (person === undefined || !mayHaveMore(world)) return undefined;
      return enrol(world, await world.addDevice(person));
    },
  },
  {
    name: "try to sign in again",
    weight: 12,
    isVital: true,
    act: async (world, random) => {
      const stuck: SimulatedDevice[] = [];
      for (const device of running(world)) if (await needsSignIn(device)) stuck.push(device);
      const device = random.pick(stuck.filter(({ isRunning }) => isRunning));
      if (device === undefined) return undefined;
      return accountOn(device) === undefined ? enrol(world, device) : signIn(world, device);
    },
  },
  {
    name: "sign out",
    weight: 2,
    act: onSomeDevice(signedIn, async (_world, device) => {
      await device.engine.signOut();
      return `${device.name} signed out`;
    }),
  },
  {
    name: "link a device",
    weight: 4,
    act: async (world, random) => {
      const old = random.pick(signedIn(world));
      if (old === undefined || !mayHaveMore(world)) return undefined;
      return link(world, old, random.chance(0.5));
    },
  },
  {
    name: "revoke a device",
    weight: 4,
    act: onSomeDevice(signedIn, async (world, device, random) => {
      const { password } = personOf(world, device);
      const devices = await device.engine.devices();
      const target = random.pick(devices.filter(({ active, current }) => active && !current));
      if (target === undefined) return undefined;
      const account = accountOn(device);
      const isMeant = (each: SimulatedDevice): boolean =>
        deviceOn(each) === target.device && accountOn(each) === account;
      const revoked = world.everyDevice.find(isMeant);
      if (revoked !== undefined) world.doubt(revoked);
      await device.engine.revokeDevice({ device: target.device, password });
      if (revoked !== undefined && isMeant(revoked)) world.end(revoked);
      return `${device.name} revoked ${revoked?.name ?? "a device that is gone"}`;
    }),
  },
  {
    name: "lose a device",
    weight: 2,
    act: onSomeDevice(
      (world) => world.devices,
      async (world, device) => {
        if (world.devices.length < 3) return undefined;
        const name = device.name;
        await world.lose(device);
        return `${name} was lost for ever`;
      },
    ),
  },
  {
    name: "copy a disk",
    weight: 4,
    act: onSomeDevice(signedIn, async (world, device) => {
      const image = device.image();
      if (image === undefined) return undefined;
      world.images.set(device, image);
      return `${device.name} was copied`;
    }),
  },
  {
    name: "put an old disk back",
    weight: 3,
    act: onSomeDevice(
      (world) => world.devices.filter((device) => world.images.has(device)),
      async (world, device, random) => {
        const image = world.images.get(device);
        if (image === undefined) return undefined;
        await device.putBack(image);
        world.forgetReads(device);
        world.clock.after(random.between(0, 5_000), () => void device.start());
        return `${device.name} has an old disk again`;
      },
    ),
  },
];

/** New device: shows a code. Old one: takes it. The person compares the digits on both, and gives the password on the old one. */
async function link(world: World, old: SimulatedDevice, isScanned: boolean): Promise<string> {
  const person = personOf(world, old);
  const fresh = await world.addDevice(person);
  const cancel = async (): Promise<void> => {
    for (const device of [old, fresh]) if (device.isRunning) await device.engine.cancelLink();
  };
  try {
    await fresh.engine.startLink();
    const shown = await reaches(world, fresh, ["waiting"]);
    if (shown.kind !== "waiting") return `${fresh.name} got no code: ${shown.kind}`;
    await old.engine.claimLink({ codeOrQr: isScanned ? shown.qr : shown.code });
    const [ours, theirs] = [await reaches(world, old, ["compare"]), await reaches(world, fresh, ["compare"])];
    if (ours.kind !== "compare" || theirs.kind !== "compare") {
      await cancel();
      return `${fresh.name} and ${old.name} didn't meet: ${ours.kind}, ${theirs.kind}`;
    }
    if (ours.digits !== theirs.digits) world.findings.push(`${fresh.name} and ${old.name} show different digits`);
    await old.engine.admitLink({ password: person.password });
    const done = await reaches(world, fresh, ["done"]);
    if (done.kind !== "done") return `${fresh.name} wasn't admitted: ${done.kind}`;
    if (accountOn(fresh) !== accountOn(old)) world.findings.push(`${fresh.name} was linked to another account`);
    world.trace.count("linked");
    return `${fresh.name} was linked by ${old.name}`;
  } catch (error) {
    if (codeOf(error) !== undefined) await cancel();
    throw error;
  }
}

type LinkState = Awaited<ReturnType<SimulatedDevice["engine"]["linking"]>>;

/** Waits until a link stands where it should, or has come to its end. */
async function reaches(world: World, device: SimulatedDevice, kinds: readonly LinkState["kind"][]): Promise<LinkState> {
  const end = world.clock.now() + LINK_PATIENCE_MS;
  for (;;) {
    const state = await device.engine.linking();
    const isOver = [...kinds, "failed", "done", "none"].includes(state.kind);
    if (isOver || world.clock.now() >= end) return state;
    await world.sleep(200);
  }
}
