import { mentionsOf, type AccountId, type ConversationId, type PostId, type Seq } from "@sotto/protocol";
import { shownOf, type Mark } from "../conversation/content.ts";
import { RIGHT } from "../conversation/standing.ts";
import type { SqlRow, Store } from "../ports.ts";
import { bytesOrNull, numberOf, numberOrNull, textOf, textOrNull } from "../rows.ts";
import { ORDERS_PER_SEQ, PENDING_ORDER } from "../schema.ts";
import { foldMarks, mayDelete, mayEdit, type Folded, type StoredMark } from "./fold-marks.ts";
import { countReaction, countReactions, isTakenBack, takeReaction } from "./reactions.ts";

/**
 * [Note: Marks] Everything that a post does to another is a row beside the log's order, kept whether its target is here or not. What is shown of a
 * post is always a function of all its marks, never of the order in which they came: live, backwards through the history, or from this
 * device itself before the log has them. For edits and deletions the result is written into the post's own row, so that a page costs no
 * more for them.
 *
 * Kinds: edit, delete; reaction, again and taken (reactions.ts), and unreaction, whose target is the reaction; vote and close on polls; pins,
 * whose target is the conversation. And void, for those by who may not.
 */
export type Place = { conversation: ConversationId; order: number };
export type Whose = { account: AccountId; post: PostId; at: number; rights: number };

function dataOf(mark: Mark): string | null {
  switch (mark.kind) {
    case "edit":
      return mark.text;
    case "reaction":
      return mark.emoji;
    case "vote":
      return JSON.stringify(mark.options);
    case "pins":
      return JSON.stringify(mark.posts);
    default:
      return null;
  }
}

/** Keeps a mark and lets it count. Inside a transaction. @param me the account whose screen this is */
export function addMark(store: Store, me: AccountId, { conversation, order }: Place, whose: Whose, mark: Mark): void {
  const { account, post, at, rights } = whose;
  const { target } = mark;
  const counts = mayCount(store, conversation, whose, mark);
  // A version of what was deleted is of no use to anybody.
  const isErased = mark.kind === "edit" && counts && isForgotten(store, conversation, target, account);
  store.run(
    "insert or replace into post_marks (conversation, target, kind, item_order, account, post, at, rights, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [
      conversation,
      target,
      counts ? kindOf(store, conversation, whose, mark) : VOID,
      order,
      account,
      post,
      at,
      rights,
      counts && !isErased ? dataOf(mark) : null,
    ],
  );
  if (!counts) return;
  if (mark.kind === "reaction") countReaction(store, conversation, { post, target, account });
  else count(store, me, conversation, { kind: mark.kind, target, account });
}

const kindOf = (store: Store, conversation: ConversationId, { post, account }: Whose, { kind }: Mark): string =>
  kind !== "reaction" ? kind : isTakenBack(store, conversation, post, account) ? "taken" : "again";

/** In the place of a mark by who may not: that it came is known, what it would have done isn't, and nothing looks at it again. */
const VOID = "void";

/** Can it ever count, whatever comes before or after it? As far as it is known here whose the post is (T13). */
function mayCount(store: Store, conversation: ConversationId, { account, rights }: Whose, mark: Mark): boolean {
  if (mark.kind === "pins") return (rights & RIGHT.pin) !== 0;
  if (mark.kind !== "edit" && mark.kind !== "delete") return true;
  const row = store.all("select sender from items where conversation = ? and post = ?", [conversation, mark.target])[0];
  if (row === undefined) return true;
  const sender = textOf(row, "sender") as AccountId;
  return mark.kind === "edit" ? mayEdit({ account }, sender) : mayDelete({ account, rights }, sender);
}

/** It is known now whose post it is: of the marks that waited for it, those that can't count are void. Inside a transaction. */
export function voidForeignMarks(
  store: Store,
  conversation: ConversationId,
  { post, sender }: { post: PostId; sender: AccountId },
): void {
  store.run(
    `update post_marks set kind = ?, data = null where conversation = ? and target = ? and kind in ('edit', 'delete') and account <> ?
      and (kind = 'edit' or rights & ? = 0)`,
    [VOID, conversation, post, sender, RIGHT.deleteOthers],
  );
}

/** Lets a mark count that is here now, or elsewhere, or no longer. */
function count(
  store: Store,
  me: AccountId,
  conversation: ConversationId,
  { kind, target, account }: { kind: string; target: PostId; account: AccountId },
): void {
  switch (kind) {
    case "edit":
      return refold(store, me, conversation, target);
    case "delete":
      eraseWaiting(store, conversation, target);
      return refold(store, me, conversation, target);
    case "reaction":
    case "again":
    case "taken":
      return countReactions(store, conversation, target, account);
    case "unreaction":
      return takeReaction(store, conversation, { reaction: target, account });
  }
}

/** Takes a mark away again: it never came to be, or it is a copy. Inside a transaction. */
export function dropMark(store: Store, me: AccountId, conversation: ConversationId, post: PostId): void {
  const row = markRow(store, conversation, post);
  if (row === undefined) return;
  store.run("delete from post_marks where conversation = ? and post = ?", [conversation, post]);
  count(store, me, conversation, targetOf(row));
}

const targetOf = (row: SqlRow): { kind: string; target: PostId; account: AccountId } => ({
  kind: textOf(row, "kind"),
  target: textOf(row, "target") as PostId,
  account: textOf(row, "account") as AccountId,
});

/** What was to be done to posts here and wasn't sent comes to nothing. Inside a transaction. */
export function dropWaitingMarks(store: Store, me: AccountId, conversation: ConversationId): void {
  const rows = store.all(
    "select o.post as post from outbox o join post_marks m on m.conversation = o.conversation and m.post = o.post where o.conversation = ?",
    [conversation],
  );
  for (const post of rows.map((row) => textOf(row, "post") as PostId)) {
    store.run("delete from outbox where conversation = ? and post = ?", [conversation, post]);
    dropMark(store, me, conversation, post);
  }
}

/** An own mark has been taken into the log: it has its place there. Inside a transaction. @returns it; undefined when it was there before */
export function settleMark(
  store: Store,
  me: AccountId,
  conversation: ConversationId,
  post: PostId,
  seq: Seq,
): StoredMark | undefined {
  const row = markRow(store, conversation, post);
  if (row === undefined || numberOf(row, "item_order") < PENDING_ORDER) return undefined;
  store.run("update post_marks set item_order = ? where conversation = ? and post = ?", [
    seq * ORDERS_PER_SEQ,
    conversation,
    post,
  ]);
  count(store, me, conversation, targetOf(row));
  return { ...markOf(row), order: seq * ORDERS_PER_SEQ };
}

/** Where a mark stands, by its own id; undefined for what is none. */
export function placeOfMark(store: Store, conversation: ConversationId, post: PostId): number | undefined {
  const row = markRow(store, conversation, post);
  return row === undefined ? undefined : numberOf(row, "item_order");
}

const markRow = (store: Store, conversation: ConversationId, post: PostId): SqlRow | undefined =>
  store.all(`select target, ${COLUMNS} from post_marks where conversation = ? and post = ?`, [conversation, post])[0];

const COLUMNS = "kind, item_order, account, post, at, rights, data";

function markOf(row: SqlRow): StoredMark {
  return {
    kind: textOf(row, "kind"),
    order: numberOf(row, "item_order"),
    account: textOf(row, "account") as AccountId,
    post: textOf(row, "post") as PostId,
    at: numberOf(row, "at"),
    rights: numberOf(row, "rights"),
    data: textOrNull(row, "data"),
  };
}

/** All marks of a kind on a post, in the order of the log. */
export function marksOf(store: Store, conversation: ConversationId, target: PostId, kind: string): StoredMark[] {
  return store
    .all(`select ${COLUMNS} from post_marks where conversation = ? and target = ? and kind = ? order by item_order`, [
      conversation,
      target,
      kind,
    ])
    .map(markOf);
}

/** Own marks on a post that wait to be sent, of one kind or of all. */
export function waitingMarks(store: Store, conversation: ConversationId, target: PostId, kind?: string): PostId[] {
  return store
    .all("select post, kind from post_marks where conversation = ? and target = ? and item_order >= ?", [
      conversation,
      target,
      PENDING_ORDER,
    ])
    .filter((row) => kind === undefined || textOf(row, "kind") === kind)
    .map((row) => textOf(row, "post") as PostId);
}

/** Was anything done to this post, by whomever? */
export function hasMarks(store: Store, conversation: ConversationId, target: PostId): boolean {
  return (
    store.all("select 1 as one from post_marks where conversation = ? and target = ? limit 1", [conversation, target])
      .length > 0
  );
}

/** What the marks make of a post by this sender. Looks at no more of them than it takes. */
export function foldOf(store: Store, conversation: ConversationId, target: PostId, sender: AccountId): Folded {
  const rows = store.all(
    `select ${COLUMNS} from (select * from post_marks where conversation = ? and target = ? and kind = 'edit' and account = ? order by item_order desc limit 1)
     union all
     select ${COLUMNS} from (select * from post_marks where conversation = ? and target = ? and kind = 'delete' and (account = ? or rights & ?) order by item_order limit 1)`,
    [conversation, target, sender, conversation, target, sender, RIGHT.deleteOthers],
  );
  return foldMarks(sender, rows.map(markOf));
}

/** Is a post deleted, as far as a version of it by this account is concerned? The post itself needn't be here. */
function isForgotten(store: Store, conversation: ConversationId, target: PostId, editor: AccountId): boolean {
  const row = store.all("select kind, sender from items where conversation = ? and post = ?", [
    conversation,
    target,
  ])[0];
  if (row !== undefined && textOf(row, "kind") === "gone") return true;
  const sender = row === undefined ? editor : (textOf(row, "sender") as AccountId);
  return isSettled(foldOf(store, conversation, target, sender).deletion);
}

/** A deletion that waits to be sent may still fail: until it is in the log, nothing is erased. */
export const isSettled = (mark: StoredMark | null): boolean => mark !== null && mark.order < PENDING_ORDER;

/** Is the person mentioned, or everybody by somebody who could? */
export function mentions(me: AccountId, conversation: ConversationId, text: string | null, rights: number): boolean {
  if (text === null) return false;
  const { accounts, conversations } = mentionsOf(text);
  return accounts.includes(me) || ((rights & RIGHT.mentionAll) !== 0 && conversations.includes(conversation));
}

/** Versions of a post that isn't here and won't be shown when it comes. Those that come later are empty from the beginning. */
function eraseWaiting(store: Store, conversation: ConversationId, target: PostId): void {
  store.run(
    `update post_marks set data = null where conversation = ? and target = ? and kind = 'edit' and data is not null and exists
      (select 1 from post_marks d where d.conversation = post_marks.conversation and d.target = post_marks.target and d.kind = 'delete'
        and d.item_order < ? and (d.account = post_marks.account or d.rights & ?))`,
    [conversation, target, PENDING_ORDER, RIGHT.deleteOthers],
  );
}

/** Writes into a post's row what its marks make of it. Inside a transaction. */
export function refold(store: Store, me: AccountId, conversation: ConversationId, target: PostId): void {
  const row = store.all(
    "select item_order, seq, sender, content, edited_at, deleted_by from items where conversation = ? and post = ? and kind = 'post'",
    [conversation, target],
  )[0];
  if (row === undefined) return;
  const sender = textOf(row, "sender") as AccountId;
  const { deletion, edit } = foldOf(store, conversation, target, sender);
  const isInLog = numberOrNull(row, "seq") !== null;
  const content = bytesOrNull(row, "content");
  if (deletion !== null && isSettled(deletion) && isInLog) {
    if (content !== null || textOrNull(row, "deleted_by") !== deletion.account)
      erase(store, conversation, target, deletion.account);
    return;
  }
  if (content === null) return;
  const original = shownOf(content);
  // What people voted on stays what it was.
  if (original.kind !== "text" || original.poll !== null) {
    store.run("update items set deleted_by = ? where conversation = ? and item_order = ?", [
      deletion?.account ?? null,
      conversation,
      numberOf(row, "item_order"),
    ]);
    return;
  }
  if (
    edit === null &&
    deletion === null &&
    numberOrNull(row, "edited_at") === null &&
    textOrNull(row, "deleted_by") === null
  )
    return;
  store.run(
    `update items set text = ?, edited_at = ?, deleted_by = ?, mentions = case when ? then ? else mentions end
      where conversation = ? and item_order = ?`,
    [
      edit === null ? original.text : edit.data,
      edit?.at ?? null,
      deletion?.account ?? null,
      edit === null ? 0 : 1,
      edit !== null && sender !== me && mentions(me, conversation, edit.data, edit.rights) ? 1 : 0,
      conversation,
      numberOf(row, "item_order"),
    ],
  );
}

/** Nothing of the post's text stays: not in its row, not in its versions, not in versions that wait to be sent. */
function eraseVersions(store: Store, conversation: ConversationId, target: PostId): void {
  for (const mark of waitingMarks(store, conversation, target, "edit")) {
    store.run("delete from outbox where conversation = ? and post = ?", [conversation, mark]);
    store.run("delete from post_marks where conversation = ? and post = ?", [conversation, mark]);
  }
  store.run("update post_marks set data = null where conversation = ? and target = ? and kind = 'edit'", [
    conversation,
    target,
  ]);
}

function erase(store: Store, conversation: ConversationId, target: PostId, by: AccountId): void {
  store.run(
    `update items set text = null, content = null, extra = null, edited_at = null, mentions = 0, reply_to = null, deleted_by = ?
      where conversation = ? and post = ?`,
    [by, conversation, target],
  );
  eraseVersions(store, conversation, target);
}

/**
 * A post is no more for this device: the person deleted it for themselves, or its time is over. Its row stays as an empty place that nothing
 * shows. Of one that waits to be sent the content stays until it is in the log. Inside a transaction.
 */
export function forgetPost(store: Store, conversation: ConversationId, post: PostId): void {
  store.run("update items set kind = 'gone' where conversation = ? and post = ? and kind = 'post'", [
    conversation,
    post,
  ]);
  eraseGone(store, conversation, post);
}

/** Inside a transaction. */
export function eraseGone(store: Store, conversation: ConversationId, post: PostId): void {
  const gone = store.all(
    "select 1 as one from items where conversation = ? and post = ? and kind = 'gone' and seq is not null",
    [conversation, post],
  );
  if (gone.length === 0) return;
  store.run(
    `update items set text = null, content = null, extra = null, edited_at = null, mentions = 0, reply_to = null, thread = null,
      expires_at = null where conversation = ? and post = ?`,
    [conversation, post],
  );
  eraseVersions(store, conversation, post);
}
