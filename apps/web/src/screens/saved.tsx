import { useEffect, useState } from "react";
import { ChevronLeft, Star } from "lucide-react";
import type { ConversationSummary, TimelineItem } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { fullTime, nameOf, previewOf, titleOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { herePlace } from "../state/clock.ts";
import { useEngine } from "../state/live.ts";
import { openPost } from "../state/post-place.ts";
import { go } from "../state/route.ts";
import { toast } from "../state/toast.ts";

type Starred = { conversation: ConversationId; item: TimelineItem };

/** What the person saved for themselves, newest first. */
export default function Saved({ conversations }: { conversations: readonly ConversationSummary[] }) {
  const engine = useEngine();
  const [starred, setStarred] = useState<Starred[] | null>(null);
  useEffect(() => {
    let isGone = false;
    const ask = () =>
      void engine.starredPosts().then(
        (found) => !isGone && setStarred(found),
        () => !isGone && setStarred([]),
      );
    ask();
    const stop = engine.subscribe(({ kind }) => (kind === "timeline" || kind === "conversations") && ask());
    return () => {
      isGone = true;
      stop();
    };
  }, [engine]);
  const titles = new Map(conversations.map((one) => [one.conversation, titleOf(one)]));
  return (
    <main className="pane on-surface">
      <header className="conv-h">
        <button type="button" className="ib back" aria-label={m.settings_back()} onClick={() => go({ kind: "list" })}>
          <Icon of={ChevronLeft} size={24} />
        </button>
        <h1 className="grow">{m.saved_title()}</h1>
      </header>
      <div className="scroll" tabIndex={0} role="region" aria-label={m.saved_title()}>
        <div className="page">
          {starred?.length === 0 && <p className="s15 t2">{m.saved_none()}</p>}
          <ul className="saved" data-testid="saved">
            {starred?.map(({ conversation, item }) => (
              <SavedPost
                key={item.key}
                conversation={conversation}
                item={item}
                title={titles.get(conversation) ?? ""}
                onGone={() => toast(m.saved_gone())}
              />
            ))}
          </ul>
        </div>
      </div>
    </main>
  );
}

function SavedPost({ conversation, item, title, onGone }: Starred & { title: string; onGone: () => void }) {
  const engine = useEngine();
  if (item.kind !== "post") return null;
  return (
    <li className="card saved-post">
      <PersonAvatar person={item.sender} size={36} />
      <button type="button" className="grow" onClick={() => openPost(conversation, item.post)}>
        <span className="s13 t2">
          <bdi className="w6">{nameOf(item.sender)}</bdi> · <bdi>{title}</bdi> · {fullTime(item.at, herePlace())}
        </span>
        <span className="s15 trunc-2" dir="auto">
          {previewOf(item.text)}
        </span>
      </button>
      <button
        type="button"
        className="ib"
        aria-label={m.saved_unsave()}
        title={m.saved_unsave()}
        onClick={() => void engine.setStarred({ conversation, post: item.post, starred: false }).then(onGone)}
      >
        <Icon of={Star} size={18} className="full" />
      </button>
    </li>
  );
}
