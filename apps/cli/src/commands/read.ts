import type { ConversationSummary, TimelineItem } from "@sotto/engine";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { follow, type Arrival } from "../follow.ts";
import { addressOf, titleOf } from "../people.ts";
import { namesIn } from "../post-lines.ts";
import { itemFields, itemJson, shownItem } from "../records.ts";
import { requestWords, tellRequests } from "../requests.ts";
import { findConversation } from "../resolve.ts";
import { orInterrupted, refusal, signedIn, type Run } from "../session.ts";
import { catchUpOrSay, type OutputOptions } from "./list.ts";

const LIMIT_MAX = 10_000;
const PAGE = 200;

/** `sotto read`: the newest posts of one conversation, oldest first. */
export async function read(
  run: Run,
  name: string,
  { limit = "20", json }: OutputOptions & { limit?: string | undefined },
): Promise<Exit> {
  const isAll = limit === "all";
  if (!isAll && (!/^[1-9]\d{0,4}$/.test(limit) || Number(limit) > LIMIT_MAX))
    throw new Stop(EXIT.usage, `--limit takes a number from 1 to ${LIMIT_MAX}, or all.`);
  await signedIn(run);
  await catchUpOrSay(run);
  const conversation = await findConversation(run, name, { mayOpen: false });
  const { items, before } = await newest(run, conversation, isAll ? Infinity : Number(limit));
  if (before === "unreachable") await run.note(`${UNREACHABLE} Run it again to try again.`);
  for (const item of items) await printItem(run, { item, conversation }, { json, titled: false });
  if (conversation.request) await run.note(`${requestWords(conversation)} ${decideWith(addressOf(conversation))}`);
  // A program may look as often as it likes; what a person has seen is read.
  if (run.look.forPeople) await markRead(run, conversation, items);
  return EXIT.done;
}

export const UNREACHABLE = "What was written before this can't be fetched just now.";

/** Items, oldest first, and what lies before the first: more, nothing, or something that could not be fetched. */
export type Page = { items: TimelineItem[]; before: "more" | "start" | "unreachable" };

/** The newest items, or those before an order; oldest first. */
export async function newest(
  { engine }: Run,
  { conversation }: ConversationSummary,
  count: number,
  beforeOrder?: number,
): Promise<Page> {
  let items: TimelineItem[] = [];
  let order = beforeOrder;
  for (;;) {
    const where = order === undefined ? {} : { beforeOrder: order };
    const page = await engine.timeline({ conversation, limit: Math.min(PAGE, count - items.length), ...where });
    items = [...page.items, ...items];
    order = items[0]?.order ?? order;
    if (page.unreachable) return { items, before: "unreachable" };
    if (!page.more) return { items, before: "start" };
    if (page.items.length === 0 || items.length >= count) return { items, before: "more" };
  }
}

/**
 * What was shown is read. A terminal has no place for threads: what came in them until the conversation goes on is read with it, and that
 * there was something is said.
 */
export async function markRead(
  run: Pick<Run, "engine" | "note">,
  { conversation, threads }: ConversationSummary,
  items: readonly TimelineItem[],
): Promise<void> {
  const seen = items.filter(({ seq }) => seq !== null).map(({ order }) => order);
  if (seen.length === 0) return;
  const inThreads = threads.reduce((sum, { unread }) => sum + unread, 0);
  if (inThreads > 0) await run.note(`${inThreads} new in threads, which can be read in a browser.`);
  await run.engine.markRead({ conversation, upToOrder: Math.max(...seen), withThreads: true });
}

export async function printItem(
  run: Run,
  { item, conversation }: Arrival,
  { json, titled }: OutputOptions & { titled: boolean },
): Promise<void> {
  if (json === true) return run.print(itemJson(item, conversation));
  if (!run.look.forPeople) return run.print(itemFields(item, conversation));
  const nameOf = await namesIn(run.engine, item, conversation.people);
  return run.print(shownItem(item, conversation, run.look, { title: titled ? titleOf(conversation) : null, nameOf }));
}

const decideWith = (address: string): string => `To answer:  sotto accept ${address}  or:  sotto decline ${address}`;

/** `sotto tail`: what nobody has read on this device yet, then everything as it arrives, until it is interrupted. */
export async function tail(run: Run, name: string | undefined, { json }: OutputOptions): Promise<Exit> {
  await signedIn(run);
  const only = name === undefined ? undefined : (await findConversation(run, name, { mayOpen: false })).conversation;
  // What strangers write is shown to whoever asks for it; that they do is said.
  const asking = tellRequests(run, decideWith);
  const following = await follow(run.engine, {
    wants: ({ conversation, request }) => (only === undefined ? !request : conversation === only),
    from: "unread",
    show: async (arrival) => {
      await printItem(run, arrival, { json, titled: only === undefined });
      // Only what stdout has taken: a tail that is started again goes on where this one ended.
      await markRead(run, arrival.conversation, [arrival.item]);
    },
  });
  try {
    await orInterrupted(run.io.interrupted, Promise.race([following.done, refusal(run.engine)]));
  } finally {
    asking.stop();
  }
  return EXIT.done;
}
