import { Fragment } from "react";
import type { ReactNode } from "react";
import { Bookmark, Check, CheckCheck, CircleAlert, Clock, Pin, Timer } from "lucide-react";
import { expiryWords, notSentBecause, reachedOf } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useNow } from "../state/clock.ts";
import { Icon } from "./icon.tsx";
import { Seal } from "./seal.tsx";

const SEALS_SHOWN = 3;
/** What is there for so short a time only says so on every post, not only on the last of its cluster. */
const SHORT_MS = 3_600_000;

type PostMetaProps = {
  row: PostRow;
  solo: boolean;
  offline: boolean;
  stop: 0 | -1;
  onRetry: () => void;
  onDiscard: () => void;
  onVersions: () => void;
};

function Expiry({ at }: { at: number }) {
  const now = useNow();
  return (
    <span className="meta-i" data-testid="expiry">
      <Icon of={Timer} size={14} />
      {expiryWords(at, now)}
    </span>
  );
}

/** How far the newest own post has come. */
function Reached({ row, solo }: { row: PostRow; solo: boolean }) {
  const reached = reachedOf(row.marks);
  switch (reached.kind) {
    case "sent":
      return (
        <span className="meta-i">
          <Icon of={Check} size={14} />
          {m.post_sent({ time: row.time })}
        </span>
      );
    case "delivered":
      return (
        <span className="meta-i">
          <Icon of={CheckCheck} size={14} />
          {reached.some === null ? m.post_delivered({ time: row.time }) : m.post_delivered_some(reached.some)}
        </span>
      );
    case "read":
      return (
        <span className="meta-i" title={m.post_read_by_names({ names: reached.names })}>
          <span aria-hidden="true">{solo ? m.post_read() : m.post_read_by()}</span>
          <span className="vh">{m.post_read_by_names({ names: reached.names })}</span>
          {reached.people.slice(0, SEALS_SHOWN).map((person) => (
            <Seal key={person.account} material={person.seal} detail="mini" />
          ))}
          {reached.people.length > SEALS_SHOWN && (
            <span aria-hidden="true">+{reached.people.length - SEALS_SHOWN}</span>
          )}
        </span>
      );
  }
}

/** What stands under a post: when, what became of it, how long it stays. */
export function PostMeta({ row, solo, offline, stop, onRetry, onDiscard, onVersions }: PostMetaProps) {
  const { marks, state } = row;
  if (state.kind === "failed")
    return (
      <div className="meta bad">
        <Icon of={CircleAlert} size={14} />
        <span>{notSentBecause(state.failure)}</span>
        <button type="button" onClick={onRetry}>
          {m.post_retry()}
        </button>
        <button type="button" onClick={onDiscard}>
          {m.post_discard()}
        </button>
      </div>
    );
  if (row.own && state.kind === "sending")
    return row.stateShown || row.last ? (
      <div className="meta" data-testid="post-state">
        <Icon of={Clock} size={14} />
        {offline ? m.post_goes_out_later() : m.post_sending()}
      </div>
    ) : null;
  const reached = row.own && row.last && row.stateShown && state.kind === "sent" && row.what === "text";
  const timed = row.last && (row.own || solo);
  const { kind } = reachedOf(marks);
  const parts: ReactNode[] = [];
  // "Sent 10:26" has the time in it.
  if (timed && !(reached && kind !== "read")) parts.push(<time>{row.time}</time>);
  if (marks.pinned)
    parts.push(
      <span className="meta-i">
        <Icon of={Pin} size={14} />
        {m.post_pinned()}
      </span>,
    );
  if (marks.starred)
    parts.push(
      <span className="meta-i">
        <Icon of={Bookmark} size={14} />
        {m.post_saved()}
      </span>,
    );
  if (marks.editedAt !== null)
    parts.push(
      <button type="button" className="quietly" tabIndex={stop} title={m.post_versions()} onClick={onVersions}>
        {m.post_edited()}
      </button>,
    );
  if (marks.expiresAt !== null && (row.last || marks.expiresAt - row.at < SHORT_MS))
    parts.push(<Expiry at={marks.expiresAt} />);
  if (reached) parts.push(<Reached row={row} solo={solo} />);
  if (parts.length === 0) return null;
  return (
    <div className="meta" {...(reached ? { "data-testid": "post-state", "data-reached": kind } : {})}>
      {parts.map((part, at) => (
        <Fragment key={at}>
          {at > 0 && <span aria-hidden="true">·</span>}
          {part}
        </Fragment>
      ))}
    </div>
  );
}
