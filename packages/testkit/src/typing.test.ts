import { sealTyping, TYPING_EXPORT } from "@sotto/crypto";
import { epoch, exportSecret, ownLeafIndex } from "@sotto/mls";
import {
  FRAME,
  SIGNAL_BYTES,
  decodeCbor,
  encodeEvent,
  idBytes,
  type ConversationId,
  type ServerEvent,
} from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { castOf, say, type Cast } from "./hostile.ts";
import { secretsOf, stateOf } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(() => cast.world.close());

const typingOn = async (device: SimulatedDevice, conversation = cast.conversation) =>
  (await device.engine.typingIn({ conversation })).map(({ username }) => username);

/** Everything that travels from here on, by what it is. */
function watchSignals(): { sent: { device: string; bytes: number }[]; told: { device: string; event: ServerEvent }[] } {
  const seen: ReturnType<typeof watchSignals> = { sent: [], told: [] };
  const before = cast.world.network.witness;
  cast.world.network.witness = (device, direction, frame) => {
    before?.(device, direction, frame);
    if (direction === "up" && frame[1] === FRAME.request) {
      const call = decodeCbor(frame.subarray(6));
      if (call.kind === "value" && Array.isArray(call.value) && call.value[0] === "signal.send")
        seen.sent.push({ device, bytes: frame.length });
    }
    if (direction === "down" && frame[1] === FRAME.event) {
      const event = decodeCbor(frame.subarray(2));
      if (event.kind === "value") seen.told.push({ device, event: event.value as ServerEvent });
    }
  };
  return seen;
}

async function type(device: SimulatedDevice, typing = true, conversation: ConversationId = cast.conversation) {
  await cast.world.until(device.engine.setTyping({ conversation, typing }));
  await cast.world.run(200);
}

/** A signal by a device, as its keys make it. */
async function signalOf(device: SimulatedDevice, about: { leafIndex?: number; at?: number } = {}): Promise<Uint8Array> {
  const { group } = stateOf(device, cast.conversation)!;
  return sealTyping(
    { leafIndex: about.leafIndex ?? ownLeafIndex(group), typing: true, at: about.at ?? cast.world.clock.now() },
    { conversation: cast.conversation, epoch: epoch(group) },
    {
      key: await exportSecret(group, TYPING_EXPORT, idBytes(cast.conversation), 32),
      leafPrivateKey: secretsOf(device).leafKey.privateKey,
      random: (length) => cast.world.random.stream("signal").bytes(length),
    },
  );
}

/** A server that says whatever it likes to a device. */
async function tell(device: SimulatedDevice, signal: Uint8Array, conversation = cast.conversation): Promise<void> {
  const frames = [encodeEvent({ event: "signal", conversation, signal })];
  cast.world.network.tap = (name, frame) => (name === device.name ? [frame, ...frames.splice(0)] : [frame]);
  // Something is answered, and that comes along with it.
  await cast.world.until(device.engine.findPerson("carol"));
  await cast.world.run(200);
  cast.world.network.tap = undefined;
}

test("[PR1] [PR3] who is writing is seen by the others for as long as they write, and by nobody once they stop", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  const log = (await world.server.log(conversation)).length;
  const seen = watchSignals();
  const heard: string[] = [];
  bob.engine.subscribe(({ kind }) => heard.push(kind));
  await type(alice);
  expect(await typingOn(bob)).toEqual(["alice"]);
  expect(await typingOn(carol)).toEqual(["alice"]);
  expect(await typingOn(alice)).toEqual([]);
  // A key a second for ten seconds: one signal in three of them.
  for (let i = 0; i < 10; i++) {
    await world.run(1_000);
    await type(alice);
    expect(await typingOn(bob)).toEqual(["alice"]);
  }
  expect(seen.sent.length).toBeGreaterThan(1);
  expect(seen.sent.length).toBeLessThanOrEqual(5);
  await world.run(7_000);
  expect(await typingOn(bob)).toEqual([]);
  await type(alice);
  await type(alice, false);
  expect(await typingOn(bob)).toEqual([]);
  await type(alice);
  expect(await typingOn(bob)).toEqual(["alice"]);
  const told = heard.filter((kind) => kind === "typing").length;
  await say(world, alice, conversation, "here it is");
  expect(await typingOn(bob)).toEqual([]);
  expect(heard.filter((kind) => kind === "typing").length).toBe(told + 1);
  // One size, nothing stored, and nothing told to those who aren't in it.
  expect(new Set(seen.sent.map(({ bytes }) => bytes)).size).toBe(1);
  expect(seen.told.some(({ event }) => event.event === "signal")).toBe(true);
  expect(seen.told.every(({ event }) => event.event !== "signal" || event.signal.length === SIGNAL_BYTES)).toBe(true);
  expect((await world.server.log(conversation)).length).toBe(log + 1);
});

test("[PR4] off means off both ways: neither said nor shown", async () => {
  const { world, alice, bob } = cast;
  await alice.engine.setPreferences({ typing: false });
  const seen = watchSignals();
  await type(alice);
  expect(seen.sent).toEqual([]);
  await type(bob);
  expect(await typingOn(alice)).toEqual([]);
  expect(await typingOn(cast.carol)).toEqual(["bobby"]);
  await alice.engine.setPreferences({ typing: true });
  await world.run(7_000);
  await type(bob);
  expect(await typingOn(alice)).toEqual(["bobby"]);
});

test("[PR2] T87 a signal counts once, in its conversation and epoch, and for the device that signed it", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  const good = await signalOf(bob);
  const other = await world.until(alice.engine.createGroup({ name: "other", usernames: ["bobby", "carol"] }));
  await world.run(3_000);
  await tell(alice, good, other);
  expect(await typingOn(alice, other)).toEqual([]);
  await tell(alice, good);
  expect(await typingOn(alice)).toEqual(["bobby"]);
  await world.run(7_000);
  await tell(alice, good);
  expect(await typingOn(alice)).toEqual([]);
  // Somebody who names another's leaf; a time that is long gone, or to come.
  const { group } = stateOf(carol, conversation)!;
  await tell(alice, await signalOf(bob, { leafIndex: ownLeafIndex(group) }));
  for (const at of [world.clock.now() - 600_000, world.clock.now() + 600_000])
    await tell(alice, await signalOf(bob, { at }));
  expect(await typingOn(alice)).toEqual([]);
  await tell(alice, await signalOf(bob));
  expect(await typingOn(alice)).toEqual(["bobby"]);
  await world.run(7_000);
  const old = await signalOf(bob, { at: world.clock.now() + 5_000 });
  await world.until(
    alice.engine.setRole({
      conversation,
      account: (await alice.engine.conversation(conversation)).members.find(({ username }) => username === "carol")!
        .account,
      role: 2,
    }),
  );
  await world.run(3_000);
  await tell(alice, old);
  expect(await typingOn(alice)).toEqual([]);
  await tell(alice, new Uint8Array(SIGNAL_BYTES));
  expect(await typingOn(alice)).toEqual([]);
});

test("[PR4] of whom one has blocked nothing is shown, and to a conversation with nobody else nothing is said", async () => {
  const { world, alice, bob } = cast;
  const [person] = (await alice.engine.conversations())[0]!.people.filter(({ username }) => username === "bobby");
  await alice.engine.setBlocked({ account: person!.account, blocked: true });
  await type(bob);
  expect(await typingOn(alice)).toEqual([]);
  const seen = watchSignals();
  const alone = await world.until(alice.engine.createGroup({ name: "alone", usernames: [] }));
  await type(alice, true, alone);
  expect(seen.sent).toEqual([]);
});
