import type { AccountId, PostId } from "@sotto/protocol";
import { RIGHT } from "../conversation/standing.ts";

/** A mark on a post, as the database keeps it. `order`: of the entry that brought it; what waits to be sent comes after everything. */
export type StoredMark = {
  kind: string;
  order: number;
  account: AccountId;
  /** The id of the post that is this mark. */
  post: PostId;
  /** ms: its author's signed time. */
  at: number;
  rights: number;
  data: string | null;
};

/** What the marks on a post make of it. */
export type Folded = { deletion: StoredMark | null; edit: StoredMark | null };

export const NOTHING_FOLDED: Folded = { deletion: null, edit: null };

/** Only its author's account edits a post (T13). */
export const mayEdit = (mark: Pick<StoredMark, "account">, sender: AccountId): boolean => mark.account === sender;

/** Its author's account deletes a post, or who could delete others' posts at the entry that does it (T13). */
export const mayDelete = (mark: Pick<StoredMark, "account" | "rights">, sender: AccountId): boolean =>
  mark.account === sender || (mark.rights & RIGHT.deleteOthers) !== 0;

/**
 * What is shown of a post by its marks, in whatever order they were learnt: of those that may, the first that deletes it, and the last version.
 * All the rest are no marks at all.
 */
export function foldMarks(sender: AccountId, marks: Iterable<StoredMark>): Folded {
  const folded: Folded = { deletion: null, edit: null };
  for (const mark of marks) {
    if (mark.kind === "delete" && mayDelete(mark, sender) && (folded.deletion?.order ?? Infinity) > mark.order)
      folded.deletion = mark;
    if (mark.kind === "edit" && mayEdit(mark, sender) && (folded.edit?.order ?? -1) < mark.order) folded.edit = mark;
  }
  return folded;
}
