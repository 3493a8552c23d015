import type { AccountId, ConversationId, PostId } from "@sotto/protocol";
import type { Reaction } from "../api-posts.ts";
import type { Store } from "../ports.ts";
import { numberOf, textOf } from "../rows.ts";
import { without, type Look } from "./look.ts";

/**
 * [Note: Reactions are counted when they come] A person counts once for an emoji on a post. Which of their reactions is the one that counts is
 * written into its row (kind "reaction"; the others are "again" and "taken"), so that a page only counts rows, however many there are. It
 * is the first by the log's order of those that weren't taken back, whatever order they were learnt in.
 */

/** Different emoji of one person that count on one post: the first ones. */
const REACTIONS_OF_ONE_MAX = 24;
/** Different emoji that are shown under one post, most used first, and people named under each. */
const REACTIONS_MAX = 64;
const REACTION_PEOPLE_MAX = 20;

/** Was a reaction taken back by its author, before or after it came? */
export function isTakenBack(store: Store, conversation: ConversationId, reaction: PostId, account: AccountId): boolean {
  return (
    store.all(
      "select 1 as one from post_marks where conversation = ? and target = ? and kind = 'unreaction' and account = ? limit 1",
      [conversation, reaction, account],
    ).length > 0
  );
}

/** Lets a taking back count, or no longer count. Inside a transaction. */
export function takeReaction(
  store: Store,
  conversation: ConversationId,
  { reaction, account }: { reaction: PostId; account: AccountId },
): void {
  const row = store.all(
    "select target, kind, data from post_marks where conversation = ? and post = ? and account = ? and kind in ('reaction', 'again', 'taken')",
    [conversation, reaction, account],
  )[0];
  if (row === undefined) return;
  const target = textOf(row, "target") as PostId;
  const kind = textOf(row, "kind");
  const isTaken = isTakenBack(store, conversation, reaction, account);
  if (isTaken === (kind === "taken")) return;
  setKind(store, conversation, reaction, isTaken ? "taken" : "again");
  if (!isTaken) return countReaction(store, conversation, { post: reaction, target, account });
  // What didn't count leaves no place to be filled.
  if (kind === "reaction") fillPlace(store, conversation, { target, account, emoji: textOf(row, "data") });
}

const setKind = (store: Store, conversation: ConversationId, post: string, kind: string): void =>
  store.run("update post_marks set kind = ? where conversation = ? and post = ?", [kind, conversation, post]);

const countedOf = (store: Store, conversation: ConversationId, target: PostId, account: AccountId) =>
  store.all(
    `select post, data, item_order from post_marks indexed by post_marks_counted
      where conversation = ? and target = ? and account = ? and kind = 'reaction' order by item_order`,
    [conversation, target, account],
  );

/**
 * Lets one more reaction count, or not: it takes the place of the same emoji's if it comes before it, a free place, or that of the last
 * emoji if it comes before that. Costs the same however many there are. Inside a transaction.
 */
export function countReaction(
  store: Store,
  conversation: ConversationId,
  { post, target, account }: { post: PostId; target: PostId; account: AccountId },
): void {
  const row = store.all("select kind, data, item_order from post_marks where conversation = ? and post = ?", [
    conversation,
    post,
  ])[0];
  if (row === undefined || textOf(row, "kind") !== "again") return;
  const counted = countedOf(store, conversation, target, account);
  const same = counted.find((other) => textOf(other, "data") === textOf(row, "data"));
  const inItsPlace = same ?? (counted.length < REACTIONS_OF_ONE_MAX ? undefined : counted.at(-1));
  if (inItsPlace !== undefined) {
    if (numberOf(inItsPlace, "item_order") < numberOf(row, "item_order")) return;
    setKind(store, conversation, textOf(inItsPlace, "post"), "again");
  }
  setKind(store, conversation, post, "reaction");
}

/** The place of a reaction that was taken back goes to the next of the same emoji; where all places were taken, to the first emoji without one. */
function fillPlace(
  store: Store,
  conversation: ConversationId,
  { target, account, emoji }: { target: PostId; account: AccountId; emoji: string },
): void {
  const counted = countedOf(store, conversation, target, account).map((row) => textOf(row, "data"));
  const isFull = counted.length === REACTIONS_OF_ONE_MAX - 1;
  const next = store.all(
    `select post from post_marks indexed by post_marks_again where conversation = ? and target = ? and account = ? and kind = 'again'
      and ${isFull ? "data not in (select value from json_each(?))" : "data = ?"} order by item_order limit 1`,
    [conversation, target, account, isFull ? JSON.stringify(counted) : emoji],
  )[0];
  if (next !== undefined) setKind(store, conversation, textOf(next, "post"), "reaction");
}

/** Says which of a person's reactions to a post count. Inside a transaction. */
export function countReactions(store: Store, conversation: ConversationId, target: PostId, account: AccountId): void {
  const counted = new Set<string>();
  for (const { post, kind, emoji } of reactionsOf(store, conversation, target, account)) {
    const now = !counted.has(emoji) && counted.size < REACTIONS_OF_ONE_MAX ? "reaction" : "again";
    counted.add(emoji);
    if (now !== kind)
      store.run("update post_marks set kind = ? where conversation = ? and post = ?", [now, conversation, post]);
  }
}

/** A person's reactions to a post that weren't taken back, counted or not, in the order of the log. */
export function reactionsOf(
  store: Store,
  conversation: ConversationId,
  target: PostId,
  account: AccountId,
): { post: PostId; kind: string; emoji: string }[] {
  return store
    .all(
      `select post, kind, data from post_marks indexed by post_marks_by_account
        where conversation = ? and target = ? and account = ? and kind in ('reaction', 'again') order by item_order`,
      [conversation, target, account],
    )
    .map((row) => ({ post: textOf(row, "post") as PostId, kind: textOf(row, "kind"), emoji: textOf(row, "data") }));
}

/** Who reacted with what to the posts of a page: one question to the database, in which it counts. */
export function reactionsOn(
  { store, people, account }: Look,
  conversation: ConversationId,
  posts: readonly PostId[],
): Map<string, Reaction[]> {
  const hidden = without("account", people.withTrust("blocked"));
  const rows = store.all(
    `select target, data, counted, own, (select group_concat(account) from (
        select account from post_marks p where p.conversation = ? and p.target = g.target and p.kind = 'reaction' and p.data = g.data${hidden.sql}
        order by p.item_order limit ?)) as named
      from (
        select target, data, count(*) as counted, max(account = ?) as own, min(item_order) as begun from post_marks
        where conversation = ? and kind = 'reaction' and target in (select value from json_each(?))${hidden.sql}
        group by target, data) g
      order by counted desc, begun, data`,
    [
      conversation,
      ...hidden.parameters,
      REACTION_PEOPLE_MAX,
      account,
      conversation,
      JSON.stringify(posts),
      ...hidden.parameters,
    ],
  );
  const found = new Map<string, Reaction[]>();
  for (const row of rows) {
    const on = found.get(textOf(row, "target")) ?? [];
    found.set(textOf(row, "target"), on);
    if (on.length >= REACTIONS_MAX) continue;
    on.push({
      emoji: textOf(row, "data"),
      count: numberOf(row, "counted"),
      own: numberOf(row, "own") === 1,
      people: textOf(row, "named")
        .split(",")
        .map((each) => people.person(each as AccountId)),
    });
  }
  return found;
}
