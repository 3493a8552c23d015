import { entryHash } from "@sotto/crypto";
import { toBase64Url } from "@sotto/protocol";
import { expect, test } from "vitest";
import type { StorePlant } from "./crashing-store.ts";
import { envelopeAt, texts } from "./hostile.ts";
import { CrashError } from "./life.ts";
import { World } from "./world.ts";

const POSTS = 150;
const DEADLY = 100;

test("T29 an entry that kills whoever reads it is passed over after a few lives, and no other one is", async () => {
  const deadly = new Set<unknown>();
  let readings = 0;
  const dies: StorePlant = (store, life) => ({
    all: (sql, parameters = []) => {
      // What was sent by this device is looked up first of all, once an entry isn't set aside.
      if (parameters.some((value) => deadly.has(value)) && sql.includes("from journal")) {
        readings++;
        life.crash("an entry that can't be read");
        throw new CrashError();
      }
      return store.all(sql, parameters);
    },
    run: (sql, parameters) => store.run(sql, parameters),
    transaction: (work) => store.transaction(work),
    close: () => store.close(),
  });
  const world = await World.create("deadly entry", { plants: { store: dies } });
  const [alice, bob] = [await world.signedUp("alice"), await world.signedUp("bobby")];
  await world.run(1_000);
  const conversation = await world.until(bob.engine.createGroup({ name: "deadly", usernames: ["alice"] }));
  await world.run(5_000);
  alice.crash();
  for (let n = 0; n < POSTS; n++) await world.until(bob.engine.send({ conversation, text: `post ${n}` }));
  await world.run(5_000);
  const [row] = bob.peek("select seq from items where conversation = ? and text = ?", [conversation, `post ${DEADLY}`]);
  deadly.add(toBase64Url(entryHash(await envelopeAt(world, conversation, Number(row?.["seq"])))));

  let lives = 0;
  do {
    await alice.start();
    await world.run(20_000);
    lives++;
  } while (!alice.isRunning && lives < 10);

  // Once with its batch, twice alone. The last life passes it over.
  expect({ lives, readings }).toEqual({ lives: 4, readings: 3 });
  const read = texts(alice, conversation);
  expect(read.filter((text) => text.startsWith("post "))).toEqual(
    Array.from({ length: POSTS }, (_, n) => `post ${n}`).filter((_, n) => n !== DEADLY),
  );
  expect(
    alice.peek("select line from items where conversation = ? and line like '%quarantined%'", [conversation]).length,
  ).toBe(1);
  expect(alice.peek("select * from attempts")).toEqual([]);
  world.close();
});
