import { memo, useState } from "react";
import type { CSSProperties } from "react";
import { Check, CircleAlert, Clock, Copy, Info, ScanEye } from "lucide-react";
import { nameOf, notSentBecause } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { PersonAvatar } from "./avatar.tsx";
import { Icon } from "./icon.tsx";
import { PostPieces, usePostBody } from "./post-text.tsx";
import { inkOf } from "./seal.tsx";

export type PostActions = {
  onSees: (row: PostRow) => void;
  onCopy: (row: PostRow) => void;
  onRetry: (row: PostRow) => void;
  onDiscard: (row: PostRow) => void;
  onPerson: (row: PostRow) => void;
};

type PostProps = PostActions & {
  row: PostRow;
  /** Direct conversations and notes: no seal, no name, the time below. */
  solo: boolean;
  offline: boolean;
  active: boolean;
  fresh: boolean;
};

function Meta({ row, solo, offline, onRetry, onDiscard }: PostProps) {
  if (row.state.kind === "failed")
    return (
      <div className="meta bad">
        <Icon of={CircleAlert} size={14} />
        <span>{notSentBecause(row.state.failure)}</span>
        <button type="button" onClick={() => onRetry(row)}>
          Try again
        </button>
        <button type="button" onClick={() => onDiscard(row)}>
          Discard
        </button>
      </div>
    );
  if (row.own && row.state.kind === "sending" && (row.stateShown || row.last))
    return (
      <div className="meta" data-testid="post-state">
        <Icon of={Clock} size={14} />
        {offline ? "Goes out when you reconnect" : "Sending"}
      </div>
    );
  if (!row.last || (!row.own && !solo)) return null;
  if (row.own && row.stateShown && row.state.kind === "sent")
    return (
      <div className="meta" data-testid="post-state">
        <Icon of={Check} size={14} />
        Sent {row.time}
      </div>
    );
  return <div className="meta">{row.time}</div>;
}

function Bubble({ row, text }: { row: PostRow; text: string }) {
  const { body, showAll } = usePostBody(text);
  const edges = `${row.first ? "first" : ""} ${row.last ? "last" : ""}`;
  const dim = row.state.kind === "failed" ? "dim" : "";
  return (
    <div className={`b ${edges} ${dim} ${body.emojiOnly ? "emoji" : ""}`} dir="auto" data-testid="post-text">
      <PostPieces pieces={body.pieces} />
      {body.folded && (
        <button type="button" className="more" onClick={showAll}>
          Show all
        </button>
      )}
    </div>
  );
}

/** One post with its place in its cluster. */
export const Post = memo(function Post(props: PostProps) {
  const { row, solo, active, fresh, onSees, onCopy, onPerson } = props;
  // Where nothing hovers, a tap shows what hovering would.
  const [tapped, setTapped] = useState(false);
  const sender = row.own ? "You" : nameOf(row.sender);
  const stop = active ? 0 : -1;
  const style = { "--h": inkOf(row.sender.seal) } as CSSProperties;
  return (
    <article
      className={`cl ${row.own ? "out" : ""} ${solo && !row.own ? "solo" : ""} ${row.first ? "head" : ""} ${fresh ? "fresh" : ""}`}
      style={style}
      aria-label={`${sender}, ${row.fullTime}`}
      tabIndex={stop}
      data-row={row.key}
      data-testid="post"
      data-state={row.state.kind}
    >
      {row.named && <PersonAvatar person={row.sender} size={32} />}
      <div className="msgs">
        {row.named && (
          <div className="who">
            <button type="button" className="who-b" tabIndex={stop} onClick={() => onPerson(row)}>
              <b>
                <bdi>{sender}</bdi>
              </b>
            </button>
            <time>{row.time}</time>
          </div>
        )}
        <div
          className={`b-wrap ${tapped ? "tapped" : ""}`}
          onPointerUp={(event) => event.pointerType !== "mouse" && setTapped(!tapped)}
        >
          {row.text === null ? (
            <div className="b tomb first last">
              <Icon of={Info} size={16} />
              <span>Something this version can’t show yet. Update Sotto to see it.</span>
            </div>
          ) : (
            <Bubble row={row} text={row.text} />
          )}
          <div className="hoverbar" role="toolbar" aria-label="Message actions">
            {row.text !== null && (
              <button
                type="button"
                className="ib"
                tabIndex={stop}
                aria-label="Copy text"
                title="Copy text"
                onClick={() => onCopy(row)}
              >
                <Icon of={Copy} size={17} />
              </button>
            )}
            {row.seq !== null && (
              <button
                type="button"
                className="ib"
                tabIndex={stop}
                aria-label="What the server sees"
                title="What the server sees"
                onClick={() => onSees(row)}
              >
                <Icon of={ScanEye} size={18} />
              </button>
            )}
          </div>
        </div>
        <Meta {...props} />
      </div>
    </article>
  );
});
