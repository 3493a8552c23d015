import type { TimelineItem } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { place, type Action } from "./action.ts";
import { CANARY } from "./canary.ts";
import type { Random } from "./random.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

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
    act: (there: There, random: Random) => Promise<unknown>,
  ): Action["act"] =>
  async (world, random) => {
    const there = await somePost(world, random, fits);
    if (there === undefined) return undefined;
    await act(there, random);
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
      ({ device, conversation, item }, random) =>
        device.engine.edit({ conversation, post: item.post, text: written(device, random) }),
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
];
