import type { Figure } from "../figure.ts";
import { measureApp } from "../web/app.ts";
import { listAfterPost } from "../web/list.ts";
import { fromEnterToScreen } from "../web/person-to-person.ts";
import { sizes } from "../web/sizes.ts";
import { createWorld } from "../web/world.ts";

/** The app in real browsers at a real server: how it feels with a large account, and what has to be loaded for it. */
export async function measureWeb(notes: string[]): Promise<Figure[]> {
  const world = await createWorld();
  try {
    return [
      ...sizes(world.dist),
      ...(await listAfterPost()),
      ...(await fromEnterToScreen(world)),
      ...(await measureApp(world, notes)),
    ];
  } finally {
    await world.end();
  }
}
