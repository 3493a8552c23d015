import type { Holding, Key } from "@sotto/delivery";
import { numberOf, type Database } from "./database.ts";

/** One kind of rows about an account, and how its rows and bytes are counted. `?` is the account's key. */
const KINDS: readonly { what: string; rows?: string; sql: string }[] = [
  { what: "identity chain", sql: "select length(bytes) as bytes from statements where account = ?" },
  { what: "vault", sql: "select length(vault) as bytes from accounts where key = ? and vault is not null" },
  {
    what: "password record",
    sql: "select length(password_record) as bytes from accounts where key = ? and password_record is not null",
  },
  { what: "reset codes", sql: "select length(hash) as bytes from reset_codes where account = ?" },
  { what: "devices", sql: "select length(sign_in_key) as bytes from devices where account = ?" },
  {
    what: "key packages",
    sql: `select length(p.bytes) as bytes from key_packages p join devices d on d.key = p.device where d.account = ?1
          union all select length(last_resort) from devices where account = ?1 and last_resort is not null`,
  },
  {
    what: "inbox",
    sql: `select length(w.bytes) as bytes from inbox i join devices d on d.key = i.device join welcomes w on w.key = i.welcome
          where d.account = ?`,
  },
  { what: "archive records", sql: "select length(name) + length(record) as bytes from archive where account = ?" },
  { what: "conversations", sql: "select coalesce(length(statement), 0) as bytes from members where account = ?" },
  { what: "invite links", sql: "select length(preview) as bytes from invites where account = ?" },
  { what: "requests to join", sql: "select length(request) as bytes from join_requests where account = ?" },
  {
    // Counted as they come: walking the logs would keep everybody waiting.
    what: "log entries in conversations",
    rows: "sum(entries)",
    sql: `select c.log_bytes as bytes, c.last_seq as entries from members m join conversations c on c.key = m.conversation
          where m.account = ?`,
  },
];

/** What is held about an account: rows and bytes of what is stored for it, without the database's own overhead. */
export function holdingsOf(database: Database, account: Key): Holding[] {
  return KINDS.map(({ what, rows = "count(*)", sql }) => {
    const row = database.get(
      `select coalesce(${rows}, 0) as n, coalesce(sum(bytes), 0) as bytes from (${sql})`,
      account,
    );
    return { what, rows: numberOf(row?.["n"]), bytes: numberOf(row?.["bytes"]) };
  });
}
