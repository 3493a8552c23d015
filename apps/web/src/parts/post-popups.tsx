import { useRef } from "react";
import type { ConversationId } from "@sotto/protocol";
import { postActs } from "@sotto/views";
import type { ActContext, PostAct, PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import ServerSees from "../dialogs/server-sees.tsx";
import { useEngine } from "../state/live.ts";
import Ask from "./ask.tsx";
import EmojiPopover from "./emoji-popover.tsx";
import type { Place } from "./post-actions.ts";
import { PostDelete } from "./post-delete.tsx";
import { PostForward } from "./post-forward.tsx";
import { PostMenu } from "./post-menu.tsx";
import { PostQuick } from "./post-quick.tsx";
import { PostVersions } from "./post-versions.tsx";
import { PostWho } from "./post-who.tsx";

/** What stands open beside or over a log: one thing at a time. */
export type Popup =
  | { kind: "menu" | "quick" | "picker"; row: PostRow; place: Place }
  | { kind: "who"; row: PostRow; emoji: string; place: Place }
  | { kind: "sees" | "versions" | "close-poll"; row: PostRow }
  | { kind: "delete" | "forward"; rows: readonly PostRow[] };

type PostPopupsProps = {
  popup: Popup;
  conversation: ConversationId;
  context: ActContext;
  onPopup: (popup: Popup) => void;
  /** Closes it, if it is still this one: what was chosen in it may have opened another. */
  onClose: (popup: Popup) => void;
  onAct: (row: PostRow, act: PostAct, place: Place) => void;
  onReact: (row: PostRow, emoji: string) => void;
  /** What was selected is dealt with. */
  onDone: () => void;
};

export default function PostPopups(props: PostPopupsProps) {
  const { popup, conversation, context, onPopup, onClose, onAct, onReact, onDone } = props;
  const engine = useEngine();
  const close = () => onClose(popup);
  const closeDone = (done: boolean) => {
    close();
    if (done) onDone();
  };
  switch (popup.kind) {
    case "menu": {
      const { row, place } = popup;
      return (
        <PostMenu
          row={row}
          place={place}
          acts={postActs(row, context)}
          onMore={() => onPopup({ kind: "picker", row, place })}
          onClose={close}
          onAct={(act) => {
            close();
            onAct(row, act, place);
          }}
          onReact={(emoji) => {
            close();
            onReact(row, emoji);
          }}
        />
      );
    }
    case "quick": {
      const { row, place } = popup;
      return (
        <PostQuick
          row={row}
          place={place}
          onClose={close}
          onMore={() => onPopup({ kind: "picker", row, place })}
          onReact={(emoji) => {
            close();
            onReact(row, emoji);
          }}
        />
      );
    }
    case "picker":
      return (
        <Picker
          place={popup.place}
          onClose={close}
          onPick={(emoji) => {
            close();
            onReact(popup.row, emoji);
          }}
        />
      );
    case "who": {
      const { reactions } = popup.row.marks;
      const chosen = reactions.filter(({ emoji }) => emoji === popup.emoji);
      const rest = reactions.filter(({ emoji }) => emoji !== popup.emoji);
      return <PostWho reactions={[...chosen, ...rest]} place={popup.place} onClose={close} />;
    }
    case "sees":
      return <ServerSees conversation={conversation} row={popup.row} onClose={close} />;
    case "versions":
      return <PostVersions conversation={conversation} row={popup.row} onClose={close} />;
    case "close-poll":
      return (
        <Ask
          title={m.post_close_poll_title()}
          text={m.post_close_poll_means()}
          verb={m.post_close_poll()}
          act={() => engine.closePoll({ conversation, post: popup.row.post })}
          onClose={close}
        />
      );
    case "delete":
      return <PostDelete conversation={conversation} rows={popup.rows} onClose={closeDone} />;
    case "forward":
      return <PostForward conversation={conversation} rows={popup.rows} onClose={closeDone} />;
  }
}

type PickerProps = { place: Place; onPick: (emoji: string) => void; onClose: () => void };

/** The picker stands beside an element; a post that scrolls away is none, so it gets one where the post was. */
function Picker({ place, onPick, onClose }: PickerProps) {
  const anchor = useRef<HTMLSpanElement>(null);
  const { x, y, width, height } = place;
  return (
    <>
      <span ref={anchor} className="at-place" style={{ left: x, top: y, width, height }} />
      <EmojiPopover anchor={anchor} onPick={onPick} onClose={onClose} />
    </>
  );
}
