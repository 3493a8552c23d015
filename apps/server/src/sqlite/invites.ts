import * as v from "valibot";
import { AccountId, ROLE } from "@sotto/protocol";
import type { AskRow, InviteRow, Key } from "@sotto/delivery";
import { bytesOf, numberOf, type Database, type Row } from "./database.ts";

export const INVITE_TABLES = [
  `create table invites (
    conversation integer not null references conversations, id blob not null, account integer not null references accounts,
    expires_at integer, preview blob not null, primary key (conversation, id)
  ) without rowid`,
  // One request an account and conversation.
  `create table join_requests (
    conversation integer not null references conversations, account integer not null references accounts,
    invite blob not null, at integer not null, request blob not null, primary key (conversation, account)
  ) without rowid`,
  `create index join_requests_account on join_requests (account)`,
  `create index invites_account on invites (account)`,
];

/** Called inside one transaction, as is everything here that writes. */
export function createInvite(
  database: Database,
  invite: InviteRow & { preview: Uint8Array; now: number; max: number },
): "created" | "full" {
  const { conversation, invite: id, by, expiresAt, preview, now, max } = invite;
  for (const row of database.all(
    "select id from invites where conversation = ? and expires_at is not null and expires_at <= ?",
    conversation,
    now,
  ))
    dropInvite(database, conversation, bytesOf(row["id"]));
  if (database.get("select 1 from invites where conversation = ? and id = ?", conversation, id) !== undefined)
    return "created";
  const there = database.get("select count(*) as n from invites where conversation = ?", conversation);
  if (numberOf(there?.["n"]) >= max) return "full";
  database.run(
    "insert into invites (conversation, id, account, expires_at, preview) values (?, ?, ?, ?, ?)",
    conversation,
    id,
    by,
    expiresAt,
    preview,
  );
  return "created";
}

const expiryOf = (row: Row): number | null => (row["expires_at"] === null ? null : numberOf(row["expires_at"]));

export function invites(
  database: Database,
  conversation: Key,
  now: number,
): { invite: Uint8Array; by: AccountId; expiresAt: number | null }[] {
  return database
    .all(
      `select i.id, i.expires_at, a.id as by from invites i join accounts a on a.key = i.account
       where i.conversation = ? and (i.expires_at is null or i.expires_at > ?) order by i.id`,
      conversation,
      now,
    )
    .map((row) => ({ invite: bytesOf(row["id"]), by: v.parse(AccountId, row["by"]), expiresAt: expiryOf(row) }));
}

export function inviteOf(
  database: Database,
  conversation: Key,
  invite: Uint8Array,
  now: number,
): { by: Key; preview: Uint8Array } | undefined {
  const row = database.get(
    "select account, preview from invites where conversation = ? and id = ? and (expires_at is null or expires_at > ?)",
    conversation,
    invite,
    now,
  );
  return row === undefined ? undefined : { by: numberOf(row["account"]), preview: bytesOf(row["preview"]) };
}

export function dropInvite(database: Database, conversation: Key, invite: Uint8Array): void {
  database.run("delete from invites where conversation = ? and id = ?", conversation, invite);
  database.run("delete from join_requests where conversation = ? and invite = ?", conversation, invite);
}

export function ask(database: Database, row: AskRow & { max: number }): "asked" | "full" {
  const others = database.get(
    "select count(*) as n from join_requests where conversation = ? and account <> ?",
    row.conversation,
    row.account,
  );
  if (numberOf(others?.["n"]) >= row.max) return "full";
  database.run(
    "insert or replace into join_requests (conversation, account, invite, at, request) values (?, ?, ?, ?, ?)",
    row.conversation,
    row.account,
    row.invite,
    row.at,
    row.request,
  );
  return "asked";
}

/** Those that lead nowhere any more go on the way: the account is in, is kept out or closed, the link is none, or too long ago. */
export function requests(
  database: Database,
  conversation: Key,
  now: number,
  since: number,
): { account: AccountId; invite: Uint8Array; at: number; request: Uint8Array }[] {
  database.run(
    `delete from join_requests where conversation = ?1 and (
       at < ?3
       or not exists (select 1 from invites i where i.conversation = ?1 and i.id = invite and (i.expires_at is null or i.expires_at > ?2))
       or exists (select 1 from members m where m.conversation = ?1 and m.account = join_requests.account
         and (m.role = ${ROLE.banned} or (m.role is not null and m.statement is null)))
       or exists (select 1 from accounts a where a.key = join_requests.account and a.closed_at is not null))`,
    conversation,
    now,
    since,
  );
  return database
    .all(
      `select a.id, r.invite, r.at, r.request from join_requests r join accounts a on a.key = r.account
       where r.conversation = ? order by r.at, a.key`,
      conversation,
    )
    .map((row) => ({
      account: v.parse(AccountId, row["id"]),
      invite: bytesOf(row["invite"]),
      at: numberOf(row["at"]),
      request: bytesOf(row["request"]),
    }));
}

export function dropRequest(database: Database, conversation: Key, account: Key): void {
  database.run("delete from join_requests where conversation = ? and account = ?", conversation, account);
}
