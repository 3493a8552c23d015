import { memo, useState } from "react";
import type { CSSProperties } from "react";
import { Ellipsis, Reply, SmilePlus } from "lucide-react";
import { fullTime, postLabel, senderOf } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { herePlace } from "../state/clock.ts";
import { PersonAvatar } from "./avatar.tsx";
import { Icon } from "./icon.tsx";
import { placeOf } from "./post-actions.ts";
import type { PostActions } from "./post-actions.ts";
import { useLongPress } from "./post-press.ts";
import { PostBubble } from "./post-bubble.tsx";
import { PostMeta } from "./post-meta.tsx";
import { PostReactions } from "./post-reactions.tsx";
import { PostThreadChip } from "./post-thread-chip.tsx";
import { inkOf } from "./seal.tsx";

type PostProps = {
  actions: PostActions;
  row: PostRow;
  /** Direct conversations and notes: no seal, no name, the time below. */
  solo: boolean;
  offline: boolean;
  /** Something can be written here now. */
  open: boolean;
  inThread: boolean;
  active: boolean;
  fresh: boolean;
  /** One has just come here from somewhere else. */
  tinted: boolean;
  /** Unread posts in the thread on it. */
  newInThread: number;
  /** Null: nothing is being selected. */
  selected: boolean | null;
};

/** One post with its place in its cluster. */
export const Post = memo(function Post(props: PostProps) {
  const { actions, row, solo, offline, open, inThread, active, fresh, tinted, newInThread, selected } = props;
  // A bar on each row would double what a page of rows costs: it is made where the pointer or the focus is.
  const [near, setNear] = useState(false);
  const [focused, setFocused] = useState(false);
  const stop = active ? 0 : -1;
  const name = senderOf(row);
  const { marks } = row;
  const style = { "--h": inkOf(row.sender.seal) } as CSSProperties;
  const press = useLongPress((element) => {
    if (selected === null) actions.onMenu(row, placeOf(element));
  });
  const reacts = row.what === "text" && open && row.seq !== null;
  const classes = [
    "cl",
    row.own ? "out" : "",
    solo && !row.own ? "solo" : "",
    row.first ? "head" : "",
    fresh ? "fresh" : "",
    tinted ? "tinted" : "",
    selected === null ? "" : "selects",
    selected === true ? "selected" : "",
  ];
  return (
    <article
      className={classes.filter((each) => each !== "").join(" ")}
      style={style}
      aria-label={postLabel(row, fullTime(row.at, herePlace()))}
      tabIndex={stop}
      data-row={row.key}
      data-testid="post"
      data-state={row.state.kind}
      onPointerEnter={(event) => event.pointerType === "mouse" && setNear(true)}
      onPointerLeave={() => setNear(false)}
      onFocus={({ target }) => setFocused(target.matches(":focus-visible"))}
      onBlur={(event) => setFocused(event.currentTarget.contains(event.relatedTarget))}
      onClick={() => selected !== null && actions.onSelect(row)}
    >
      {selected !== null && (
        <input
          type="checkbox"
          className="pick"
          checked={selected}
          tabIndex={stop}
          aria-label={m.post_select_one({ name, time: row.time })}
          onChange={() => undefined}
        />
      )}
      {row.named && <PersonAvatar person={row.sender} size={32} />}
      <div className="msgs">
        {row.named && (
          <div className="who">
            <button type="button" className="who-b" tabIndex={stop} onClick={() => actions.onPerson(row)}>
              <b>
                <bdi>{name}</bdi>
              </b>
            </button>
            <time>{row.time}</time>
          </div>
        )}
        <div
          className="b-wrap"
          {...press}
          onContextMenu={(event) => {
            // A link or selected text keeps the browser's own menu.
            if (event.target instanceof Element && event.target.closest("a") !== null) return;
            if (window.getSelection()?.isCollapsed === false) return;
            event.preventDefault();
            if (selected === null) actions.onMenu(row, { x: event.clientX, y: event.clientY, width: 0, height: 0 });
          }}
        >
          <PostBubble row={row} stop={stop} open={open} actions={actions} />
          {(near || focused) && selected === null && (
            <div className="hoverbar not-m" role="toolbar" aria-label={m.post_actions()}>
              {reacts && (
                <button
                  type="button"
                  className="ib"
                  tabIndex={stop}
                  aria-label={m.post_react()}
                  title={m.post_react()}
                  onClick={(event) => actions.onAct(row, "react", placeOf(event.currentTarget))}
                >
                  <Icon of={SmilePlus} size={18} />
                </button>
              )}
              {reacts && marks.may.reply && (
                <button
                  type="button"
                  className="ib"
                  tabIndex={stop}
                  aria-label={m.post_reply()}
                  title={m.post_reply()}
                  onClick={(event) => actions.onAct(row, "reply", placeOf(event.currentTarget))}
                >
                  <Icon of={Reply} size={18} />
                </button>
              )}
              <button
                type="button"
                className="ib"
                tabIndex={stop}
                aria-label={m.post_more()}
                title={m.post_more()}
                aria-haspopup="menu"
                onClick={(event) => actions.onMenu(row, placeOf(event.currentTarget))}
              >
                <Icon of={Ellipsis} size={18} />
              </button>
            </div>
          )}
        </div>
        <PostReactions
          reactions={marks.reactions}
          stop={stop}
          onReact={reacts ? (emoji, on) => actions.onReact(row, emoji, on) : null}
          onMore={(at) => actions.onAct(row, "react", placeOf(at))}
          onWho={(emoji, at) => actions.onWho(row, emoji, placeOf(at))}
        />
        {marks.replies !== null && !inThread && (
          <PostThreadChip
            replies={marks.replies}
            news={newInThread}
            stop={stop}
            onOpen={() => actions.onAct(row, "thread", { x: 0, y: 0, width: 0, height: 0 })}
          />
        )}
        <PostMeta
          row={row}
          solo={solo}
          offline={offline}
          stop={stop}
          onRetry={() => actions.onRetry(row)}
          onDiscard={() => actions.onDiscard(row)}
          onVersions={() => actions.onAct(row, "versions", { x: 0, y: 0, width: 0, height: 0 })}
        />
      </div>
    </article>
  );
});
