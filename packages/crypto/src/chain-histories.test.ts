import fc from "fast-check";
import { expect, test } from "vitest";
import { extendsChain, verifyChain, type VerifiedChain } from "./chain.ts";
import { keyPairOf } from "./signature.ts";
import { DAY, NOW, valid, World, type ReclaimKeys, type WorldDevice } from "../test/chain-world.ts";

/** What somebody does next; `who` counts the devices that there are. Not all of it is allowed where it comes. */
type Move = { what: (typeof MOVES)[number]; who: number; hours: number };
const MOVES = [
  "add",
  "revoke",
  "sign out",
  "rotate account key",
  "rotate recovery key",
  "announce",
  "complete",
  "close",
] as const;

const anyMove = (weights: Partial<Record<Move["what"], number>> = {}): fc.Arbitrary<Move> =>
  fc.record({
    what: fc.oneof(...MOVES.map((what) => ({ weight: weights[what] ?? 3, arbitrary: fc.constant(what) }))),
    who: fc.nat(5),
    hours: fc.oneof(fc.nat(20), fc.integer({ min: 20, max: 30 })),
  });
/** Somebody announces, something may happen, and they come back for it about a day later. */
const anyReclaim: fc.Arbitrary<Move[]> = fc
  .tuple(fc.nat(5), fc.array(anyMove(), { maxLength: 1 }), fc.integer({ min: 20, max: 30 }))
  .map(([who, between, hours]) => [{ what: "announce", who, hours: 0 }, ...between, { what: "complete", who, hours }]);
const anyHistory: fc.Arbitrary<[number, Move[]]> = fc.tuple(
  fc.nat(0xffff),
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: anyMove({ add: 6, close: 1 }).map((move) => [move]) },
        { weight: 1, arbitrary: anyReclaim },
      ),
      { maxLength: 12 },
    )
    .map((moves) => moves.flat()),
);

/** What a chain should say, kept by the simplest means: names of keys, no bytes. */
type Model = {
  active: boolean[];
  announced: number[];
  accountKey: Uint8Array;
  pending: { by: number; at: number; alone: boolean; keys: ReclaimKeys } | null;
  reclaims: number;
  closed: boolean;
};

const alone = (model: Model): boolean => model.active.filter(Boolean).length === 1;

/** Plays a history by devices that sign whatever they are asked to; the model says what must come of each move. */
async function play([seed, moves]: [number, Move[]]): Promise<{
  world: World;
  devices: WorldDevice[];
  model: Model;
  /** Every private account key that there ever was. */
  keys: Uint8Array[];
}> {
  const world = await World.begin(seed);
  const keys = [world.accountPrivateKey];
  const devices: WorldDevice[] = [];
  const model: Model = {
    active: [],
    announced: [],
    accountKey: keyPairOf(world.accountPrivateKey).publicKey,
    pending: null,
    reclaims: 0,
    closed: false,
  };
  let now = NOW;
  for (const { what, who, hours } of moves) {
    now += hours * 3600;
    const by = who % Math.max(1, devices.length);
    const device = devices[by];
    if (what === "add") {
      if (model.closed || model.active.filter(Boolean).length >= 10) continue;
      devices.push(await world.add());
      model.active.push(true);
      model.announced.push(0);
    } else if (what === "close") {
      const expected = model.closed ? "after-close" : "valid";
      expect(world.offer(await world.close())).toBe(expected);
      Object.assign(model, { closed: true, pending: null });
    } else if (what === "rotate account key") {
      const { statement, accountPrivateKey } = await world.rotation();
      expect(world.offer(statement)).toBe(model.closed ? "after-close" : "valid");
      if (model.closed) continue;
      world.accountPrivateKey = accountPrivateKey;
      keys.push(accountPrivateKey);
      Object.assign(model, { accountKey: keyPairOf(accountPrivateKey).publicKey, pending: null });
    } else if (what === "rotate recovery key") {
      expect(world.offer((await world.recoveryRotation()).statement)).toBe(model.closed ? "after-close" : "valid");
    } else if (device === undefined) {
      continue;
    } else if (what === "revoke" || what === "sign out") {
      const statement = await world.revocation(device, what === "revoke" ? "account" : "device");
      const expected = model.closed ? "after-close" : model.active[by] === true ? "valid" : "already-revoked";
      expect(world.offer(statement)).toBe(expected);
      if (expected !== "valid") continue;
      model.active[by] = false;
      if (model.pending?.by === by) model.pending = null;
    } else if (what === "announce") {
      const { statement, ...announced } = await world.announcement(device, now);
      const expected = model.closed
        ? "after-close"
        : model.active[by] !== true
          ? "unknown-device"
          : model.announced[by]! >= 8
            ? "too-many-reclaims"
            : "valid";
      expect(world.offer(statement)).toBe(expected);
      if (expected !== "valid") continue;
      model.pending = { by, at: now, alone: alone(model), keys: announced };
      model.announced[by]!++;
    } else {
      const reclaimed = model.pending?.keys ?? {
        accountPrivateKey: world.accountPrivateKey,
        recoveryKey: world.recoveryKey,
      };
      const waits = model.pending?.alone === true && alone(model) ? 0 : DAY;
      const expected = model.closed
        ? "after-close"
        : model.pending?.by !== by
          ? "not-announced"
          : now < model.pending.at + waits
            ? "too-early"
            : "valid";
      expect(world.offer(await world.completion(device, reclaimed, now))).toBe(expected);
      if (expected !== "valid") continue;
      world.accountPrivateKey = reclaimed.accountPrivateKey;
      keys.push(reclaimed.accountPrivateKey);
      model.accountKey = keyPairOf(reclaimed.accountPrivateKey).publicKey;
      model.pending = null;
      model.reclaims++;
    }
  }
  return { world, devices, model, keys };
}

test("[T05] [T06] any history: every move counts or is refused as the rules say, and the chain says what came of it", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const { world, devices, model } = await play(history);
      const { chain } = world;
      expect(chain.devices.map(({ device, active }) => [device, active])).toEqual(
        devices.map(({ device }, i) => [device, model.active[i]]),
      );
      expect(chain).toMatchObject({ account: world.genesis.account, accountKey: model.accountKey });
      expect(chain).toMatchObject({ reclaims: model.reclaims, closed: model.closed });
      expect(chain.pendingReclaim?.device).toBe(model.pending === null ? undefined : devices[model.pending.by]!.device);
      expect(new Set(chain.usedKeys.map((key) => key.join())).size).toBe(chain.usedKeys.length);
      for (let length = 1; length < world.statements.length; length++)
        expect(extendsChain(valid(world.statements.slice(0, length)), chain)).toBe("longer");
      if (model.reclaims > 0) seen.add("reclaimed");
      if (model.pending !== null) seen.add("pending");
      if (model.closed) seen.add("closed");
    }),
    { numRuns: 120 },
  );
  expect([...seen].sort()).toEqual(["closed", "pending", "reclaimed"]);
});

/** What a server may do to somebody's chain without their keys. */
type Mutation = { how: "drop" | "swap" | "repeat" | "graft" | "flip" | "cut" | "grow"; at: number; other: number };
const anyMutation: fc.Arbitrary<Mutation> = fc.record({
  how: fc.constantFrom("drop", "swap", "repeat", "graft", "flip", "cut", "grow"),
  at: fc.nat(),
  other: fc.nat(),
});

function mutated(
  own: readonly Uint8Array[],
  foreign: readonly Uint8Array[],
  { how, at, other }: Mutation,
): Uint8Array[] {
  const chain: Uint8Array[] = own.map((statement) => statement.slice());
  const i = at % chain.length;
  switch (how) {
    case "drop":
      // The last one dropped is the chain's own past, which is another question.
      chain.splice(at % Math.max(1, chain.length - 1), 1);
      return chain;
    case "swap": {
      const j = (i + 1 + (other % Math.max(1, chain.length - 1))) % chain.length;
      [chain[i], chain[j]] = [chain[j]!, chain[i]!];
      return chain;
    }
    case "repeat":
      chain.splice(other % (chain.length + 1), 0, chain[i]!);
      return chain;
    case "graft":
      chain[i] = foreign[other % foreign.length]!;
      return chain;
    case "flip":
      chain[i]![other % chain[i]!.length]! ^= 1 << (at % 8);
      return chain;
    case "cut":
      chain[i] = chain[i]!.slice(0, other % chain[i]!.length);
      return chain;
    case "grow":
      chain[i] = Uint8Array.from([...chain[i]!, other % 256]);
      return chain;
  }
}

const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((statement, i) => statement.join() === b[i]!.join());

test("[T05] [T08] whatever is done to a valid history by somebody without its keys, it isn't valid any more", async () => {
  const foreign = (
    await play([
      70_000,
      [
        { what: "add", who: 0, hours: 1 },
        { what: "add", who: 0, hours: 1 },
        { what: "announce", who: 0, hours: 1 },
        { what: "rotate account key", who: 0, hours: 1 },
        { what: "rotate recovery key", who: 0, hours: 1 },
        { what: "revoke", who: 1, hours: 1 },
      ],
    ])
  ).world.statements;
  await fc.assert(
    fc.asyncProperty(anyHistory, fc.array(anyMutation, { minLength: 8, maxLength: 8 }), async (history, mutations) => {
      const { world } = await play(history);
      const known: VerifiedChain = world.chain;
      for (const mutation of mutations) {
        const changed = mutated(world.statements, foreign, mutation);
        if (changed.length === 0 || same(changed, world.statements)) continue;
        const verdict = verifyChain(changed);
        // A whole other account's genesis alone stands for that account, and never for this one.
        if (verdict.kind === "valid") expect(verdict.chain.account).not.toBe(known.account);
        if (verdict.kind === "valid") expect(extendsChain(known, verdict.chain)).toBe("forked");
        if (verdict.kind === "valid") expect(mutation.how).toBe("graft");
      }
    }),
    { numRuns: 60 },
  );
});

test("[T07] a key never answers for a device or an account: all ids of a history are hashes, and all differ", async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const { chain } = (await play(history)).world;
      const ids = [chain.account, ...chain.devices.map(({ device }) => device)].map((id) =>
        Buffer.from(id, "base64url").toString("hex"),
      );
      const keys = chain.usedKeys.map((key) => Buffer.from(key).toString("hex"));
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) for (const key of keys) expect(key.startsWith(id.slice(0, 32))).toBe(false);
    }),
    { numRuns: 20 },
  );
});

test("[T43] two histories that part are a fork, wherever they part, also when the owner's own keys signed both", async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, fc.nat(), async (history, at) => {
      const { world, keys } = await play(history);
      if (world.statements.length < 2) return;
      const other = await World.begin(history[0] + 100_000);
      other.statements = world.statements.slice(0, 1 + (at % (world.statements.length - 1)));
      const { accountKey } = other.chain;
      other.accountPrivateKey = keys.find((key) => keyPairOf(key).publicKey.join() === accountKey.join())!;
      expect(other.offer((await other.recoveryRotation()).statement)).toBe("valid");
      expect(extendsChain(world.chain, other.chain)).toBe("forked");
      expect(other.offer((await other.rotation()).statement)).toBe("valid");
      expect(extendsChain(world.chain, other.chain)).toBe("forked");
    }),
    { numRuns: 30 },
  );
});
