import { useEffect, useState } from "react";
import { ChevronLeft, Link } from "lucide-react";
import type { InvitePreview } from "@sotto/engine";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { useEngine } from "../state/live.ts";
import { go, open, replace } from "../state/route.ts";
import { useAction } from "../state/use-action.ts";

/** Where an invite link leads: what it is, and the way in. */
export default function Join({ invite }: { invite: string }) {
  const engine = useEngine();
  const link = `${window.location.origin}/#join/${invite}`;
  const [preview, setPreview] = useState<InvitePreview | null>(null);
  const looking = useAction();
  const asking = useAction();
  const { run } = looking;
  useEffect(() => {
    let isGone = false;
    const look = () =>
      void run(async () => {
        const found = await engine.lookAtInvite({ link });
        if (isGone) return;
        setPreview(found);
        // Let in meanwhile: the conversation is the place to be.
        if (found.state === "member") replace({ kind: "conversation", conversation: found.conversation, panel: null });
      });
    look();
    const stop = engine.subscribe(({ kind }) => kind === "conversations" && look());
    return () => {
      isGone = true;
      stop();
    };
  }, [engine, link, run]);
  const ask = () =>
    void asking.run(async () => {
      const now = await engine.acceptInvite({ link });
      setPreview(now);
      if (now.state === "member") open(now.conversation);
    });
  return (
    <main className="pane on-surface">
      <header className="conv-h">
        <button type="button" className="ib back" aria-label={m.settings_back()} onClick={() => go({ kind: "list" })}>
          <Icon of={ChevronLeft} size={24} />
        </button>
        <h1 className="grow">{m.join_title()}</h1>
      </header>
      <div className="scroll">
        <div className="page join" data-testid="join">
          <span className="round-ic big">
            <Icon of={Link} size={28} />
          </span>
          {preview === null ? (
            <>
              {looking.busy && <p className="s15 t2">{m.join_looking()}</p>}
              <FailureNote failure={looking.failure} />
            </>
          ) : (
            <>
              <h2 className="hero-name">
                <bdi>{preview.name === "" ? m.join_unnamed() : preview.name}</bdi>
              </h2>
              {preview.topic !== "" && (
                <p className="s15">
                  <bdi>{preview.topic}</bdi>
                </p>
              )}
              <p className="s15 t2">
                {m.count_people({ count: preview.people })}. {preview.approval ? m.join_approval() : m.join_free()}
              </p>
              <p className="s14 t2">{m.join_seen()}</p>
              <FailureNote failure={asking.failure} />
              {preview.state === "waiting" ? (
                <p className="note" role="status">
                  {preview.approval ? m.join_waiting() : m.join_coming()}
                </p>
              ) : (
                <BusyButton
                  busy={asking.busy}
                  className="btn primary"

                  onClick={ask}
                >
                  {preview.approval ? m.join_ask() : m.join_join()}
                </BusyButton>
              )}
            </>
          )}
        </div>
      </div>
    </main>
  );
}
