import { memoryStorage } from "@sotto/platform-node";
import { expect, test } from "vitest";
import type { AccountId, ConversationId, PostId } from "@sotto/protocol";
import { People } from "./people/people.ts";
import type { SqlRow, Store } from "./ports.ts";
import { migrate } from "./schema.ts";
import { countsInThread, threadsCounted, unreadCount, unreadThreads } from "./timeline/counting.ts";

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

test("what is unread in threads is found where it lies, however much was read of the conversation itself", async () => {
  const store = await memoryStorage().open();
  migrate(store);
  const plans: string[] = [];
  const explained = (sql: string, values: readonly (string | number | null | Uint8Array)[] = []): SqlRow[] => {
    plans.push(
      store
        .all(`explain query plan ${sql}`, values)
        .map(({ detail }) => String(detail))
        .join("; "),
    );
    return store.all(sql, values);
  };
  const watched = { ...store, all: explained } as Store;
  const people = new People(store, "A".repeat(43) as AccountId);
  const [conversation, thread] = ["c" as ConversationId, "A".repeat(43) as PostId];
  const read = { itself: 5, others: 5, threads: new Map([[thread, 1]]) };
  unreadCount(watched, people, conversation, read);
  unreadThreads(watched, people, conversation, read);
  threadsCounted(watched, people, conversation, { after: 1, upTo: 5, most: 64 });
  countsInThread(watched, people, conversation, { thread, after: 1 });
  const [counted, named, between, inOne] = plans;
  for (const plan of [counted, named, inOne])
    expect(plan).toContain("items_in_threads (conversation=? AND thread=? AND item_order>? AND item_order<?)");
  expect(counted).toMatch(/items USING PRIMARY KEY \(conversation=\? AND item_order>\?\)/u);
  expect(named).toContain("items_threaded (conversation=? AND item_order>?)");
  expect(between).toContain("items_threaded (conversation=? AND item_order>? AND item_order<?)");
  for (const plan of plans) expect(plan).not.toMatch(/SCAN items|\(conversation=\?\)/u);
  store.close();
});
