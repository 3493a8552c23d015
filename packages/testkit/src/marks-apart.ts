import type { Person, TimelineItem } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import type { Findings, TrueLog } from "./invariants.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { accountOn, type World } from "./world.ts";

const PAGE = 200;

/** What a device shows of a post that doesn't depend on whose device it is. Blocked people's reactions do: those worlds are left out. */
function shown(item: TimelineItem): string | undefined {
  if (item.kind === "deleted") return JSON.stringify({ deletedBy: item.by.account });
  if (item.kind !== "post") return undefined;
  const { editedAt, reactions, forwarded, thread, poll } = item.marks;
  const accounts = (people: readonly Person[]): string[] => people.map(({ account }) => account);
  return JSON.stringify({
    text: item.text,
    editedAt,
    forwarded,
    thread,
    reactions: reactions.map(({ emoji, count, people }) => [emoji, count, accounts(people)]),
    poll: poll && { ...poll, mayClose: null, options: poll.options.map((each) => [each.text, accounts(each.people)]) },
  });
}

type Told = { device: string; shown: string };

/**
 * Posts on which two devices show different marks though both have read the same of them: what was learnt live, from the history, or from
 * oneself comes to the same.
 */
export async function marksApart(world: World, logs: readonly TrueLog[]): Promise<Findings> {
  const findings: Findings = [];
  if (world.everBlocked.size > 0) return findings;
  for (const { conversation, members, leavers } of logs) {
    const first = new Map<string, Told>();
    for (const device of world.devices) {
      const account = accountOn(device);
      if (account === undefined || !members.has(account) || leavers.has(account)) continue;
      for (const [what, told] of await shownOn(world, device, conversation)) {
        const other = first.get(what);
        if (other === undefined) first.set(what, { device: device.name, shown: told });
        else if (other.shown !== told)
          findings.push(`${what} in ${conversation}: ${told} on ${device.name}, ${other.shown} on ${other.device}`);
      }
    }
  }
  return findings;
}

/** By post and the marks on it that the device has: only where those are the same must the rest be. */
async function shownOn(
  world: World,
  device: SimulatedDevice,
  conversation: ConversationId,
): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  const rows = device.peek(
    "select target, group_concat(post) as marks from (select target, post from post_marks where conversation = ? order by target, item_order) group by target",
    [conversation],
  );
  if (!(await device.engine.conversations()).some((summary) => summary.conversation === conversation)) return told;
  const marks = new Map(rows.map((row) => [row["target"] as string, row["marks"] as string]));
  const taken = device
    .peek("select post from post_marks where conversation = ? and kind = 'unreaction' order by post", [conversation])
    .map((row) => String(row["post"]))
    .join();
  const { items } = await world.until(device.engine.timeline({ conversation, limit: PAGE }));
  for (const item of items) {
    const seen = shown(item);
    if (seen !== undefined && "post" in item)
      told.set(`${item.post} with ${marks.get(item.post) ?? ""} and ${taken}`, seen);
  }
  return told;
}
