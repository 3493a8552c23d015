import { SottoError } from "@sotto/protocol";
import type { Store } from "./ports.ts";

/**
 * The device's database. One list of migrations for every platform, applied in order and never edited once released.
 * `item_order` of a timeline item is its log seq times {@link ORDERS_PER_SEQ} (several lines may come from one entry); own
 * posts that aren't in the log yet come after everything else.
 */
const MIGRATIONS: readonly string[][] = [
  [
    "create table session (id integer primary key check (id = 1), account text not null, device text not null, username text not null, sign_in_key blob not null, leaf_private_key blob not null, leaf_public_key blob not null, chain blob not null, archive_keys blob not null, recovery_key_unsaved integer not null, inbox_position integer not null default 0) strict",
    "create table running (id integer primary key check (id = 1)) strict",
    "create table attempts (conversation text not null, seq integer not null, hash blob not null, tries integer not null, primary key (conversation, seq)) strict, without rowid",
    "create table people (account text primary key, username text not null, display_name text, chain blob not null, trust text not null) strict, without rowid",
    "create table key_packages (reference text primary key, public_bytes blob not null, private_bytes blob not null, last_resort integer not null, expires_at integer not null) strict, without rowid",
    `create table conversations (id text primary key, kind integer not null, room text, name text, state text not null,
      cursor integer not null, head blob not null, joined_seq integer not null, latest_commit integer not null, applied integer not null,
      counter integer not null default 0, rekeyed_at integer not null, needs_rekey integer not null default 0, rejoined_at integer not null default 0,
      read_order integer not null default 0, active_at integer not null, draft text not null default '', profile blob,
      created_here integer not null default 0, asked_for integer not null default 0) strict, without rowid`,
    // Apart from the conversation's row, which every post rewrites: this one grows with the group.
    "create table rolls (conversation text primary key, roll text not null) strict, without rowid",
    "create table group_rows (conversation text not null, key text not null, value blob not null, primary key (conversation, key)) strict, without rowid",
    "create table log (conversation text not null, seq integer not null, head blob not null, hash blob not null, primary key (conversation, seq)) strict, without rowid",
    `create table items (conversation text not null, item_order integer not null, seq integer, at integer not null, kind text not null,
      post text, sender text, own integer not null default 0, text text, content blob, state text, line text, primary key (conversation, item_order)) strict, without rowid`,
    "create index items_by_post on items (conversation, post) where post is not null",
    "create table known_posts (conversation text not null, post text not null, primary key (conversation, post)) strict, without rowid",
    "create table counters (conversation text not null, account text not null, device text not null, counter integer not null, primary key (conversation, account, device)) strict, without rowid",
    // content: null where a line of the timeline holds it, so that a post isn't written twice.
    `create table outbox (conversation text not null, position integer not null, send text not null, post text, content blob, at integer not null,
      failed text, primary key (conversation, position)) strict, without rowid`,
    "create table journal (conversation text not null, hash text not null, send text not null, primary key (conversation, hash)) strict, without rowid",
    "create table pending_commits (conversation text primary key, hash text not null, parameters blob not null, rows blob not null, leavers text not null) strict, without rowid",
    "create table claims (conversation text not null, account text not null, primary key (conversation, account)) strict, without rowid",
    "create table archive_outbox (position integer primary key, conversation text not null, record_key blob not null, record blob not null) strict",
    "create table archived (conversation text not null, record_key text not null, primary key (conversation, record_key)) strict, without rowid",
  ],
  [
    // What one's own devices share. `waiting`: they haven't been told yet.
    "create table sync (key text primary key, value blob, stamp integer not null, waiting integer not null) strict, without rowid",
    "create index sync_by_stamp on sync (stamp)",
    "create index sync_waiting on sync (stamp, key) where waiting = 1",
    // About the conversation of one's own devices. `since`: posts since the last snapshot; `whole`: nothing older is needed here any more.
    "create table self (conversation text primary key, since integer not null, whole integer not null) strict, without rowid",
    // `replaced_by`: the server's owner gave their name to that account. `contradicted`: somebody showed a chain that forks from the pin.
    "alter table people add column replaced_by text",
    "alter table people add column contradicted integer not null default 0",
    "alter table people add column changed_at integer",
    // Trust is computed from the pin and what the person decided, never stored.
    "alter table people drop column trust",
    // Both are shared by all own devices now.
    "alter table conversations drop column read_order",
    "alter table conversations drop column draft",
    // By one's own clock, when a conversation was last seen read to its end.
    "create table checked (conversation text primary key, at integer not null) strict, without rowid",
    // The newest time at which the server says that it took an entry.
    "alter table conversations add column accepted_floor integer not null default 0",
  ],
  [
    // Of the newest vault that this device saw.
    "alter table session add column vault_revision integer not null default 0",
    // By one's own clock, when another copy of this device was noticed.
    "alter table session add column cloned_at integer",
    // What happened to one's own account. `told` is null where there is nothing to tell here: one's own doing.
    "create table notices (notice text primary key, at integer not null, told text) strict, without rowid",
    // The keys of an announced reclaim: until it is complete they are nowhere else.
    "create table reclaim (id integer primary key check (id = 1), account_private_key blob not null, recovery_key blob not null) strict",
  ],
  [
    // Parts of the log that this device hasn't read: down from where it entered. `head` is the log's after the last of them; both are null
    // while the device has lost its place and not entered again. `waits`: its own older state is still on its way through.
    `create table gaps (conversation text not null, first_seq integer not null, last_seq integer, head blob, waits integer not null default 0,
      primary key (conversation, first_seq)) strict, without rowid`,
    // When the account was a member, as its archive said.
    "create table spans (conversation text primary key, spans text not null) strict, without rowid",
    // How many marks of memberships are known.
    "create table marks (conversation text primary key, nth integer not null) strict, without rowid",
    // Entries whose keys no archive of the account has, and the line that stands for them.
    "create table missing (conversation text not null, seq integer not null, epoch text not null, line integer not null, primary key (conversation, seq)) strict, without rowid",
    "create index missing_by_line on missing (conversation, line)",
    // States that were put aside when the device entered anew, on their way through what lies between (far-behind.ts).
    "create table behind (conversation text primary key, state blob not null, cursor integer not null, head blob not null, latest_commit integer not null, applied integer not null) strict",
    // Own requests for keys, until they are answered or a day is over.
    "create table key_requests (conversation text not null, post text not null, private_key blob not null, epochs text not null, at integer not null, primary key (conversation, post)) strict, without rowid",
    // Epochs whose keys this account has asked for, when and how often.
    "create table asked_epochs (conversation text not null, epoch text not null, at integer not null, times integer not null, primary key (conversation, epoch)) strict, without rowid",
    // Counts on with every start and end, here and beside the database (instance-marker.ts).
    "create table instance (id integer primary key check (id = 1), instance blob not null, count integer not null) strict",
  ],
  [
    // When an epoch may be asked for again, and when the day began in which `times` were counted.
    "alter table asked_epochs add column due integer not null default 0",
    "alter table asked_epochs add column day integer not null default 0",
    // Others' requests for keys, until they are answered or a day is over. `given`: the most that one other member answered with, in bytes.
    "create table wanted_keys (conversation text not null, post text not null, account text not null, bytes blob not null, at integer not null, given integer not null, primary key (conversation, post)) strict, without rowid",
  ],
  [
    // Ends of devices that were dated later than this device's clock when it learnt of them, and when that was.
    "create table noticed_ends (account text not null, device text not null, at integer not null, primary key (account, device)) strict, without rowid",
  ],
  [
    // What was known, when a place was lost, of when its entries can have come: the newest time that the server had said, and by one's own
    // clock when the log was last seen read to its end.
    "alter table gaps add column floor integer not null default 0",
    "alter table gaps add column checked_at integer not null default 0",
    // Which device of the account asks.
    "alter table wanted_keys add column device text not null default ''",
  ],
  [
    // What posts do to other posts, in the place of the entry that brought it. `rights`: what its author could do there (marks.ts).
    `create table post_marks (conversation text not null, target text not null, kind text not null, item_order integer not null,
      account text not null, post text not null, at integer not null, rights integer not null, data text,
      primary key (conversation, target, kind, item_order)) strict, without rowid`,
    "create index post_marks_by_post on post_marks (conversation, post)",
    "create index post_marks_by_account on post_marks (conversation, target, account)",
    // The post that it answers, and the one in whose thread it stands.
    "alter table items add column reply_to text",
    "alter table items add column thread text",
    "alter table items add column forwarded integer not null default 0",
    // The person is mentioned in what is shown now.
    "alter table items add column mentions integer not null default 0",
    "alter table items add column edited_at integer",
    // Who deleted it for everyone. Once that is in the log, neither text nor content is here any more.
    "alter table items add column deleted_by text",
    "alter table items add column expires_at integer",
    // What else the post holds for those who show it, as JSON.
    "alter table items add column extra text",
    "create index items_in_threads on items (conversation, thread, item_order) where thread is not null",
    "create index items_mentioning on items (conversation, item_order) where mentions = 1",
    "create index items_expiring on items (expires_at) where expires_at is not null",
  ],
  [
    // What conversations are called, apart from their rows: pictures are large, and rows are written with every post.
    "create table profiles (conversation text primary key, bytes blob not null, hash text not null, topic text not null, picture text) strict",
    `insert into profiles (conversation, bytes, hash, topic) select c.id, c.profile, json_extract(r.roll, '$.profileHash'), ''
      from conversations c join rolls r on r.conversation = c.id where c.profile is not null and json_extract(r.roll, '$.profileHash') is not null`,
    "alter table conversations drop column profile",
    // Profiles that this device has made and whose commits wait for their verdict.
    "create table own_profiles (conversation text not null, hash text not null, bytes blob not null, primary key (conversation, hash)) strict",
    // Who made the profile the agreed one that is agreed now, until its bytes have come.
    "create table profile_changes (conversation text primary key, hash text not null, account text not null) strict, without rowid",
    // By the SHA-256 of their bytes, base64url.
    "create table pictures (id text primary key, bytes blob not null) strict",
  ],
  [
    // Posts that wait on this device for their time, ms.
    "create table scheduled (id text primary key, conversation text not null, text text not null, at integer not null, in_reply_to text) strict",
    "create index scheduled_by_time on scheduled (at)",
  ],
  [
    // How people show themselves, as they said last: `told_at` by their own clock, ms.
    "alter table people add column status text not null default ''",
    "alter table people add column picture text",
    "alter table people add column told_at integer not null default 0",
    // Who brought this account into a conversation.
    "create table starters (conversation text primary key, account text not null) strict, without rowid",
    // What strangers say of themselves, until the person has let them in.
    "create table heard (conversation text not null, account text not null, name text, profile blob, at integer not null, primary key (conversation, account)) strict, without rowid",
    // How the person has shown themselves where, by the hash of what was said, and to whom.
    "create table shown_as (conversation text primary key, hash blob not null, accounts text not null) strict, without rowid",
    // How far people have received and read a conversation, by places in its log; and how far this account has said that it has.
    "create table receipts (conversation text not null, account text not null, delivered integer not null, read integer not null, primary key (conversation, account)) strict, without rowid",
    "create table receipts_told (conversation text primary key, delivered integer not null, read integer not null) strict, without rowid",
  ],
  [
    // Links into groups, as members told them. One that was taken back stays as such, without its secret.
    `create table invites (conversation text not null, invite text not null, secret blob, account text not null, expires_at integer,
      approval integer not null, ended integer not null, primary key (conversation, invite)) strict`,
    // Who asks to be let in and waits for somebody's answer.
    "create table join_requests (conversation text not null, account text not null, invite text not null, at integer not null, primary key (conversation, account)) strict, without rowid",
    // Where this device has asked to be let in.
    "create table asked_to_join (conversation text primary key, at integer not null) strict, without rowid",
  ],
  [
    // Conversations that the server doesn't serve to this account any more, by its word alone.
    "create table unserved (conversation text primary key) strict, without rowid",
  ],
  [
    // What SQLite is to expect, written by hand: without it, it takes a conversation for a few lines and reads all of it to find one post.
    "analyze items",
    "analyze post_marks",
    "delete from sqlite_stat1 where tbl in ('items', 'post_marks')",
    `insert into sqlite_stat1 (tbl, idx, stat) values
      ('items', 'items', '100000 1000 1'),
      ('items', 'items_by_post', '100000 1000 1'),
      ('items', 'items_in_threads', '10000 500 20 1'),
      ('items', 'items_mentioning', '2000 50 1'),
      ('items', 'items_expiring', '2000 2'),
      ('post_marks', 'post_marks', '20000 500 5 3 1'),
      ('post_marks', 'post_marks_by_post', '20000 500 1'),
      ('post_marks', 'post_marks_by_account', '20000 500 5 2')`,
    "analyze sqlite_schema",
  ],
  [
    // 0: found under an older key of the archive, which an ended device knows.
    "alter table archived add column kept integer not null default 1",
  ],
  [
    // So that whoever writes ten thousand times in one thread, or reacts ten thousand times to one post, costs the last time what the first did.
    "create index items_own_in_threads on items (conversation, thread) where own = 1 and thread is not null",
    "create index post_marks_again on post_marks (conversation, target, account, data, item_order) where kind = 'again'",
    "create index post_marks_counted on post_marks (conversation, target, account, item_order) where kind = 'reaction'",
  ],
  [
    // What stands in threads after some place, however much stands in the conversation itself.
    "create index items_threaded on items (conversation, item_order) where thread is not null",
    "insert into sqlite_stat1 (tbl, idx, stat) values ('items', 'items_threaded', '10000 500 1')",
    "analyze sqlite_schema",
  ],
];

export const ORDERS_PER_SEQ = 64;
/** Where own posts that have no seq yet begin. */
export const PENDING_ORDER = 2 ** 50;

/** Brings a database to the newest schema, each migration in its own transaction. */
export function migrate(store: Store): void {
  const version = Number(store.all("pragma user_version")[0]?.["user_version"] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new SottoError("store/unreadable", "This database was written by a newer version of Sotto.", {
      kind: "person",
      do: "Update Sotto, then open it again.",
    });
  }
  for (let next = version; next < MIGRATIONS.length; next++) {
    store.transaction(() => {
      for (const statement of MIGRATIONS[next] ?? []) store.run(statement);
      store.run(`pragma user_version = ${next + 1}`);
    });
  }
}
