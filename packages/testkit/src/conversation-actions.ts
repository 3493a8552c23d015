import type { ConversationSummary } from "@sotto/engine";
import { ROLE } from "@sotto/protocol";
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
      // Now and then what one may not: then it is refused.
      const role = random.pick(random.chance(0.9) ? (member?.may.roles ?? []) : [ROLE.member, ROLE.admin, ROLE.owner]);
      if (member === undefined || role === undefined) return undefined;
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
      const { conversation } = at.summary;
      const { members, may } = await at.device.engine.conversation(conversation);
      const heir = random.pick(members.filter(({ account }) => account !== accountOn(at.device)));
      if (!may.leave && heir !== undefined)
        await at.device.engine.setRole({ conversation, account: heir.account, role: ROLE.owner });
      const account = accountOn(at.device);
      // Cut short, it may have been heard all the same.
      if (account !== undefined) world.noteLeave(account, conversation);
      await at.device.engine.leave({ conversation });
      return `${at.device.name} left ${conversation}`;
    },
  },
  {
    name: "ban or lift a ban",
    weight: 2,
    act: async (world, random) => {
      const at = await place(world, random, isShared);
      if (at === undefined) return undefined;
      const { conversation } = at.summary;
      const details = await at.device.engine.conversation(conversation);
      const kept = random.pick(details.banned);
      if (kept !== undefined && random.chance(0.7)) {
        await at.device.engine.unban({ conversation, account: kept.account });
        return `${at.device.name} lifted the ban of ${kept.username} in ${conversation}`;
      }
      const member = random.pick(details.members.filter(({ account }) => account !== accountOn(at.device)));
      if (member === undefined) return undefined;
      await at.device.engine.ban({ conversation, account: member.account });
      return `${at.device.name} banned ${member.username} from ${conversation}`;
    },
  },
  {
    name: "change a rule",
    weight: 2,
    act: async (world, random) => {
      const at = await place(world, random, isShared);
      if (at === undefined) return undefined;
      const { conversation } = at.summary;
      // Who may write, and for how long it stays, have tests of their own: here every post is to arrive and to stay.
      const rule = random.pick(["add", "pin", "mentionAll"] as const)!;
      const who = random.pick(["admins", "members"] as const)!;
      await at.device.engine.setRules({ conversation, rules: { [rule]: who } });
      return `${at.device.name} let ${who} ${rule} in ${conversation}`;
    },
  },
  {
    name: "call a group something",
    weight: 2,
    act: async (world, random) => {
      const at = await place(world, random, ({ kind, state }) => kind === "group" && state.kind === "open");
      if (at === undefined) return undefined;
      const { conversation } = at.summary;
      const name = `${CANARY} ${random.between(1, 1e6)}`;
      await at.device.engine.setProfile({ conversation, name, topic: random.chance(0.5) ? `${CANARY} topic` : "" });
      return `${at.device.name} renamed ${conversation}`;
    },
  },
  {
    name: "hostile roster",
    weight: 3,
    act: onSomeDevice(signedIn, hostileRoster),
  },
];
