import type { ConversationSummary, ConversationsSince } from "@sotto/engine";
import { conversationIdOf, type ConversationId } from "@sotto/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { conversationsOf } from "./conversation-list.ts";

const idOf = (n: number): ConversationId => conversationIdOf(new Uint8Array(16).fill(n));

/** An engine's list: every change has a number, and a new engine has another name. */
function engineOf() {
  const all = new Map<ConversationId, { summary: ConversationSummary | null; revision: number }>();
  let revision = 0;
  let name = 0;
  const conversationsSince = async ({ since }: { since: string | null }): Promise<ConversationsSince> => {
    const [of, from] = (since ?? "").split(" ");
    const whole = of !== `${name}`;
    const news = [...all].filter(([, each]) => whole || each.revision > Number(from));
    return {
      at: `${name} ${revision}`,
      whole,
      changed: news.flatMap(([, { summary }]) => summary ?? []),
      gone: whole ? [] : news.flatMap(([id, { summary }]) => (summary === null ? [id] : [])),
    };
  };
  return {
    conversationsSince,
    set: (n: number, activeAt: number, pinned: boolean) =>
      all.set(idOf(n), {
        summary: { conversation: idOf(n), activeAt, pinned } as ConversationSummary,
        revision: ++revision,
      }),
    drop: (n: number) => all.set(idOf(n), { summary: null, revision: ++revision }),
    restart: () => void name++,
    whole: () =>
      [...all.values()]
        .flatMap(({ summary }) => summary ?? [])
        .sort(
          (a, b) =>
            Number(b.pinned) - Number(a.pinned) ||
            b.activeAt - a.activeAt ||
            (a.conversation < b.conversation ? -1 : 1),
        ),
  };
}

test("asking for changes gives the whole list in its order, after any changes and with any engine", async () => {
  const step = fc.oneof(
    fc.record({ n: fc.nat(5), at: fc.nat(9), pinned: fc.boolean() }),
    fc.record({ drop: fc.nat(5) }),
    fc.constant("restart" as const),
    fc.constant("ask" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
      const engine = engineOf();
      const ask = conversationsOf(engine);
      for (const one of steps) {
        if (one === "restart") engine.restart();
        else if (one === "ask") expect(await ask()).toEqual(engine.whole());
        else if ("drop" in one) engine.drop(one.drop);
        else engine.set(one.n, one.at, one.pinned);
      }
      expect(await ask()).toEqual(engine.whole());
    }),
  );
});

test("what didn't change stays the same object, and an unchanged list stays itself", async () => {
  const engine = engineOf();
  const ask = conversationsOf(engine);
  engine.set(1, 1, false);
  engine.set(2, 2, false);
  const before = await ask();
  expect(await ask()).toBe(before);
  engine.set(1, 3, false);
  const after = await ask();
  expect(after.map(({ activeAt }) => activeAt)).toEqual([3, 2]);
  expect(after[1]).toBe(before[0]);
});
