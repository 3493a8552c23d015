import { memo } from "react";
import type { BeforeState, TimelineRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Post } from "./post.tsx";
import type { PostActions } from "./post-actions.ts";
import { SystemRow } from "./system-row.tsx";

type PostRowProps = {
  row: TimelineRow;
  solo: boolean;
  offline: boolean;
  open: boolean;
  inThread: boolean;
  active: boolean;
  fresh: boolean;
  tinted: boolean;
  newInThread: number;
  selected: boolean | null;
  actions: PostActions;
  onOlder: () => Promise<void>;
};

type BeforeProps = { state: BeforeState; onOlder: () => Promise<void> };

function Before({ state, onOlder }: BeforeProps) {
  return (
    <div className="before" data-testid="before" data-state={state}>
      {state === "loading" && (
        <>
          <span className="spin" aria-hidden="true" />
          <span>{m.post_before_loading()}</span>
        </>
      )}
      {state === "unreachable" && (
        <>
          <span>{m.post_before_unreachable()}</span>
          <button type="button" className="linkish" onClick={() => void onOlder()}>
            {m.post_retry()}
          </button>
        </>
      )}
      {state === "rootless" && <span>{m.post_thread_rootless()}</span>}
      {state === "start" && <span>{m.post_before_start()}</span>}
    </div>
  );
}

/** One row of a log. Drawn again only when something of it is another than before. */
export const LogRow = memo(function LogRow(props: PostRowProps) {
  const { row, onOlder, ...rest } = props;
  switch (row.kind) {
    case "before":
      return <Before state={row.state} onOlder={onOlder} />;
    case "day":
      return (
        <div className="day" role="separator">
          {row.label}
        </div>
      );
    case "unread":
      return (
        <div className="unread-d" role="separator" data-testid="unread-divider">
          {row.label}
        </div>
      );
    case "system":
      return <SystemRow words={row.words} time={row.time} />;
    case "post":
      return <Post {...rest} row={row} />;
  }
});
