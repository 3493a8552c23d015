import { useEffect, useState } from "react";
import type { PostVersion } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { cleanText } from "@sotto/protocol";
import { fullTime } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { herePlace } from "../state/clock.ts";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";
import { FailureNote } from "./failure-note.tsx";
import { Sheet } from "./sheet.tsx";

type PostVersionsProps = { conversation: ConversationId; row: PostRow; onClose: () => void };

/** What a post said before it was edited, the newest first. */
export function PostVersions({ conversation, row, onClose }: PostVersionsProps) {
  const engine = useEngine();
  const [versions, setVersions] = useState<PostVersion[] | null>(null);
  const { failure, run } = useAction();
  const { post } = row;
  useEffect(() => {
    void run(async () => setVersions(await engine.versions({ conversation, post })));
  }, [engine, conversation, post, run]);
  const newestFirst = versions?.toReversed() ?? [];
  return (
    <Sheet title={m.post_versions()} width="w460" onClose={onClose}>
      <div className="versions" aria-busy={versions === null}>
        <p className="s14 t2">{m.post_versions_text()}</p>
        <FailureNote failure={failure} />
        <ol data-testid="versions">
          {newestFirst.map((version, at) => (
            <li key={at}>
              <div className="s12 t3">
                {at === 0
                  ? m.post_versions_now()
                  : at === newestFirst.length - 1
                    ? m.post_versions_first()
                    : m.post_edited()}
                {" · "}
                <time>{fullTime(version.at, herePlace())}</time>
              </div>
              <div className="version" dir="auto">
                {cleanText(version.text)}
              </div>
            </li>
          ))}
        </ol>
      </div>
    </Sheet>
  );
}
