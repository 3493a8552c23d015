import { cleanText, type AccountId, type ConversationId, type PollContent, type PostId } from "@sotto/protocol";
import type { Poll } from "../api-posts.ts";
import type { People } from "../people/people.ts";
import type { Store } from "../ports.ts";
import { textOf } from "../rows.ts";

/** So many people are named under an option. */
const VOTERS_SHOWN = 20;

type Vote = { account: AccountId; options: number[] };
/** What has happened to the polls of a page. */
export type Votes = ReadonlyMap<PostId, { votes: Vote[]; closed: boolean }>;

/**
 * The votes on polls, one a person: the last in the order of the log. A poll is closed by its author alone, and what comes later in the log
 * counts no more. One question to the database for a page.
 */
export function votesOn(store: Store, conversation: ConversationId, polls: readonly PostId[]): Votes {
  if (polls.length === 0) return new Map();
  const rows = store.all(
    `select m.target, m.account, m.kind, m.item_order, m.data from post_marks m
      where m.conversation = ? and m.kind in ('vote', 'close') and m.target in (select value from json_each(?))
        and (m.kind = 'vote' or m.account = (select i.sender from items i where i.conversation = m.conversation and i.post = m.target))
      order by m.item_order`,
    [conversation, JSON.stringify(polls)],
  );
  const found = new Map<PostId, { last: Map<AccountId, number[]>; closed: boolean }>();
  for (const row of rows) {
    const target = textOf(row, "target") as PostId;
    const on = found.get(target) ?? { last: new Map<AccountId, number[]>(), closed: false };
    found.set(target, on);
    if (textOf(row, "kind") === "close") on.closed = true;
    else if (!on.closed) on.last.set(textOf(row, "account") as AccountId, JSON.parse(textOf(row, "data")) as number[]);
  }
  return new Map(
    [...found].map(([post, { last, closed }]) => [
      post,
      { closed, votes: [...last].map(([account, options]) => ({ account, options })) },
    ]),
  );
}

/** A poll as it is shown. Options that it doesn't have, and more than one where one is asked for, are no votes. */
export function pollOf(
  { question, options, multiple }: PollContent,
  on: { votes: Vote[]; closed: boolean } | undefined,
  look: { people: People; me: AccountId; own: boolean },
): Poll {
  const blocked = look.people.withTrust("blocked");
  const votes = (on?.votes ?? []).filter(
    ({ account, options: chosen }) =>
      !blocked.has(account) &&
      chosen.length > 0 &&
      chosen.length <= (multiple ? options.length : 1) &&
      chosen.every((option) => option < options.length),
  );
  const closed = on?.closed ?? false;
  return {
    question: cleanText(question),
    options: options.map((text, at) => {
      const voters = votes.filter(({ options: chosen }) => chosen.includes(at)).map(({ account }) => account);
      return {
        text: cleanText(text),
        votes: voters.length,
        own: voters.includes(look.me),
        people: voters.slice(0, VOTERS_SHOWN).map((account) => look.people.person(account)),
      };
    }),
    multiple,
    closed,
    voters: votes.length,
    mayClose: look.own && !closed,
  };
}
