import { Forward, Info, Trash2 } from "lucide-react";
import { deletedWords } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";
import { PostPoll } from "./post-poll.tsx";
import { PostPreview } from "./post-preview.tsx";
import { PostQuote } from "./post-quote.tsx";
import { PostPieces, usePostBody } from "./post-text.tsx";
import type { PostActions } from "./post-actions.ts";

type PostBubbleProps = { row: PostRow; stop: 0 | -1; open: boolean; actions: PostActions };

/** What was written, or what is left of it. */
export function PostBubble({ row, stop, open, actions }: PostBubbleProps) {
  if (row.what === "text") return <Text row={row} text={row.text ?? ""} stop={stop} open={open} actions={actions} />;
  const deleted = row.what === "deleted";
  return (
    <div
      className={`b tomb ${row.first ? "first" : ""} ${row.last ? "last" : ""}`}
      data-testid={deleted ? "tombstone" : "unsupported"}
    >
      <Icon of={deleted ? Trash2 : Info} size={16} />
      <span>{deleted ? deletedWords(row) : m.post_unsupported()}</span>
    </div>
  );
}

function Text({ row, text, stop, open, actions }: PostBubbleProps & { text: string }) {
  const { marks } = row;
  const { body, showAll } = usePostBody(text);
  const edges = `${row.first ? "first" : ""} ${row.last ? "last" : ""}`;
  const dim = row.state.kind === "failed" ? "dim" : "";
  const { replyTo, forwarded, poll, preview } = marks;
  const bare = replyTo === null && !forwarded && poll === null;
  return (
    <div
      className={`b ${edges} ${dim} ${body.emojiOnly && bare ? "emoji" : ""} ${marks.mentionsSelf ? "mentions" : ""}`}
      dir="auto"
      data-testid="post-text"
    >
      {forwarded && (
        <span className="fwd">
          <Icon of={Forward} size={14} />
          {m.post_forwarded()}
        </span>
      )}
      {replyTo !== null && <PostQuote quote={replyTo} stop={stop} onJump={actions.onJump} />}
      {poll === null ? (
        <PostPieces pieces={body.pieces} stop={stop} />
      ) : (
        <PostPoll
          poll={poll}
          stop={stop}
          open={open}
          onVote={(options) => actions.onVote(row, options)}
          onClose={() => actions.onClosePoll(row)}
        />
      )}
      {body.folded && (
        <button type="button" className="more" onClick={showAll}>
          {m.post_show_all()}
        </button>
      )}
      {preview !== null && <PostPreview preview={preview} row={row} stop={stop} />}
    </div>
  );
}
