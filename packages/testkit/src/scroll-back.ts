import type { ConversationId } from "@sotto/protocol";
import type { SimulatedDevice } from "./simulated-device.ts";

const PAGE = 40;

/** Scrolls a conversation towards its beginning, as far as there is anything to get. @returns pages seen */
export async function scrollBack(
  device: SimulatedDevice,
  conversation: ConversationId,
  pagesMax: number,
): Promise<number> {
  let beforeOrder: number | undefined;
  for (let pages = 1; pages < pagesMax; pages++) {
    const page = await device.engine.timeline({
      conversation,
      limit: PAGE,
      ...(beforeOrder === undefined ? {} : { beforeOrder }),
    });
    const first = page.items[0];
    if (!page.more || page.unreachable || first === undefined) return pages;
    beforeOrder = first.order;
  }
  return pagesMax;
}
