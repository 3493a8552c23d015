import type { ConversationSummary } from "@sotto/engine";
import { ROLE, SottoError, type AccountId } from "@sotto/protocol";
import { CANARY } from "./canary.ts";
import { hostileRoster } from "./hostile-roster.ts";
import type { Random } from "./random.ts";
import { isCrash, type SimulatedDevice } from "./simulated-device.ts";
import { accountOn, type World } from "./world.ts";

/** One thing that people or fate do. Undefined when it makes no sense at the moment. */
export type Action = {
  name: string;
  weight: number;
  /** In every history, however it is tempered. */
  isVital?: boolean;
  act(world: World, random: Random): Promise<string | undefined>;
};

const PEOPLE_MAX = 6;
const DEVICES_MAX = 9;
const ROOMS = ["general", "garden", "attic"];

const running = (world: World): SimulatedDevice[] => world.devices.filter((device) => device.isRunning);
const signedIn = (world: World): SimulatedDevice[] =>
  running(world).filter((device) => accountOn(device) !== undefined);
const personOf = (world: World, device: SimulatedDevice) =>
  world.people.find(({ devices }) => devices.includes(device))!;
const usernames = (world: World): string[] => world.people.map(({ username }) => username);

/** A conversation that can be written in, on a device that knows it. */
async function place(
  world: World,
  random: Random,
  fits: (summary: ConversationSummary) => boolean = () => true,
): Promise<{ device: SimulatedDevice; summary: ConversationSummary } | undefined> {
  const device = random.pick(signedIn(world));
  if (device === undefined) return undefined;
  const summaries = (await device.engine.conversations()).filter(
    (summary) => summary.state.kind === "open" && fits(summary),
  );
  const summary = random.pick(summaries.sort((a, b) => (a.conversation < b.conversation ? -1 : 1)));
  return summary === undefined ? undefined : { device, summary };
}

const isShared = ({ kind }: ConversationSummary): boolean => kind === "group" || kind === "room";

const onSomeDevice =
  (
    fits: (world: World) => SimulatedDevice[],
    act: (world: World, device: SimulatedDevice, random: Random) => Promise<string | undefined>,
  ) =>
  async (world: World, random: Random): Promise<string | undefined> => {
    const device = random.pick(fits(world));
    return device === undefined ? undefined : act(world, device, random);
  };

/** What a person tries on a signed-out device until it is signed in: a name that is taken may be their own. */
async function enrol(world: World, device: SimulatedDevice): Promise<string> {
  const person = personOf(world, device);
  try {
    await device.engine.signUp(person);
    return `${device.name} signed up`;
  } catch (error) {
    if (!(error instanceof SottoError && error.code === "account/name-taken")) throw error;
  }
  await device.engine.signIn(person);
  world.trace.count("action: sign in");
  return `${device.name} signed in`;
}

export const ACTIONS: readonly Action[] = [
  {
    name: "sign up",
    weight: 4,
    act: async (world) => {
      if (world.people.length >= PEOPLE_MAX) return undefined;
      const person = world.addPerson(`person${world.people.length + 1}`);
      const device = await world.addDevice(person);
      return enrol(world, device);
    },
  },
  {
    name: "new device",
    weight: 3,
    act: async (world, random) => {
      const person = random.pick(world.people);
      if (person === undefined || world.devices.length >= DEVICES_MAX) return undefined;
      return enrol(world, await world.addDevice(person));
    },
  },
  {
    name: "try to sign in again",
    isVital: true,
    weight: 12,
    act: onSomeDevice((world) => running(world).filter((device) => accountOn(device) === undefined), enrol),
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
    name: "open direct",
    weight: 5,
    act: onSomeDevice(signedIn, async (world, device, random) => {
      const username = random.pick(usernames(world).filter((name) => name !== personOf(world, device).username));
      return username === undefined
        ? undefined
        : `${device.name} opened direct with ${username}: ${await device.engine.openDirect({ username })}`;
    }),
  },
  {
    name: "create group",
    weight: 3,
    act: onSomeDevice(signedIn, async (world, device, random) => {
      const others = random.some(
        usernames(world).filter((name) => name !== personOf(world, device).username),
        3,
      );
      const conversation = await device.engine.createGroup({
        name: `${CANARY} group ${random.between(1, 999)}`,
        usernames: others,
      });
      return `${device.name} created group ${conversation} with ${others.join(", ")}`;
    }),
  },
  {
    name: "create room",
    weight: 2,
    act: onSomeDevice(
      signedIn,
      async (_world, device, random) =>
        `${device.name} created room ${await device.engine.createRoom({ room: random.pick(ROOMS)! })}`,
    ),
  },
  {
    name: "join room",
    weight: 6,
    act: onSomeDevice(
      signedIn,
      async (_world, device, random) =>
        `${device.name} joined room ${await device.engine.joinRoom({ room: random.pick(ROOMS)! })}`,
    ),
  },
  {
    name: "post",
    isVital: true,
    weight: 80,
    act: async (world, random) => {
      const at = await place(world, random);
      if (at === undefined) return undefined;
      const { device, summary } = at;
      const long = random.chance(0.1) ? "x".repeat(random.between(200, 5_000)) : "";
      const post = await device.engine.send({
        conversation: summary.conversation,
        text: `${CANARY} ${device.name} ${random.between(1, 1e9)} ${long}`,
      });
      return `${device.name} wrote ${post} in ${summary.conversation}`;
    },
  },
  {
    name: "add members",
    weight: 6,
    act: async (world, random) => {
      const at = await place(world, random, isShared);
      if (at === undefined) return undefined;
      const names = random.some(usernames(world), 2);
      await at.device.engine.addMembers({ conversation: at.summary.conversation, usernames: names });
      return `${at.device.name} added ${names.join(", ")} to ${at.summary.conversation}`;
    },
  },
  {
    name: "remove member",
    weight: 4,
    act: async (world, random) => {
      const at = await place(world, random, isShared);
      if (at === undefined) return undefined;
      const details = await at.device.engine.conversation(at.summary.conversation);
      const member = random.pick(details.members.filter(({ account }) => account !== accountOn(at.device)));
      if (member === undefined) return undefined;
      await at.device.engine.removeMember({ conversation: at.summary.conversation, account: member.account });
      return `${at.device.name} removed ${member.username} from ${at.summary.conversation}`;
    },
  },
  {
    name: "change role",
    weight: 4,
    act: async (world, random) => {
      const at = await place(world, random, isShared);
      if (at === undefined) return undefined;
      const details = await at.device.engine.conversation(at.summary.conversation);
      const member = random.pick(details.members);
      const role = random.chance(0.6) ? ROLE.admin : ROLE.member;
      if (member === undefined || keepsNoAdmin(details.members, member.account, role)) return undefined;
      await at.device.engine.setRole({ conversation: at.summary.conversation, account: member.account, role });
      return `${at.device.name} made ${member.username} ${role} in ${at.summary.conversation}`;
    },
  },
  {
    name: "leave",
    weight: 2,
    act: async (world, random) => {
      const at = await place(world, random, isShared);
      if (at === undefined) return undefined;
      await at.device.engine.leave({ conversation: at.summary.conversation });
      return `${at.device.name} left ${at.summary.conversation}`;
    },
  },
  {
    name: "draft",
    weight: 4,
    act: async (world, random) => {
      const at = await place(world, random);
      if (at === undefined) return undefined;
      await at.device.engine.saveDraft({ conversation: at.summary.conversation, text: `${CANARY} draft` });
      return `${at.device.name} drafted in ${at.summary.conversation}`;
    },
  },
  {
    name: "read",
    weight: 6,
    act: async (world, random) => {
      const at = await place(world, random);
      if (at === undefined) return undefined;
      const { items } = await at.device.engine.timeline({ conversation: at.summary.conversation, limit: 50 });
      const last = items.at(-1);
      if (last === undefined) return undefined;
      await at.device.engine.markRead({ conversation: at.summary.conversation, upToOrder: last.order });
      return `${at.device.name} read ${at.summary.conversation}`;
    },
  },
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
    name: "hostile roster",
    weight: 3,
    act: onSomeDevice(signedIn, hostileRoster),
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

/** People don't take the last admin's role away without need: what a group without one can do has tests of its own. */
function keepsNoAdmin(
  members: readonly { account: AccountId; role: number }[],
  changed: AccountId,
  role: number,
): boolean {
  return role !== ROLE.admin && !members.some((member) => member.role === ROLE.admin && member.account !== changed);
}

/** Starts an action; what becomes of it goes into the trace whenever it is known. */
export function begin(world: World, action: Action, random: Random, failures: string[]): void {
  action.act(world, random).then(
    (deed) => {
      if (deed === undefined) return;
      world.trace.count(`action: ${action.name}`);
      world.trace.add(deed);
    },
    (error: unknown) => {
      if (isCrash(error)) return world.trace.add(`${action.name}: cut short by a crash`);
      world.trace.count(`action: ${action.name}`);
      const code = codeOf(error);
      world.trace.add(`${action.name}: ${code}`);
      if (code === undefined)
        failures.push(
          `${action.name} failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
    },
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error) || typeof error.code !== "string")
    return undefined;
  return error.code === "internal/unexpected" ? undefined : error.code;
}
