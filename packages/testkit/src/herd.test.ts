import { ENTRY_KIND, type ConversationId } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

let world: World;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
});
afterEach(() => world.close());

const HOUR_MS = 60 * 60_000;

/** `SOTTO_HERD=100` for the figure of a hundred people added to a group of a hundred. */
const PEOPLE = Number(process.env["SOTTO_HERD"] ?? 12);

async function entries(conversation: ConversationId): Promise<{ commits: number; posts: number }> {
  const kinds = (await world.server.log(conversation)).map((row) =>
    row.kind === "stored" ? row.envelope[1] : row.entry,
  );
  return {
    commits: kinds.filter((kind) => kind === ENTRY_KIND.commit).length,
    posts: kinds.filter((kind) => kind === ENTRY_KIND.application).length,
  };
}

async function crowd(prefix: string, size: number): Promise<SimulatedDevice[]> {
  const devices: SimulatedDevice[] = [];
  for (let i = 0; i < size; i++) devices.push(await world.signedUp(`${prefix}${String(i).padStart(3, "0")}`));
  return devices;
}

test(
  "[OD19] as many people again added to a group are one commit and one post, and an ended device in it is one more commit",
  async () => {
    const [old, fresh] = [await crowd("old", PEOPLE), await crowd("new", PEOPLE)];
    const [first] = old;
    const names = (prefix: string, from: number) =>
      Array.from({ length: PEOPLE - from }, (_, i) => `${prefix}${String(i + from).padStart(3, "0")}`);
    const conversation = await world.until(first!.engine.createGroup({ name: "crowd", usernames: names("old", 1) }));
    await world.run(60_000);
    const before = await entries(conversation);
    await world.until(first!.engine.addMembers({ conversation, usernames: names("new", 0) }));
    await world.run(600_000);
    const added = await entries(conversation);
    for (const device of fresh)
      expect((await device.engine.conversation(conversation)).members).toHaveLength(2 * PEOPLE);
    for (const device of fresh) expect((await device.engine.conversation(conversation)).name).toBe("crowd");
    expect(added.commits - before.commits).toBe(1);
    expect(added.posts - before.posts).toBeLessThanOrEqual(2);

    const leaver = fresh[0]!;
    const account = accountOf(leaver);
    await world.until(leaver.engine.signOut());
    await world.run(600_000);
    const after = await entries(conversation);
    expect(after.commits - added.commits).toBe(1);
    const { members } = await first!.engine.conversation(conversation);
    expect(members.find((member) => member.account === account)?.devices).toBe(0);
  },
  PEOPLE * 60_000,
);

test(
  "the day after as many people again came in has their re-keying in it, spread over it, and nothing else",
  async () => {
    const [first] = await crowd("old", PEOPLE);
    await crowd("new", PEOPLE);
    const names = (prefix: string, from: number) =>
      Array.from({ length: PEOPLE - from }, (_, i) => `${prefix}${String(i + from).padStart(3, "0")}`);
    const conversation = await world.until(first!.engine.createGroup({ name: "crowd", usernames: names("old", 1) }));
    // Who was there has done its own re-keying by then.
    await world.run(25 * HOUR_MS);
    await world.until(first!.engine.addMembers({ conversation, usernames: names("new", 0) }));
    await world.run(1_000);
    const start = (await world.server.log(conversation)).length;
    const began = world.clock.now();
    await world.run(24 * HOUR_MS);
    const rows = (await world.server.log(conversation)).slice(start);
    const commits = rows.flatMap((row) =>
      row.kind === "stored" && row.envelope[1] === ENTRY_KIND.commit ? [row.acceptedAt - began] : [],
    );
    const hours = Array.from(
      { length: 24 },
      (_, hour) => commits.filter((at) => Math.floor(at / HOUR_MS) === hour).length,
    );
    process.stdout.write(
      `${PEOPLE} people added to ${PEOPLE}: ${commits.length} commits in the next 24 hours, by hour ${hours.join(" ")}\n`,
    );
    // One of each newcomer at the most (RFC 9420 §16.6: what the Welcome was sealed with is somebody else's), and never many at once.
    expect(commits.length).toBeLessThanOrEqual(PEOPLE);
    const gaps = commits.slice(1).map((at, index) => at - commits[index]!);
    expect(gaps.filter((gap) => gap < 1_000).length).toBeLessThanOrEqual(Math.ceil(PEOPLE / 10));
  },
  PEOPLE * 60_000,
);
