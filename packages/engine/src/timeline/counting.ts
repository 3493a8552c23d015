import type { ConversationId, PostId } from "@sotto/protocol";
import type { UnreadThread } from "../api.ts";
import type { People } from "../people/people.ts";
import type { Store } from "../ports.ts";
import { numberOf, textOf } from "../rows.ts";
import type { ReadPlaces } from "../sync/positions.ts";
import { without } from "./look.ts";

/** Nothing is counted further. */
const COUNTED_MAX = 1000;
/** So many threads are named that have something unread. */
const THREADS_SHOWN = 32;

const STANDS = "own = 0 and kind = 'post' and deleted_by is null";
const MENTIONS = `${STANDS} and mentions = 1`;

/**
 * What counts as unread: posts by others that stand in the conversation itself, in threads in which the person takes part, and wherever they are
 * mentioned. What was deleted doesn't.
 */
const COUNTS = `${STANDS} and (thread is null or mentions = 1
  or exists (select 1 from items o where o.conversation = items.conversation and o.post = items.thread and o.own = 1)
  or exists (select 1 from items o indexed by items_own_in_threads
    where o.conversation = items.conversation and o.thread = items.thread and o.own = 1))`;

type Sql = { sql: string; parameters: readonly (string | number)[] };

/**
 * Unread posts that count, in two parts: in threads of which less was read than of the conversation itself, and after what was read of that.
 * @param onlyThreads without what stands in the conversation itself
 */
function unreadPosts(
  people: People,
  conversation: ConversationId,
  { itself, others, threads }: ReadPlaces,
  { counts = COUNTS, onlyThreads = false }: { counts?: string; onlyThreads?: boolean } = {},
): Sql {
  const hidden = without("sender", people.withTrust("blocked"));
  const columns = "items.thread, items.item_order, items.post, items.mentions";
  const places = (those: (place: number) => boolean): string =>
    JSON.stringify(Object.fromEntries([...threads].filter(([, place]) => those(place))));
  const behind = `select ${columns} from json_each(?) e cross join items
    where items.conversation = ? and items.thread = e.key and items.item_order > e.value and items.item_order <= ? and ${counts}${hidden.sql}`;
  const isAfter = "items.item_order > coalesce((select e.value from json_each(?) e where e.key = items.thread), ?)";
  const after = `select ${columns} from items where items.conversation = ? and items.item_order > ?
    and ${onlyThreads ? `items.thread is not null and ${isAfter}` : `(items.thread is null or ${isAfter})`} and ${counts}${hidden.sql}`;
  return {
    sql: `${behind} union all ${after} limit ${COUNTED_MAX}`,
    parameters: [
      places((place) => place < itself),
      conversation,
      itself,
      ...hidden.parameters,
      conversation,
      itself,
      places(() => true),
      others,
      ...hidden.parameters,
    ],
  };
}

/** Unread posts that count; to 1,000 and no further. */
export function unreadCount(store: Store, people: People, conversation: ConversationId, read: ReadPlaces): number {
  return countOf(store, unreadPosts(people, conversation, read));
}

/** How many of them mention the person. */
export function mentionCount(store: Store, people: People, conversation: ConversationId, read: ReadPlaces): number {
  return countOf(store, unreadPosts(people, conversation, read, { counts: MENTIONS }));
}

function countOf(store: Store, { sql, parameters }: Sql): number {
  const row = store.all(`select count(*) as counted from (${sql})`, parameters)[0];
  return row === undefined ? 0 : numberOf(row, "counted");
}

/** Threads with unread posts that count, by the place of the first of these; to 32 and no further. */
export function unreadThreads(
  store: Store,
  people: People,
  conversation: ConversationId,
  read: ReadPlaces,
): UnreadThread[] {
  const { sql, parameters } = unreadPosts(people, conversation, read, { onlyThreads: true });
  return store
    .all(
      // With one min() the other columns are of the row that has it.
      `select thread, count(*) as unread, sum(mentions) as mentions, min(item_order) as first, post from (${sql})
        group by thread order by first limit ${THREADS_SHOWN}`,
      parameters,
    )
    .map((row) => ({
      thread: textOf(row, "thread") as PostId,
      unread: numberOf(row, "unread"),
      mentions: numberOf(row, "mentions"),
      firstPost: textOf(row, "post") as PostId,
    }));
}

/** Threads with posts that count after one place and up to another: those of the newest of these first. */
export function threadsCounted(
  store: Store,
  people: People,
  conversation: ConversationId,
  { after, upTo, most }: { after: number; upTo: number; most: number },
): PostId[] {
  const hidden = without("sender", people.withTrust("blocked"));
  return store
    .all(
      `select thread, max(item_order) as newest from items where conversation = ? and item_order > ? and item_order <= ? and thread is not null
        and ${COUNTS}${hidden.sql} group by thread order by newest desc limit ?`,
      [conversation, after, upTo, ...hidden.parameters, most],
    )
    .map((row) => textOf(row, "thread") as PostId);
}

/** Does anything count in a thread after one place and up to another? */
export function countsInThread(
  store: Store,
  people: People,
  conversation: ConversationId,
  { thread, after, upTo = Number.MAX_SAFE_INTEGER }: { thread: PostId; after: number; upTo?: number },
): boolean {
  const hidden = without("sender", people.withTrust("blocked"));
  const sql = `select 1 as one from items where conversation = ? and thread = ? and item_order > ? and item_order <= ?
    and ${COUNTS}${hidden.sql} limit 1`;
  return store.all(sql, [conversation, thread, after, upTo, ...hidden.parameters]).length > 0;
}

/** Does anything count in the conversation itself after this place? */
export function countsInItself(store: Store, people: People, conversation: ConversationId, after: number): boolean {
  const hidden = without("sender", people.withTrust("blocked"));
  const sql = `select 1 as one from items where conversation = ? and item_order > ? and thread is null and ${STANDS}${hidden.sql} limit 1`;
  return store.all(sql, [conversation, after, ...hidden.parameters]).length > 0;
}
