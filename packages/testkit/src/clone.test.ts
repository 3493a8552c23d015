import { expect, test } from "vitest";
import { decryptEntry } from "@sotto/engine";
import { ENTRY_KIND, decodeEnvelope, decodeServerFrame, encodeEntry, encodePage, idBytes } from "@sotto/protocol";
import { alarms, castOf, refusals, say, stillTalk, texts, type Cast } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code ?? "no code",
  );

const noticesOf = async (device: SimulatedDevice): Promise<string[]> => {
  const session = await device.engine.session();
  return session.kind === "signed-in" ? session.notices.map(({ kind }) => kind) : [];
};

/** (epoch, leaf, generation) of every post in the log, by the keys of somebody who reads them all. */
async function usedKeys({ world, bob, conversation }: Cast): Promise<string[]> {
  const used: string[] = [];
  for (const row of await world.server.log(conversation)) {
    const envelope = row.kind === "stored" ? decodeEnvelope(row.envelope) : undefined;
    if (envelope?.kind !== ENTRY_KIND.application || row.kind !== "stored") continue;
    const keys = await world.until(bob.engine.entryKeys({ conversation, seq: row.seq })).catch(() => undefined);
    if (keys === undefined) continue;
    const read = await decryptEntry(bob.provider, keys);
    used.push(`${read.epoch}/${read.leafIndex}/${read.generation}`);
  }
  return used;
}

test("[T25] a disk that was put back: its device sends nothing, says so, and spends no key twice", async () => {
  const cast = await castOf("put back");
  const { world, alice, bob, carol, conversation } = cast;
  const image = alice.image()!;
  for (const text of ["one", "two", "three"]) await say(world, alice, conversation, text);
  const before = await usedKeys(cast);
  const length = (await world.server.log(conversation)).length;
  await world.until(alice.putBack(image));
  await world.until(alice.start());
  // Typed before anything was read: it must wait for what the log says.
  const early = codeOf(world.until(alice.engine.send({ conversation, text: "typed at once" })));
  await world.run(10_000);
  await early;
  expect(await noticesOf(alice)).toContain("cloned");
  expect(await codeOf(world.until(alice.engine.send({ conversation, text: "typed later" })))).toBe("device/cloned");
  await world.run(10_000);
  expect((await world.server.log(conversation)).length).toBe(length);
  const after = await usedKeys(cast);
  expect(after).toEqual(before);
  expect(new Set(after).size).toBe(after.length);
  expect(texts(bob, conversation)).not.toContain("typed at once");
  expect(await stillTalk(world, [bob, carol], conversation)).toEqual([]);
  // Nor in a conversation of which its old state knew everything.
  expect((await alice.engine.conversation(conversation)).state).toMatchObject({ kind: "stopped", because: "clone" });
  world.close();
});

test("[T25] signing in again makes it a new device, with everything that was said", async () => {
  const { world, alice, bob, conversation } = await castOf("mended");
  const image = alice.image()!;
  await say(world, alice, conversation, "one");
  await world.until(alice.putBack(image));
  await world.until(alice.start());
  await world.run(10_000);
  expect(await noticesOf(alice)).toContain("cloned");
  const person = world.people.find(({ devices }) => devices.includes(alice))!;
  await world.until(alice.engine.signIn(person));
  await world.run(20_000);
  expect(await noticesOf(alice)).not.toContain("cloned");
  await say(world, alice, conversation, "from the new one");
  expect(texts(bob, conversation)).toContain("from the new one");
  const page = await world.until(alice.engine.timeline({ conversation, limit: 100 }));
  expect(page.items.flatMap((item) => (item.kind === "post" ? [item.text] : []))).toContain("one");
  world.close();
});

test("[T25] with its later posts hidden from it: others refuse what spends a key again, and their first post alarms it", async () => {
  const cast = await castOf("hidden");
  const { world, alice, bob, carol, conversation } = cast;
  const image = alice.image()!;
  const length = (await world.server.log(conversation)).length;
  for (const text of ["one", "two", "three"]) await say(world, alice, conversation, text);
  await world.until(alice.putBack(image));
  // A server that lies to her alone: of this conversation nothing after her old state is ever shown to her, and she is told that it ends there.
  world.network.tap = (device, frame) => {
    if (device !== alice.name) return [frame];
    const read = decodeServerFrame(frame);
    if (read?.type === "entry" && read.conversation === conversation && read.seq > length) return [];
    if (read?.type === "page" && read.rows.some(({ seq }) => seq > length))
      return [
        encodePage(
          read.request,
          false,
          read.rows.filter(({ seq }) => seq <= length),
        ),
      ];
    return [frame];
  };
  await world.until(alice.start());
  await world.run(10_000);
  // Nothing tells her yet; what she writes takes a key that was used.
  await world.until(alice.engine.send({ conversation, text: "spent again" }));
  await world.run(10_000);
  for (const device of [bob, carol]) expect(texts(device, conversation)).not.toContain("spent again");
  for (const device of [bob, carol]) expect(refusals(device, conversation).join()).toMatch(/replayed|stale-epoch/);
  // The server lets one post of somebody else through, in the place that it claimed was next.
  world.network.tap = (device, frame) => {
    if (device !== alice.name) return [frame];
    const read = decodeServerFrame(frame);
    if (read?.type === "page")
      return [
        encodePage(
          read.request,
          false,
          read.rows.filter(({ seq }) => seq <= length),
        ),
      ];
    if (read?.type !== "entry" || read.conversation !== conversation) return [frame];
    return [encodeEntry(idBytes(conversation), length + 1, read.acceptedAt, read.envelope)];
  };
  await say(world, bob, conversation, "from somebody else");
  await world.run(5_000);
  expect(alarms(alice, conversation).length).toBeGreaterThan(0);
  world.network.tap = undefined;
  await world.run(5_000);
  expect(await stillTalk(world, [bob, carol], conversation)).toEqual([]);
  world.close();
});
