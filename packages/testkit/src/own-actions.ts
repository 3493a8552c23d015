import type { ConversationSummary, UnreadThread } from "@sotto/engine";
import { onSomeDevice, personOf, place, signedIn, type Action } from "./action.ts";
import { CANARY } from "./canary.ts";
import { scrollBack } from "./scroll-back.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { accountOn, type World } from "./world.ts";

/** To its end, as whoever opens it where it is offered. */
async function readThread(
  world: World,
  { device, summary: { conversation } }: { device: SimulatedDevice; summary: ConversationSummary },
  { thread }: UnreadThread,
): Promise<string | undefined> {
  const { items } = await device.engine.timeline({ conversation, thread, limit: 50 });
  const last = items.findLast(({ seq }) => seq !== null);
  if (last === undefined) return undefined;
  await device.engine.markRead({ conversation, upToOrder: last.order, thread });
  world.noteRead(device, conversation, last.order, thread);
  return `${device.name} read the thread on ${thread} in ${conversation}`;
}

/** What one decides for oneself: it is told to one's own devices and to nobody else. */
export const OWN_ACTIONS: readonly Action[] = [
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
      const thread = at.summary.threads.length > 0 && random.chance(0.5) ? random.pick(at.summary.threads) : undefined;
      if (thread !== undefined) return readThread(world, at, thread);
      const { items } = await at.device.engine.timeline({ conversation: at.summary.conversation, limit: 50 });
      // What waits to be sent has no place yet. Often one looks at what was there before, having read further elsewhere.
      const placed = items.filter(({ seq }) => seq !== null);
      const last = random.chance(0.5) ? placed.at(-1) : random.pick(placed);
      if (last === undefined) return undefined;
      await at.device.engine.markRead({ conversation: at.summary.conversation, upToOrder: last.order });
      world.noteRead(at.device, at.summary.conversation, last.order);
      return `${at.device.name} read ${at.summary.conversation}`;
    },
  },
  {
    name: "mute or pin",
    weight: 5,
    act: async (world, random) => {
      const at = await place(world, random, () => true);
      if (at === undefined) return undefined;
      const { conversation } = at.summary;
      const [isMute, on] = [random.chance(0.5), random.chance(0.6)];
      if (isMute) await at.device.engine.setMuted({ conversation, muted: on });
      else await at.device.engine.setPinned({ conversation, pinned: on });
      return `${at.device.name} ${isMute ? "muted" : "pinned"} ${conversation}: ${on}`;
    },
  },
  {
    name: "mark unread",
    weight: 2,
    act: async (world, random) => {
      const at = await place(world, random);
      if (at === undefined) return undefined;
      const { conversation } = at.summary;
      const { items } = await at.device.engine.timeline({ conversation, limit: 20 });
      const item = random.pick(items.filter(({ seq }) => seq !== null));
      if (item === undefined) return undefined;
      world.everMarkedUnread.add(`${accountOn(at.device)} ${conversation}`);
      await at.device.engine.markUnread({ conversation, fromOrder: item.order });
      return `${at.device.name} marked ${conversation} unread`;
    },
  },
  {
    name: "arrange",
    weight: 3,
    act: async (world, random) => {
      const at = await place(world, random, () => true);
      if (at === undefined) return undefined;
      const { device, summary } = at;
      const { conversation } = summary;
      const [what, on] = [random.pick(["notify", "archive", "favourite", "folder"] as const)!, random.chance(0.6)];
      if (what === "notify")
        await device.engine.setNotify({ conversation, notify: random.pick(["all", "mentions", "none"] as const)! });
      else if (what === "archive") await device.engine.setArchived({ conversation, archived: on });
      else if (what === "favourite") await device.engine.setFavourite({ conversation, favourite: on });
      else {
        const folder = random.pick(await device.engine.folders())?.folder ?? null;
        if (folder !== null && random.chance(0.3)) await device.engine.deleteFolder({ folder });
        else await device.engine.saveFolder({ folder, name: `${CANARY} folder`, conversations: [conversation] });
      }
      return `${device.name} arranged ${conversation}: ${what}`;
    },
  },
  {
    name: "name a contact",
    weight: 3,
    act: async (world, random) => {
      const at = await place(world, random, ({ people }) => people.length > 0);
      const person = random.pick(at?.summary.people ?? []);
      if (at === undefined || person === undefined) return undefined;
      const name = random.chance(0.8) ? `${CANARY} ${random.between(1, 99)}` : null;
      await at.device.engine.setContactName({ account: person.account, name });
      return `${at.device.name} gave ${person.username} ${name === null ? "no name" : "a name"}`;
    },
  },
  {
    name: "verify",
    weight: 8,
    act: async (world, random) => {
      const at = await place(world, random, ({ people }) => people.length > 0);
      const person = random.pick(at?.summary.people ?? []);
      if (at === undefined || person === undefined) return undefined;
      const { engine } = at.device;
      const { account } = person;
      if (person.trust === "verified" && random.chance(0.3)) {
        await engine.unverify({ account });
        return `${at.device.name} took back that ${person.username} is verified`;
      }
      const other = random.pick(signedIn(world).filter((device) => accountOn(device) === account));
      const qr = random.chance(0.5) ? await other?.engine.verification(accountOn(at.device)!) : undefined;
      await engine.verify({ account, ...(qr === undefined ? {} : { qr: qr.qr }) });
      return `${at.device.name} verified ${person.username}`;
    },
  },
  {
    name: "block",
    weight: 2,
    act: async (world, random) => {
      const at = await place(world, random, ({ people }) => people.length > 0);
      const person = random.pick(at?.summary.people ?? []);
      if (at === undefined || person === undefined) return undefined;
      const blocked = person.trust !== "blocked";
      await at.device.engine.setBlocked({ account: person.account, blocked });
      world.everBlocked.add(`${accountOn(at.device)} ${person.account}`);
      return `${at.device.name} ${blocked ? "blocked" : "unblocked"} ${person.username}`;
    },
  },
  {
    name: "accept an identity",
    weight: 4,
    act: async (world, random) => {
      const at = await place(world, random, ({ state }) => state.kind === "paused");
      if (at?.summary.state.kind !== "paused") return undefined;
      for (const { account } of at.summary.state.people) await at.device.engine.acceptIdentity({ account });
      return `${at.device.name} goes on in ${at.summary.conversation}`;
    },
  },
  {
    name: "scroll back",
    weight: 8,
    act: async (world, random) => {
      const at = await place(world, random, () => true);
      if (at === undefined) return undefined;
      const pages = await scrollBack(at.device, at.summary.conversation, random.between(1, 60));
      return `${at.device.name} scrolled back ${pages} pages in ${at.summary.conversation}`;
    },
  },
  {
    name: "tell what one reads",
    weight: 2,
    act: onSomeDevice(signedIn, async (_world, device, random) => {
      const readReceipts = random.chance(0.8);
      await device.engine.setPreferences({ readReceipts });
      return `${device.name} ${readReceipts ? "tells" : "no longer tells"} what is read on it`;
    }),
  },
  {
    name: "begin to write",
    weight: 4,
    act: async (world, random) => {
      const at = await place(world, random);
      if (at === undefined) return undefined;
      await at.device.engine.setTyping({ conversation: at.summary.conversation, typing: random.chance(0.8) });
      return `${at.device.name} writes in ${at.summary.conversation}`;
    },
  },
  {
    name: "show oneself",
    weight: 2,
    act: onSomeDevice(signedIn, async (_world, device, random) => {
      await device.engine.setOwnProfile({ status: random.chance(0.8) ? `${CANARY} ${random.between(1, 99)}` : "" });
      return `${device.name} says how its person is`;
    }),
  },
  {
    name: "call oneself",
    weight: 1,
    act: onSomeDevice(signedIn, async (world, device, random) => {
      const { username } = personOf(world, device);
      const own = random.pick(await device.engine.devices());
      if (own === undefined) return undefined;
      await device.engine.renameDevice({ device: own.device, name: `${CANARY} ${random.between(1, 99)}` });
      return `${device.name} renamed a device of ${username}`;
    }),
  },
];
