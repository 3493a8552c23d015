import type { TimelineItem } from "@sotto/engine";
import { editPost, encodeContent, sendIdOf, type ConversationId } from "@sotto/protocol";
import { place, type Action } from "./action.ts";
import { CANARY } from "./canary.ts";
import type { Random } from "./random.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { accountOn, type World } from "./world.ts";

type Post = Extract<TimelineItem, { kind: "post" }>;
type There = { device: SimulatedDevice; conversation: ConversationId; item: Post };

const EMOJI = ["👍", "❤️", "🎉"];
const LOOKED_AT = 12;

/** One of the newest posts of a conversation on a device, as it is shown there. */
async function somePost(world: World, random: Random, fits: (item: Post) => boolean): Promise<There | undefined> {
  const at = await place(world, random);
  if (at === undefined) return undefined;
  const { conversation } = at.summary;
  const { items } = await at.device.engine.timeline({ conversation, limit: LOOKED_AT });
  const item = random.pick(items.flatMap((each) => (each.kind === "post" && fits(each) ? [each] : [])));
  return item === undefined ? undefined : { device: at.device, conversation, item };
}

const doing =
  (
    what: string,
    fits: (item: Post) => boolean,
    act: (there: There, random: Random, world: World) => Promise<unknown>,
  ): Action["act"] =>
  async (world, random) => {
    const there = await somePost(world, random, fits);
    if (there === undefined) return undefined;
    await act(there, random, world);
    return `${there.device.name} ${what} ${there.item.post} in ${there.conversation}`;
  };

const written = (device: SimulatedDevice, random: Random): string =>
  `${CANARY} ${device.name} ${random.between(1, 1e9)}`;

/** What people do with posts that are there. */
export const POST_ACTIONS: readonly Action[] = [
  {
    name: "reply",
    weight: 8,
    act: doing(
      "answered",
      ({ marks }) => marks.may.reply,
      ({ device, conversation, item }, random) =>
        device.engine.send({ conversation, text: written(device, random), inReplyTo: item.post }),
    ),
  },
  {
    name: "thread",
    weight: 8,
    act: doing(
      "wrote in the thread on",
      ({ marks }) => marks.may.reply,
      ({ device, conversation, item }, random) =>
        device.engine.send({ conversation, text: written(device, random), thread: item.post }),
    ),
  },
  {
    name: "react",
    weight: 14,
    act: doing(
      "reacted to",
      ({ state }) => state.kind !== "failed",
      ({ device, conversation, item }, random) =>
        device.engine.react({
          conversation,
          post: item.post,
          emoji: random.pick(EMOJI)!,
          on: random.chance(0.6),
        }),
    ),
  },
  {
    name: "edit",
    weight: 8,
    act: doing(
      "edited",
      ({ marks }) => marks.may.edit,
      ({ device, conversation, item }, random, world) => {
        const text = written(device, random);
        world.ledger.noteEdit(accountOn(device)!, item.post, text);
        return device.engine.edit({ conversation, post: item.post, text });
      },
    ),
  },
  {
    // A modified client says that somebody else's post says something else (T13): nobody is to believe it.
    name: "hostile edit",
    weight: 2,
    act: doing(
      "wants to change the words of",
      ({ own, seq }) => !own && seq !== null,
      async ({ device, conversation, item }, random) => {
        const edit = editPost(item.post, written(device, random), random.bytes(16));
        device.tamper(
          `insert into outbox (conversation, position, send, post, content, at, failed)
           select ?, coalesce(max(position), 0) + 1, ?, null, ?, ?, null from outbox where conversation = ?`,
          [conversation, sendIdOf(random.bytes(16)), encodeContent(edit), item.at, conversation],
        );
        // What waits before it goes with it.
        await device.engine.send({ conversation, text: written(device, random) });
      },
    ),
  },
  {
    name: "delete",
    weight: 4,
    act: doing(
      "deleted",
      ({ marks }) => marks.may.delete,
      ({ device, conversation, item }) =>
        device.engine.deletePosts({ conversation, posts: [item.post], everyone: true }),
    ),
  },
  {
    name: "delete for oneself",
    weight: 2,
    act: doing(
      "no longer shows",
      ({ state }) => state.kind === "received",
      ({ device, conversation, item }) =>
        device.engine.deletePosts({ conversation, posts: [item.post], everyone: false }),
    ),
  },
  {
    name: "star",
    weight: 3,
    act: doing(
      "starred",
      ({ seq }) => seq !== null,
      ({ device, conversation, item }, random) =>
        device.engine.setStarred({ conversation, post: item.post, starred: random.chance(0.7) }),
    ),
  },
  {
    name: "pin a post",
    weight: 5,
    act: doing(
      "pinned or unpinned",
      ({ marks }) => marks.may.pin,
      ({ device, conversation, item }) =>
        device.engine.setPostPinned({ conversation, post: item.post, pinned: !item.marks.pinned }),
    ),
  },
  {
    name: "forward",
    weight: 3,
    act: async (world, random) => {
      const there = await somePost(world, random, ({ state, marks }) => state.kind !== "failed" && marks.poll === null);
      const open = (await there?.device.engine.conversations())?.filter(({ state }) => state.kind === "open") ?? [];
      const to = random.pick(open.map(({ conversation }) => conversation).sort());
      if (there === undefined || to === undefined) return undefined;
      const { device, conversation, item } = there;
      await device.engine.forward({ conversation, posts: [item.post], to: [to] });
      return `${device.name} forwarded ${item.post} from ${conversation} to ${to}`;
    },
  },
  {
    name: "ask in a poll",
    weight: 4,
    act: async (world, random) => {
      const at = await place(world, random);
      if (at === undefined) return undefined;
      const { conversation } = at.summary;
      const options = ["yes", "no", "later"].map((option) => `${CANARY} ${option}`);
      const question = written(at.device, random);
      await at.device.engine.sendPoll({ conversation, question, options, multiple: random.chance(0.5) });
      return `${at.device.name} asks in ${conversation}`;
    },
  },
  {
    name: "vote",
    weight: 8,
    act: doing(
      "voted on",
      ({ marks }) => marks.poll?.closed === false,
      ({ device, conversation, item }, random) =>
        device.engine.vote({ conversation, post: item.post, options: random.some([0, 1, 2], 1) }),
    ),
  },
  {
    name: "close a poll",
    weight: 1,
    act: doing(
      "closed",
      ({ marks }) => marks.poll?.mayClose === true,
      ({ device, conversation, item }) => device.engine.closePoll({ conversation, post: item.post }),
    ),
  },
];
