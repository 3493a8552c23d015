import { ACTIONS, begin } from "./actions.ts";
import { LEAP_MS } from "./account-actions.ts";
import { disagreements, listsApart } from "./agreement.ts";
import { marksApart } from "./marks-apart.ts";
import { signIn } from "./enrol.ts";
import {
  leaks,
  trueLogs,
  needlessClones,
  unexpected,
  unread,
  unsettled,
  violations,
  type Findings,
  type TrueLog,
} from "./invariants.ts";
import type { NetworkFaults } from "./network.ts";
import type { Random } from "./random.ts";
import { drawAction, temperOf } from "./temper.ts";
import { scrollBack } from "./scroll-back.ts";
import { isCrash } from "./simulated-device.ts";
import { strayLeaves } from "./trees.ts";
import { openVaults, staleGenerations } from "./vaults.ts";
import { accountOn, World, type Plants } from "./world.ts";

export type SimulationOptions = {
  seed: number;
  /** As many as the seed's temper says, if not given. */
  actions?: number;
  /** Actions that are left out, by index: everything else stays as it was as far as it can. */
  without?: ReadonlySet<number>;
  plants?: Plants;
};

export type Simulation = {
  seed: number;
  /** How many it had, in and without those that were left out. */
  actions: number;
  findings: Findings;
  /** SHA-256 over everything that happened. */
  trace: string;
  lines: string[];
  counts: ReadonlyMap<string, number>;
  devices: number;
  conversations: number;
  posts: number;
};

/** All that may fire in a run, so that what never did is noticed. */
export const EXPECTED: readonly string[] = [
  ...ACTIONS.map(({ name }) => `action: ${name}`),
  "linked",
  "recovered",
  "reclaimed",
  "reset",
  "fault: delay",
  "fault: duplicate",
  "fault: drop",
  "fault: reorder",
  "fault: cut off",
  ...["any moment", "before a write", "within a write", "after a write", "before a send", "after a send"].map(
    (when) => `device crash: ${when}`,
  ),
  "server crash: any moment",
  "server crash: before a write",
  "server crash: after a write",
];

/** How long after the last fault everything must have come together, ms. */
const HEAL_MS = 10 * 60_000;
const PAGES_MAX = 100;

/** One history: people, faults, then peace, and what must hold. The same options give the same trace. */
export async function simulate({
  seed,
  actions,
  without = new Set(),
  plants = {},
}: SimulationOptions): Promise<Simulation> {
  // One in ten takes four times as long, and shows that the suite of the others hides nothing.
  const world = await World.create(seed, {
    plants,
    suite: seed % 10 === 0 ? "real" : "stand-in",
    strangers: seed % 3 === 0 ? "hesitate" : "let in",
  });
  const failures: string[] = [];
  try {
    await begun(world);
    world.network.faults = faultsOf(world.random.stream("faults"));
    comeBack(world);
    const temper = temperOf(world.random.stream("temper"));
    const total = actions ?? temper.actions;
    for (let index = 0; index < total; index++) {
      const random = world.random.stream(`action ${index}`);
      const action = drawAction(temper, random);
      const pause = random.chance(0.3) ? random.between(0, 50) : random.between(50, 1_500);
      if (!without.has(index)) begin(world, action, random, failures);
      await world.run(pause + world.takeLeap());
    }
    await world.heal();
    const late = await settle(world);
    const apart = late.length === 0 ? await listsApart(world) : [];
    const vaults = await openVaults(world);
    const findings = [
      ...failures,
      ...late,
      ...apart,
      ...(await leaks(world)),
      ...unexpected(world),
      ...needlessClones(world),
      ...world.keys.findings,
      ...world.findings,
      ...vaults.findings,
      ...staleGenerations(world, vaults.opened),
    ];
    const logs = await trueLogs(world);
    return {
      seed,
      actions: total,
      findings,
      trace: world.trace.digest(),
      lines: world.trace.lines(),
      counts: world.trace.counts,
      devices: world.devices.length,
      conversations: logs.length,
      posts: logs.reduce((sum, { entries }) => sum + entries.filter(({ isPost }) => isPost).length, 0),
    };
  } finally {
    world.close();
  }
}

/** Four people with five devices, and a conversation of each kind, before anything goes wrong. */
async function begun(world: World): Promise<void> {
  const [first, second] = [await world.signedUp("person1"), await world.signedUp("person2")];
  for (const name of ["person3", "person4"]) await world.signedUp(name);
  const person = world.people[0]!;
  const another = await world.addDevice(person);
  await world.until(another.engine.signIn(person));
  await world.until(first.engine.createGroup({ name: "the first group", usernames: ["person2", "person3"] }));
  await world.until(second.engine.openDirect({ username: "person1" }));
  await world.until(second.engine.createRoom({ room: "general" }));
  await world.run(5_000);
}

function faultsOf(random: Random): NetworkFaults {
  const calm = random.chance(0.1);
  return {
    delayMs: [1, random.between(5, 200)],
    stall: calm ? 0 : random.fraction() * 0.03,
    stallMs: [200, random.between(500, 8_000)],
    duplicate: calm ? 0 : random.fraction() * 0.05,
    cut: calm ? 0 : random.fraction() * 0.004,
  };
}

/** What crashed comes back after a while. */
function comeBack(world: World): void {
  const random = world.random.stream("coming back");
  world.server.onCrash = (when) => {
    world.trace.count(
      `server crash: ${when.startsWith("before") ? "before a write" : when.startsWith("after") ? "after a write" : when}`,
    );
    world.trace.add(`server crashed: ${when}`);
    world.clock.after(random.between(100, 5_000), () => void world.server.start());
  };
  world.onDeviceCrash = (device, when) => {
    world.trace.count(`device crash: ${when}`);
    world.trace.add(`${device.name} crashed: ${when}`);
    world.clock.after(random.between(100, 20_000), () => void device.start());
  };
}

/** Waits for peace. @returns what is still amiss when it should have come long ago. */
async function settle(world: World): Promise<Findings> {
  let end = world.clock.now() + HEAL_MS;
  let hasWaitedADay = false;
  for (;;) {
    await world.run(10_000);
    try {
      await doWhatPeopleDo(world);
    } catch (error) {
      // A device that is just becoming another one has no database for a moment.
      if (!isCrash(error) || world.clock.now() >= end) throw error;
      continue;
    }
    const logs = await trueLogs(world);
    const leaves = await strayLeaves(world, logs);
    const open = [...unsettled(world, logs), ...leaves.nowEnded];
    const missing = open.length === 0 ? await readingAll(world, logs) : [];
    const apart =
      missing.length === 0 ? [...(await disagreements(world, logs)), ...(await marksApart(world, logs))] : [];
    const findings = [...open, ...missing, ...apart];
    // What was asked for while people scrolled is in the logs by now as well.
    const isOver = findings.length === 0 || (world.clock.now() >= end && (hasWaitedADay || open.length > 0));
    if (isOver) return [...findings, ...leaves.never, ...violations(world, await trueLogs(world))];
    if (world.clock.now() < end) continue;
    // What nobody answered is asked for again after a day.
    hasWaitedADay = true;
    await world.run(LEAP_MS);
    end = world.clock.now() + HEAL_MS;
  }
}

/** What a session asks of its person: sign in again where that helps, decide about changed identities, unblock whom one wrote to. */
async function doWhatPeopleDo(world: World): Promise<void> {
  await world.sortOut();
  for (const device of world.devices) {
    const session = await device.engine.session();
    if (session.kind !== "signed-in") continue;
    if (session.refusedBecause !== null) await world.until(device.engine.signOut());
    else if (session.notices.some(({ kind }) => kind === "cloned")) await world.until(signIn(world, device));
    else
      for (const { state, people } of await device.engine.conversations()) {
        const changed = state.kind === "paused" ? state.people : [];
        for (const { account } of changed) {
          await world.until(device.engine.acceptIdentity({ account }));
          world.trace.count("action: accept an identity");
        }
        for (const { account, trust } of people)
          if (trust === "blocked") await world.until(device.engine.setBlocked({ account, blocked: false }));
      }
  }
}

/** Everyone scrolls everything back to its beginning. @returns what they should read there and don't */
async function readingAll(world: World, logs: readonly TrueLog[]): Promise<Findings> {
  if (unread(world, logs).length === 0) return [];
  for (const device of world.devices) {
    if (accountOn(device) === undefined) continue;
    for (const { conversation } of await device.engine.conversations())
      await world.until(scrollBack(device, conversation, PAGES_MAX));
  }
  await world.run(5_000);
  return unread(world, logs);
}
