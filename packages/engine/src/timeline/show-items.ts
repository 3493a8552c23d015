import { holdsLink, type AccountId, type ConversationId, type PostId } from "@sotto/protocol";
import type { PostMarks, Quote, Reaction } from "../api-posts.ts";
import type { Person, PostState, TimelineItem } from "../api.ts";
import { rightsOf } from "../conversation/rights.ts";
import type { SqlRow } from "../ports.ts";
import { numberOf, numberOrNull, textOf, textOrNull } from "../rows.ts";
import { SYNC } from "../sync/sync-state.ts";
import { extraOf, shownPreview, type Extra } from "../posts/extras.ts";
import { pinsOf } from "../posts/pin-marks.ts";
import { receiptsIn } from "../presence/receipts.ts";
import { pollOf, votesOn, type Votes } from "../posts/poll-votes.ts";
import { without, type Look } from "./look.ts";
import { NO_MARKS } from "./post-marks.ts";
import { reactionsOn } from "./reactions.ts";
import { showLine, type StoredLine } from "./stored-line.ts";

export const COLUMNS =
  "item_order, seq, at, kind, post, sender, own, text, state, line, reply_to, thread, forwarded, mentions, edited_at, deleted_by, expires_at, extra";

/** So many people are named under a thread. */
const THREAD_PEOPLE_MAX = 5;

/** Rows of the timeline as they are shown. Three questions to the database for a whole page, whatever has happened to its posts. */
export function showItems(look: Look, conversation: ConversationId, rows: readonly SqlRow[]): TimelineItem[] {
  const shown = rows.filter((row) => textOf(row, "kind") === "post" && textOrNull(row, "deleted_by") === null);
  const posts = shown.map((row) => textOf(row, "post") as PostId);
  const answered = shown.flatMap((row) => textOrNull(row, "reply_to") ?? []);
  const more: More = {
    quotes: answered.length === 0 ? new Map() : quotesOf(look, conversation, answered as PostId[]),
    reactions: posts.length === 0 ? new Map() : reactionsOn(look, conversation, posts),
    threads: posts.length === 0 ? new Map() : threadsOn(look, conversation, posts),
    votes: votesOn(look.store, conversation, shown.flatMap(pollAt)),
    pins: new Set(posts.length === 0 ? [] : pinsOf(look, conversation)),
    receipts: rows.some((row) => numberOf(row, "own") === 1) ? receiptsIn(look, look.record) : null,
  };
  const may = rightsHere(look);
  return rows.map((row) => itemOf(look, row, (post) => marksOf(look, conversation, row, post, more, may)));
}

/** One row without what lies in others: enough for a line in a list. */
export function showPlain(look: Pick<Look, "people">, row: SqlRow): TimelineItem {
  const { poll } = extraAt(row);
  if (poll === undefined) return itemOf(look, row, () => NO_MARKS);
  const shown = pollOf(poll, undefined, { people: look.people, me: textOf(row, "sender") as AccountId, own: false });
  return itemOf(look, row, () => ({ ...NO_MARKS, poll: shown }));
}

function itemOf({ people }: Pick<Look, "people">, row: SqlRow, marks: (post: PostId) => PostMarks): TimelineItem {
  const order = numberOf(row, "item_order");
  const base = {
    key: textOrNull(row, "post") ?? String(order),
    order,
    seq: numberOrNull(row, "seq"),
    at: numberOf(row, "at"),
  };
  if (textOf(row, "kind") === "system")
    return { ...base, kind: "system", line: showLine(JSON.parse(textOf(row, "line")) as StoredLine, people) };
  const text = textOrNull(row, "text");
  const own = numberOf(row, "own") === 1;
  const sender = people.person(textOf(row, "sender") as AccountId);
  const post = textOf(row, "post") as PostId;
  const deletedBy = textOrNull(row, "deleted_by");
  if (deletedBy !== null)
    return { ...base, kind: "deleted", post, sender, own, by: people.person(deletedBy as AccountId) };
  if (text === null) return { ...base, kind: "unsupported", post, sender, own };
  const state = JSON.parse(textOf(row, "state")) as PostState;
  return { ...base, kind: "post", post, sender, own, text, state, marks: marks(post) };
}

type More = {
  quotes: ReadonlyMap<string, Quote>;
  reactions: ReadonlyMap<string, Reaction[]>;
  threads: ReadonlyMap<string, NonNullable<PostMarks["replies"]>>;
  votes: Votes;
  pins: ReadonlySet<PostId>;
  receipts: ReturnType<typeof receiptsIn>;
};

const extraAt = (row: SqlRow): Extra => extraOf(textOrNull(row, "extra"));
/** Most posts hold nothing beside their text. */
const pollAt = (row: SqlRow): PostId[] => (extraAt(row).poll === undefined ? [] : [textOf(row, "post") as PostId]);

type May = { write: boolean; deleteOthers: boolean; pin: boolean };

const rightsHere = ({ record, account }: Look): May => {
  if (record === undefined) return { write: false, deleteOthers: false, pin: false };
  const rights = rightsOf(record, account);
  return { write: rights.post, deleteOthers: rights.manage, pin: rights.pin };
};

/** What the person may do with a post: decided here, for what is offered and for what the calls let through. */
export function mayWith(
  may: May,
  { own, isInLog, isFailed, isPoll = false }: { own: boolean; isInLog: boolean; isFailed: boolean; isPoll?: boolean },
): PostMarks["may"] {
  const isThere = !isFailed && (isInLog || own);
  return {
    edit: own && may.write && isThere && !isPoll,
    delete: isThere && (own ? may.write || isInLog : may.deleteOthers),
    pin: may.pin && isInLog,
    reply: may.write && isThere,
  };
}

/** What it is to the person who looks. Whoever adds to what a post can have adds it here, from its row or for the whole page at once. */
function marksOf(
  look: Look,
  conversation: ConversationId,
  row: SqlRow,
  post: PostId,
  { quotes, reactions, threads, votes, pins, receipts }: More,
  may: May,
): PostMarks {
  const replyTo = textOrNull(row, "reply_to") as PostId | null;
  const { poll, preview } = extraAt(row);
  const own = numberOf(row, "own") === 1;
  const seq = numberOrNull(row, "seq");
  return {
    ...NO_MARKS,
    editedAt: numberOrNull(row, "edited_at"),
    replyTo: replyTo === null ? null : (quotes.get(replyTo) ?? { post: replyTo, kind: "unknown" }),
    thread: textOrNull(row, "thread") as PostId | null,
    replies: threads.get(post) ?? null,
    reactions: reactions.get(post) ?? [],
    mentionsSelf: numberOf(row, "mentions") === 1,
    forwarded: numberOf(row, "forwarded") === 1,
    expiresAt: numberOrNull(row, "expires_at"),
    poll: poll === undefined ? null : pollOf(poll, votes.get(post), { people: look.people, me: look.account, own }),
    // A later version may not hold the link any more.
    preview: preview !== undefined && holdsLink(textOf(row, "text"), preview.url) ? shownPreview(preview) : null,
    pinned: pins.has(post),
    receipts: own && seq !== null && receipts !== null ? receipts(seq) : null,
    starred: look.sync.get(SYNC.star(conversation, post)) !== undefined,
    may: mayWith(may, {
      own,
      isPoll: poll !== undefined,
      isInLog: seq !== null,
      isFailed: textOf(row, "state").includes('"failed"'),
    }),
  };
}

/** What posts answer, as it is stored and shown here. */
function quotesOf(look: Look, conversation: ConversationId, answered: readonly PostId[]): Map<string, Quote> {
  const { store, people, now } = look;
  const blocked = people.withTrust("blocked");
  const rows = store.all(
    "select post, kind, sender, own, text, deleted_by, expires_at from items where conversation = ? and post in (select value from json_each(?))",
    [conversation, JSON.stringify([...new Set(answered)])],
  );
  return new Map(
    rows.map((row): [string, Quote] => {
      const post = textOf(row, "post") as PostId;
      const sender = textOf(row, "sender") as AccountId;
      const text = textOrNull(row, "text");
      const expiresAt = numberOrNull(row, "expires_at");
      const isOver = textOf(row, "kind") !== "post" || (expiresAt !== null && expiresAt <= now);
      if (isOver || textOrNull(row, "deleted_by") !== null) return [post, { post, kind: "deleted" }];
      if (text === null || blocked.has(sender)) return [post, { post, kind: "unknown" }];
      return [post, { post, kind: "post", sender: people.person(sender), own: numberOf(row, "own") === 1, text }];
    }),
  );
}

/** What was written in the threads on posts. */
function threadsOn(
  { store, people, now }: Look,
  conversation: ConversationId,
  posts: readonly PostId[],
): Map<string, NonNullable<PostMarks["replies"]>> {
  const hidden = without("sender", people.withTrust("blocked"));
  const rows = store.all(
    `select thread, sender, count(*) as written, max(at) as newest, min(item_order) as first from items
      where conversation = ? and thread in (select value from json_each(?)) and kind = 'post' and deleted_by is null
        and (expires_at is null or expires_at > ?)${hidden.sql}
      group by thread, sender order by first`,
    [conversation, JSON.stringify(posts), now, ...hidden.parameters],
  );
  const found = new Map<string, { count: number; newestAt: number; people: Person[] }>();
  for (const row of rows) {
    const thread = textOf(row, "thread");
    const known = found.get(thread) ?? { count: 0, newestAt: 0, people: [] };
    found.set(thread, known);
    known.count += numberOf(row, "written");
    known.newestAt = Math.max(known.newestAt, numberOf(row, "newest"));
    if (known.people.length < THREAD_PEOPLE_MAX) known.people.push(people.person(textOf(row, "sender") as AccountId));
  }
  return found;
}
