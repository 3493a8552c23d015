import { expect, test } from "vitest";
import { memoryStorage } from "@sotto/platform-node";
import { countInstance } from "./instance-marker.ts";
import type { SqlRow, Storage } from "./ports.ts";
import { migrate } from "./schema.ts";

/** A storage in memory with a marker beside it, and what it takes to put an older database back. */
function withMarker() {
  const inner = memoryStorage();
  let noted: Uint8Array | undefined;
  const storage: Storage = {
    durability: inner.durability,
    open: () => inner.open(),
    wipe: () => inner.wipe(),
    marker: { read: async () => noted, write: async (bytes) => void (noted = bytes) },
  };
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const count = async (): Promise<boolean> => {
    const store = await storage.open();
    migrate(store);
    const { rolledBack } = await countInstance(storage, store, random);
    store.close();
    return rolledBack;
  };
  const image = async (): Promise<SqlRow> => {
    const store = await storage.open();
    const row = store.all("select * from instance")[0]!;
    store.close();
    return row;
  };
  const putBack = async ({ instance, count: n }: SqlRow): Promise<void> => {
    const store = await storage.open();
    store.run("update instance set instance = ?, count = ?", [instance!, n!]);
    store.close();
  };
  return { count, image, putBack, loseMarker: () => (noted = undefined) };
}

test("[T25] a database that is older than the note beside it is known as such, once per time that it is put back", async () => {
  const { count, image, putBack, loseMarker } = withMarker();
  for (let start = 0; start < 4; start++) expect(await count()).toBe(false);
  const old = await image();
  expect(await count()).toBe(false);
  await putBack(old);
  expect(await count()).toBe(true);
  expect(await count()).toBe(false);
  // A copy that was carried elsewhere without its note.
  loseMarker();
  expect(await count()).toBe(true);
  // Another installation's database in this one's place.
  await putBack({ ...(await image()), instance: new Uint8Array(16) });
  expect(await count()).toBe(true);
});

test("[T25] a crash between the two writes isn't taken for a rollback, and a fresh database isn't either", async () => {
  const { count, image, putBack } = withMarker();
  expect(await count()).toBe(false);
  const { instance, count: n } = await image();
  await putBack({ instance: instance!, count: Number(n) + 1 });
  expect(await count()).toBe(false);
});
