import { onSomeDevice, running, type Action } from "./action.ts";

/** What fate does: to processes, disks and the network. */
export const FAULT_ACTIONS: readonly Action[] = [
  {
    name: "close and open",
    weight: 4,
    act: onSomeDevice(running, async (world, device, random) => {
      await device.stop();
      world.clock.after(random.between(0, 10_000), () => void device.start());
      return `${device.name} switched off`;
    }),
  },
  {
    name: "go offline",
    weight: 8,
    act: onSomeDevice(running, async (world, device, random) => {
      world.network.cutOff.add(device.name);
      world.network.cut(device.name);
      world.trace.count("fault: cut off");
      world.clock.after(random.between(500, 40_000), () => world.network.cutOff.delete(device.name));
      return `${device.name} offline`;
    }),
  },
  {
    name: "come back online",
    isVital: true,
    weight: 5,
    act: onSomeDevice(
      (world) => running(world).filter(({ name }) => world.network.cutOff.has(name)),
      async (world, device) => {
        world.network.cutOff.delete(device.name);
        device.engine.wake();
        return `${device.name} online`;
      },
    ),
  },
  {
    name: "break connection",
    weight: 6,
    act: onSomeDevice(running, async (world, device) => {
      world.network.cut(device.name);
      return `${device.name} lost its connection`;
    }),
  },
  {
    name: "crash device",
    weight: 5,
    act: onSomeDevice(running, async (_world, device) => {
      device.crash();
      return `${device.name} killed`;
    }),
  },
  {
    name: "crash device at a write",
    weight: 14,
    act: onSomeDevice(running, async (_world, device, random) => {
      const when = random.pick(["before", "within", "after"] as const)!;
      device.arm({ at: "write", countdown: random.between(1, 12), when });
      return `${device.name} is to crash ${when} a write`;
    }),
  },
  {
    name: "crash device at a send",
    weight: 8,
    act: onSomeDevice(running, async (_world, device, random) => {
      const when = random.pick(["before", "after"] as const)!;
      device.arm({ at: "send", countdown: random.between(1, 6), when });
      return `${device.name} is to crash ${when} a send`;
    }),
  },
  {
    name: "crash server",
    weight: 2,
    act: async (world) => {
      if (!world.server.isUp) return undefined;
      world.server.crash();
      return "server killed";
    },
  },
  {
    name: "crash server at a write",
    weight: 4,
    act: async (world, random) => {
      if (!world.server.isUp) return undefined;
      const when = random.pick(["before", "after"] as const)!;
      world.server.arm({ at: "write", countdown: random.between(1, 10), when });
      return `server is to crash ${when} a write`;
    },
  },
];
