import { CHAIN_BYTES_MAX, CHAIN_STATEMENTS_MAX, SottoError } from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, NOW, World, type ReclaimKeys, type WorldDevice } from "../test/chain-world.ts";
import { canStillEnd, END_BYTES_MAX } from "./chain-room.ts";

const MOVES = ["add", "sign out", "rotate account key", "rotate recovery key", "announce"] as const;
type Move = (typeof MOVES)[number];

/** Does what is asked as far as it fits. @returns whether it was refused for want of room */
async function isRefused(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof SottoError && error.code === "account/chain-full") return true;
    throw error;
  }
}

test("[ID22] [T05] however a chain was filled, every device can still be ended, the takeover completed and the account closed", async () => {
  const filledBy = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.nat(0xffff),
      fc.array(fc.constantFrom(...MOVES), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 10 }),
      async (seed, pattern, wanted) => {
        const world = await World.begin(seed);
        const active: WorldDevice[] = [];
        let pending: { by: WorldDevice; keys: ReclaimKeys } | undefined;
        const moves: Record<Move, () => Promise<void>> = {
          add: async () => {
            if (active.length < 10) active.push(await world.add());
          },
          "sign out": async () => {
            const gone = active.length > 1 ? active.shift()! : undefined;
            if (gone === undefined) return;
            expect(world.offer(await world.revocation(gone, "device"))).toBe("valid");
            if (pending?.by === gone) pending = undefined;
          },
          "rotate account key": async () => {
            const { statement, accountPrivateKey } = await world.rotation();
            expect(world.offer(statement)).toBe("valid");
            world.accountPrivateKey = accountPrivateKey;
            pending = undefined;
          },
          "rotate recovery key": async () => {
            expect(world.offer((await world.recoveryRotation()).statement)).toBe("valid");
          },
          announce: async () => {
            const by = active.at(-1);
            if (by === undefined) return;
            const { statement, ...keys } = await world.announcement(by, NOW);
            if (world.offer(statement) === "valid") pending = { by, keys };
          },
        };
        for (let i = 0; i < wanted; i++) await moves.add();
        let isFull = false;
        for (let step = 0; !isFull && step < 2 * CHAIN_STATEMENTS_MAX; step++) {
          const move = pattern[step % pattern.length]!;
          isFull = await isRefused(moves[move]);
        }
        // Whatever the pattern left of the room goes too.
        for (const move of ["rotate recovery key", "add", "rotate recovery key"] as const)
          while (!(await isRefused(moves[move]))) if (move === "add" && active.length === 10) break;
        expect(canStillEnd(world.chain)).toBe(true);
        if (pending !== undefined) {
          const completion = await world.completion(pending.by, pending.keys, NOW + DAY);
          expect(completion.length).toBeLessThanOrEqual(END_BYTES_MAX.completeReclaim);
          expect(world.offer(completion)).toBe("valid");
          world.accountPrivateKey = pending.keys.accountPrivateKey;
          filledBy.add("completed");
        }
        for (const device of active) {
          const ended = await world.revocation(device);
          expect(ended.length).toBeLessThanOrEqual(END_BYTES_MAX.revokeDevice);
          expect(world.offer(ended)).toBe("valid");
        }
        const closed = await world.close();
        expect(closed.length).toBeLessThanOrEqual(END_BYTES_MAX.closeAccount);
        expect(world.offer(closed)).toBe("valid");
        expect(world.statements.length).toBeLessThanOrEqual(CHAIN_STATEMENTS_MAX);
        filledBy.add(world.chain.bytes > CHAIN_BYTES_MAX - 1024 ? "bytes" : "statements");
      },
    ),
    { numRuns: 3 },
  );
  expect(filledBy.size).toBeGreaterThan(0);
}, 120_000);

test("a chain counts its bytes, and the largest statements that end something fit what is kept for them", async () => {
  const world = await World.begin(7);
  const device = await world.add();
  expect(world.chain.bytes).toBe(world.statements.reduce((sum, each) => sum + each.length, 0));
  // Times grow by the bytes that they need, up to nine.
  const room = (bytes: Uint8Array) => bytes.length + 9 - 5;
  expect(room(await world.revocation(device))).toBeLessThanOrEqual(END_BYTES_MAX.revokeDevice);
  expect(room(await world.close())).toBeLessThanOrEqual(END_BYTES_MAX.closeAccount);
  const { statement, ...keys } = await world.announcement(device, NOW);
  expect(world.offer(statement)).toBe("valid");
  expect(room(await world.completion(device, keys, NOW + DAY))).toBeLessThanOrEqual(END_BYTES_MAX.completeReclaim);
});
