import type { PostId } from "@sotto/protocol";
import type { PostAct, PostRow } from "@sotto/views";

/** Where something that opens stands: beside what it was asked from, or where the pointer was. */
export type Place = { x: number; y: number; width: number; height: number };

export function placeOf(element: Element): Place {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x, y, width, height };
}

/** What a post can ask for. The same object as long as a log is shown: no row is drawn again for it. */
export type PostActions = {
  onAct: (row: PostRow, act: PostAct, place: Place) => void;
  onMenu: (row: PostRow, place: Place) => void;
  onReact: (row: PostRow, emoji: string, on: boolean) => void;
  onWho: (row: PostRow, emoji: string, place: Place) => void;
  onJump: (post: PostId) => void;
  onVote: (row: PostRow, options: number[]) => void;
  onClosePoll: (row: PostRow) => void;
  onSelect: (row: PostRow) => void;
  onRetry: (row: PostRow) => void;
  onDiscard: (row: PostRow) => void;
  onPerson: (row: PostRow) => void;
};
