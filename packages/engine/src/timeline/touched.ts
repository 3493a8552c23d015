import type { ConversationId } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import { textOf } from "../rows.ts";

/**
 * Tables with a column `conversation` that nothing in the list is made from, most of them written with every post. A table that isn't named
 * here counts: to look once too often is slow, to look once too little is wrong.
 */
const UNSEEN = new Set([
  "archive_outbox",
  "archived",
  "asked_epochs",
  "attempts",
  "behind",
  "checked",
  "claims",
  "gaps",
  "group_rows",
  "heard",
  "journal",
  "key_requests",
  "known_posts",
  "log",
  "missing",
  "pending_commits",
  "receipts",
  "receipts_told",
  "self",
  "shown_as",
  "spans",
  "wanted_keys",
]);

const ALL = "*";

/** What was written since the last look, as far as the list of conversations may depend on it. */
export type Written = {
  conversations: ReadonlySet<ConversationId>;
  /** Keys of what own devices share. */
  synced: ReadonlySet<string>;
  /** Accounts of which something is known now, or something else. */
  people: ReadonlySet<string>;
  /** Something that everything may depend on. */
  everything: boolean;
};

/**
 * Notices in the database itself what is written, by triggers of this connection: whoever writes, and whatever is built later, can't forget
 * to say so, and what is rolled back was never noticed. Costs one row in memory for each thing that changed since the last look.
 */
export class Touched {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.#say(
      "create temp table if not exists touched (what text primary key, id text not null) strict, without rowid",
    );
    this.#say("delete from touched");
    const named = store
      .all(
        "select m.name as name from main.sqlite_schema m join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'conversation'",
      )
      .map((row) => textOf(row, "name"))
      .filter((name) => !UNSEEN.has(name));
    for (const table of named) this.#watch(table, "conversation", "c");
    this.#watch("conversations", "id", "c");
    this.#watch("sync", "key", "s");
    this.#watch("people", "account", "p");
    this.#on("session", "update of cloned_at, account", `'${ALL}'`, "a");
  }

  /** What was written since the last call. Outside of transactions. */
  take(): Written {
    const rows = this.#store.all("select what, id from touched");
    if (rows.length > 0) this.#say("delete from touched");
    const of = (kind: string): string[] =>
      rows.filter((row) => textOf(row, "what").startsWith(kind)).map((row) => textOf(row, "id"));
    return {
      conversations: new Set(of("c") as ConversationId[]),
      synced: new Set(of("s")),
      people: new Set(of("p")),
      everything: of("a").length > 0,
    };
  }

  /** Nothing of this outlives the connection: to the storage it is no write. */
  #say(sql: string): void {
    this.#store.all(sql);
  }

  #watch(table: string, column: string, kind: string): void {
    this.#on(table, "insert", `new.${column}`, kind);
    this.#on(table, "delete", `old.${column}`, kind);
    this.#on(table, "update", `new.${column}`, kind);
  }

  #on(table: string, event: string, id: string, kind: string): void {
    const name = `touched_${table}_${event.split(" ", 1)[0]}`;
    this.#say(
      // Without "or ignore": inside of a trigger the statement's own word on conflicts would win.
      `create temp trigger if not exists ${name} after ${event} on main.${table} begin
        insert into touched select '${kind}' || ${id}, ${id} where not exists (select 1 from touched where what = '${kind}' || ${id});
      end`,
    );
  }
}
