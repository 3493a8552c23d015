import type { ConversationSummary, TimelineItem } from "@sotto/engine";
import { EXIT, Stop } from "../exit.ts";
import type { Run } from "../session.ts";
import { requireText } from "./send.ts";

type Post = Extract<TimelineItem, { kind: "post" }>;
export const POST_COMMANDS = new Set(["reply", "react", "edit", "delete"]);

const LOOKED_AT = 200;

/**
 * What is done to a message: `/reply [n] text`, `/react [n] emoji`, `/edit [n] text`, `/delete [n]`. It is the n-th from the end, counted among
 * all of them, or among one's own where only those can be meant; without a number the newest.
 */
export async function doToPost(
  { engine }: Run,
  { conversation }: ConversationSummary,
  command: string,
  words: readonly string[],
): Promise<void> {
  const [first = "", ...others] = words;
  const isNumbered = /^[1-9]\d{0,2}$/.test(first) && (others.length > 0 || command === "delete");
  const rest = (isNumbered ? others : words).join(" ");
  const isOwn = command === "edit" || command === "delete";
  const { items } = await engine.timeline({ conversation, limit: LOOKED_AT });
  const posts = items.filter((item): item is Post => item.kind === "post" && (!isOwn || item.own));
  const { post } = posts.at(-(isNumbered ? Number(first) : 1)) ?? nothing(isOwn);
  switch (command) {
    case "reply":
      requireText(rest);
      await engine.send({ conversation, text: rest, inReplyTo: post });
      return;
    case "edit":
      requireText(rest);
      return engine.edit({ conversation, post, text: rest });
    case "delete":
      return engine.deletePosts({ conversation, posts: [post], everyone: true });
    case "react": {
      if (rest === "") throw new Stop(EXIT.usage, "Which emoji?", ["/react 👍"]);
      const item = posts.find((each) => each.post === post);
      const isOn = item?.marks.reactions.some(({ emoji, own }) => own && emoji === rest) === true;
      return engine.react({ conversation, post, emoji: rest, on: !isOn });
    }
  }
}

function nothing(isOwn: boolean): never {
  throw new Stop(EXIT.usage, isOwn ? "There is no such message of yours here." : "There is no such message here.", [
    "1 is the newest",
  ]);
}
