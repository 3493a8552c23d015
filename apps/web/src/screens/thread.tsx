import { X } from "lucide-react";
import type { ConnectionState, ConversationSummary } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";
import { titleOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "../parts/icon.tsx";
import type { Pinned } from "../parts/post-pins.ts";
import { PostTalk } from "../parts/post-talk.tsx";
import { useDetails } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { open } from "../state/route.ts";

const NO_PINS: readonly Pinned[] = [];

type ThreadProps = { summary: ConversationSummary; connection: ConnectionState; post: PostId };

/** What was written on one post, beside the conversation or, on a phone, over it. */
export default function Thread({ summary, connection, post }: ThreadProps) {
  const { conversation } = summary;
  const details = valueOf(useDetails(conversation), null);
  return (
    <aside className="pane details thread on-surface" aria-label={m.post_thread()} data-testid="thread">
      <div className="det-h">
        <div className="grow">
          <h2 className="s15 w6">{m.post_thread()}</h2>
          <div className="s13 t2 trunc">
            <bdi>{titleOf(summary)}</bdi>
          </div>
        </div>
        <button
          type="button"
          className="ib"
          aria-label={m.post_thread_close()}
          title={m.post_thread_close()}
          onClick={() => open(conversation)}
        >
          <Icon of={X} />
        </button>
      </div>
      <PostTalk
        summary={summary}
        details={details}
        offline={connection !== "online"}
        thread={post}
        pins={NO_PINS}
        shut={null}
      />
    </aside>
  );
}
