/** What a browser's database is filled with: so many posts in each conversation, other numbers by the conversation's name. `until`: ms. */
export type SeedOrder = { each: number; posts: Record<string, number>; until: number };
export type SeedTold = { kind: "done" } | { kind: "failed"; message: string };

export const INSERT_POST =
  "insert into items (conversation, item_order, at, kind, post, sender, own, text, content, state) values (?, ?, ?, 'post', ?, ?, ?, ?, ?, ?)";
