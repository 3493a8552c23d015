import { memoryStorage } from "@sotto/platform-node";
import { expect, test } from "vitest";
import { migrate } from "./schema.ts";

/** How SQLite would go about it. */
async function planOf(sql: string): Promise<string> {
  const store = await memoryStorage().open();
  migrate(store);
  const values = Array.from({ length: sql.split("?").length - 1 }, () => "a");
  const rows = store.all(`explain query plan ${sql}`, values);
  store.close();
  return rows.map(({ detail }) => String(detail)).join("; ");
}

test("a post is found by its id, and what was done to it, without reading the whole conversation", async () => {
  const by = "conversation = ? and post";
  for (const sql of [
    `select item_order from items where ${by} = ? and kind = 'post'`,
    `select sender, text from items where ${by} = ?`,
    `select text from items where ${by} in (select value from json_each(?)) and kind = 'post'`,
    `update items set state = ? where ${by} = ? and seq is null`,
    `delete from items where ${by} = ?`,
    "select o.position, i.content from outbox o left join items i on i.conversation = o.conversation and i.post = o.post where o.conversation = ?",
  ])
    expect([sql, await planOf(sql)]).toEqual([
      sql,
      expect.stringMatching(/INDEX items_by_post \(conversation=\? AND post=\?\)/u),
    ]);
  for (const sql of [`delete from post_marks where ${by} = ?`, `select target, kind from post_marks where ${by} = ?`])
    expect([sql, await planOf(sql)]).toEqual([
      sql,
      expect.stringContaining("INDEX post_marks_by_post (conversation=? AND post=?)"),
    ]);
});

test("a page of a timeline is read where it lies", async () => {
  const page =
    "select text from items where conversation = ? and item_order < ? and thread is null and kind <> 'gone' order by item_order desc limit 50";
  const plan = await planOf(page);
  expect(plan).toContain("PRIMARY KEY (conversation=? AND item_order<?)");
  expect(plan).not.toContain("TEMP B-TREE");
  const thread = await planOf(
    "select text from items where conversation = ? and thread = ? and item_order < ? order by item_order desc limit 50",
  );
  expect(thread).toContain("items_in_threads");
  expect(thread).not.toContain("TEMP B-TREE");
});
