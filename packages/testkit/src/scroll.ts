import type { TimelineItem, TimelinePage } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

/** Everything that a device shows, from the last line up to the first, page by page as somebody scrolls. */
export async function scrollUp(
  world: World,
  device: SimulatedDevice,
  conversation: ConversationId,
  limit = 20,
): Promise<TimelineItem[]> {
  const all: TimelineItem[] = [];
  for (let more = true, pages = 0; more && pages < 200; pages++) {
    const beforeOrder = all[0]?.order;
    const request = { conversation, limit, ...(beforeOrder === undefined ? {} : { beforeOrder }) };
    const page: TimelinePage = await world.until(device.engine.timeline(request));
    if (page.unreachable) throw new Error("older entries can't be had");
    all.unshift(...page.items);
    more = page.more;
  }
  return all;
}
