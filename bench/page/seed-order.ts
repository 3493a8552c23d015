/** What a browser's database is filled with: so many posts in each conversation, other numbers by the conversation's name. `until`: ms. */
export type SeedOrder = { each: number; posts: Record<string, number>; until: number };
export type SeedTold = { kind: "done" } | { kind: "failed"; message: string };

/**
 * Inserts posts number `first` up to `before` of `total`, so that the last of all is the newest and all lie before what the log holds.
 * `members`: JSON; they speak three posts at a time, `self` being the person. `until`: ms. Each post takes a part of `words`.
 */
export const INSERT_POSTS = `with recursive
  given (conversation, total, members, first, before, until, self, words) as (
    values (?, cast(? as integer), ?, cast(? as integer), cast(? as integer), cast(? as integer), ?, ?)),
  numbers (n) as (select first from given union all select n + 1 from numbers, given where n + 1 < before),
  posts as (select *, json_extract(members, '$[' || (n / 3 % json_array_length(members)) || ']') as sender from numbers, given)
  insert into items (conversation, item_order, at, kind, post, sender, own, text, content, state)
  select conversation, n - total, until - (total - n) * 60000, 'post', conversation || n, sender, sender = self,
    substr(words, 1 + n * 13 % 400, 12 + n * 37 % 170), zeroblob(180),
    case when sender = self then '{"kind":"sent"}' else '{"kind":"received"}' end from posts`;
