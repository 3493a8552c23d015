import { expect, test } from "vitest";
import { ROLE } from "@sotto/protocol";
import { accountOf, castOf, say, stillTalk, type Cast } from "./hostile.ts";
import { scrollUp } from "./scroll.ts";

const textsOf = async ({ world, carol, conversation }: Cast): Promise<string[]> =>
  (await scrollUp(world, carol, conversation)).flatMap((item) => (item.kind === "post" ? [item.text] : []));

/** So many commits, with something said between them. */
async function busyWhile({ world, alice, bob, conversation }: Cast, rounds: number): Promise<string[]> {
  const said: string[] = [];
  const account = accountOf(bob);
  for (let round = 0; round < rounds; round++) {
    const role = round % 2 === 0 ? ROLE.admin : ROLE.member;
    await world.until(alice.engine.setRole({ conversation, account, role }));
    await say(world, bob, conversation, `round ${round}`);
    said.push(`round ${round}`);
  }
  return said;
}

test("a device that is far behind is there at once, reads what it missed afterwards, and asks nobody for keys", async () => {
  const cast = await castOf("far behind");
  const { world, alice, bob, carol, conversation } = cast;
  const before = await textsOf(cast);
  await world.until(carol.stop());
  const said = await busyWhile(cast, 12);
  carol.farBehindCommits = 10;
  const commits = async () =>
    (await world.server.log(conversation)).filter((row) => row.kind === "stored" && row.envelope[1] === 2).length;
  const made = await commits();
  await world.until(carol.start());
  await world.run(1_000);
  expect(carol.logged.some((line) => line.includes("conversation/far-behind"))).toBe(true);
  // One commit of hers, and she is in.
  expect((await carol.engine.conversation(conversation)).state).toEqual({ kind: "open" });
  expect(await commits()).toBe(made + 1);
  await world.run(30_000);
  expect(await textsOf(cast)).toEqual([...before, ...said]);
  expect(carol.peek("select 1 as one from behind")).toEqual([]);
  expect(carol.peek("select 1 as one from missing")).toEqual([]);
  expect(carol.peek("select 1 as one from gaps where conversation = ?", [conversation])).toEqual([]);
  expect(await stillTalk(world, [alice, bob, carol], conversation)).toEqual([]);
  // What she walked through is in her archive: her next device finds it there.
  for (const device of [alice, bob, carol]) await world.until(device.stop());
  const person = world.people.find(({ devices }) => devices.includes(carol))!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn(person));
  await world.run(10_000);
  const seen = await textsOf({ ...cast, carol: second });
  expect(seen.filter((text) => text.startsWith("round"))).toEqual(said);
  world.close();
});

test("a walk through what was missed goes on after a restart", async () => {
  const cast = await castOf("interrupted");
  const { world, carol, conversation } = cast;
  await world.until(carol.stop());
  const said = await busyWhile(cast, 6);
  carol.farBehindCommits = 3;
  await world.until(carol.start());
  await world.run(250);
  await world.until(carol.stop());
  await world.until(carol.start());
  await world.run(30_000);
  expect((await textsOf(cast)).filter((text) => text.startsWith("round"))).toEqual(said);
  expect(carol.peek("select 1 as one from behind where conversation = ?", [conversation])).toEqual([]);
  world.close();
});
