import type { ConversationSummary } from "@sotto/engine";
import { isManager, ROLE, type AccountId, type Role } from "@sotto/protocol";
import { onSomeDevice, personOf, place, signedIn, usernames, type Action } from "./action.ts";
import { CANARY } from "./canary.ts";
import { hostileRoster } from "./hostile-roster.ts";
import { accountOn } from "./world.ts";

const ROOMS = ["general", "garden", "attic"];

const isShared = ({ kind, state }: ConversationSummary): boolean =>
  state.kind === "open" && (kind === "group" || kind === "room");

/** What people do in conversations. */
export const CONVERSATION_ACTIONS: readonly Action[] = [
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
      const history = random.chance(0.25) ? "device-only" : "archive";
      const conversation = await device.engine.createGroup({
        name: `${CANARY} group ${random.between(1, 999)}`,
        usernames: others,
        history,
      });
      return `${device.name} created ${history} group ${conversation} with ${others.join(", ")}`;
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
    name: "hostile roster",
    weight: 3,
    act: onSomeDevice(signedIn, hostileRoster),
  },
];

/** People don't take the last admin's role away without need: what a group without one can do has tests of its own. */
function keepsNoAdmin(members: readonly { account: AccountId; role: Role }[], changed: AccountId, role: Role): boolean {
  return role === ROLE.member && !members.some((member) => isManager(member.role) && member.account !== changed);
}
