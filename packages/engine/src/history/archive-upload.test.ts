import { memoryStorage } from "@sotto/platform-node";
import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { migrate } from "../schema.ts";
import { uploadArchive } from "./archive-records.ts";

test("two uploads at once lose nothing that was put into the queue meanwhile", async () => {
  const store = await memoryStorage().open();
  migrate(store);
  const add = (byte: number) =>
    store.run("insert into archive_outbox (conversation, record_key, record) values ('AAAAAAAAAAAAAAAAAAAAAA', ?, ?)", [
      Uint8Array.of(byte),
      Uint8Array.of(byte),
    ]);
  const arrived: number[] = [];
  const waiting: (() => void)[] = [];
  const request = (_: string, { records }: { records: { record: Uint8Array }[] }) =>
    new Promise<object>((resolve) => {
      waiting.push(() => {
        arrived.push(...records.map(({ record }) => record[0]!));
        resolve({});
      });
    });
  const context = { store, online: () => ({ request }) } as unknown as Context;
  const answerNext = async (): Promise<void> => {
    waiting.shift()?.();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  for (const byte of [1, 2, 3]) add(byte);
  const uploads = [uploadArchive(context), uploadArchive(context)];
  await answerNext();
  // The queue was empty for a moment, and counts from the beginning again.
  add(4);
  while (waiting.length > 0) await answerNext();
  await Promise.all(uploads);
  await Promise.all([uploadArchive(context), ...Array.from({ length: 3 }, answerNext)]);
  expect(new Set(arrived)).toEqual(new Set([1, 2, 3, 4]));
  expect(store.all("select * from archive_outbox")).toEqual([]);
});
