import type { ConversationSummary } from "@sotto/engine";
import { asFailure, failureSentence } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useEngine } from "../state/live.ts";
import { go } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import { TrustGlyph } from "./trust.tsx";

/** Stands where one would write, while somebody one shares nothing with waits for a decision. They are told nothing of it. */
export function RequestBar({ summary }: { summary: ConversationSummary }) {
  const engine = useEngine();
  const { conversation } = summary;
  const [other] = summary.people;
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  const leave = (work: Promise<void>) => void work.then(() => go({ kind: "list" }), say);
  return (
    <section className="request-bar" aria-label={m.request_title()} data-testid="request-bar">
      <p className="s15">
        <TrustGlyph tone="unverified" size={18} />{" "}
        {summary.kind === "direct" && other !== undefined && other.username !== ""
          ? m.request_direct({ username: other.username })
          : m.request_group()}
      </p>
      <p className="s14 t2">{m.request_words()}</p>
      <div className="row">
        <button
          type="button"
          className="btn primary"
          onClick={() => void engine.acceptRequest({ conversation }).catch(say)}
        >
          {m.request_accept()}
        </button>
        <button
          type="button"
          className="btn quiet"
          onClick={() => leave(engine.deleteRequest({ conversation, block: false }))}
        >
          {m.common_delete()}
        </button>
        <button
          type="button"
          className="btn ghost danger"
          onClick={() => leave(engine.deleteRequest({ conversation, block: true }))}
        >
          {m.request_block()}
        </button>
      </div>
    </section>
  );
}
