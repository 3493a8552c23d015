import type { PostRow } from "./timeline-rows.ts";

/** Everything that a menu can offer for a post, in its order. */
export type PostAct =
  | "react"
  | "reply"
  | "thread"
  | "edit"
  | "copy"
  | "forward"
  | "pin"
  | "unpin"
  | "save"
  | "unsave"
  | "unread"
  | "select"
  | "versions"
  | "sees"
  | "delete";

export type ActContext = {
  /** The conversation is open: something can be written there now. */
  open: boolean;
  /** The log of a thread: no thread goes out from there. */
  inThread: boolean;
};

/** What can be done about a post here. Rights were decided by the engine; what isn't in the log yet nothing can refer to. */
export function postActs(row: PostRow, { open, inThread }: ActContext): PostAct[] {
  const { marks } = row;
  const isText = row.what === "text";
  const stands = row.seq !== null;
  const acts: [PostAct, boolean][] = [
    ["react", isText && open && stands],
    ["reply", isText && open && stands && marks.may.reply],
    ["thread", isText && open && stands && marks.may.reply && !inThread],
    ["edit", isText && open && stands && marks.may.edit && marks.poll === null],
    ["copy", isText && marks.poll === null],
    ["forward", isText && stands && marks.poll === null],
    ["pin", isText && open && stands && marks.may.pin && !marks.pinned],
    ["unpin", isText && open && stands && marks.may.pin && marks.pinned],
    ["save", isText && stands && !marks.starred],
    ["unsave", isText && marks.starred],
    ["unread", stands && !row.own && !inThread],
    ["select", isText && stands],
    ["versions", isText && marks.editedAt !== null],
    ["sees", stands],
    ["delete", stands],
  ];
  return acts.filter(([, offered]) => offered).map(([act]) => act);
}

/** May it be deleted for everyone? Decided by the engine, here only asked of every one of several. */
export function mayDeleteForEveryone(rows: readonly PostRow[]): boolean {
  return rows.length > 0 && rows.every((row) => row.what !== "deleted" && row.marks.may.delete);
}
