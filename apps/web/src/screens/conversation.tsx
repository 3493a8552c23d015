import { ChevronLeft, PanelRight, WifiOff } from "lucide-react";
import type { ConnectionState, ConversationDetails, ConversationSummary } from "@sotto/engine";
import { closedBecause, previewOf, shortNameOf, subtitleOf, titleOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { GroupAvatar, PersonAvatar, RowAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Paused } from "../parts/paused.tsx";
import { usePins } from "../parts/post-pins.ts";
import { RequestBar } from "../parts/request-bar.tsx";
import { PostTalk } from "../parts/post-talk.tsx";
import { TrustGlyph, TrustLine } from "../parts/trust.tsx";
import { useLasting } from "../state/clock.ts";
import { useDetails, useEngine } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { go, open } from "../state/route.ts";
import type { Panel } from "../state/route.ts";
import { toast } from "../state/toast.ts";

const OFFLINE_AFTER_MS = 4_000;

type ConversationProps = { summary: ConversationSummary; connection: ConnectionState; panel: Panel | null };

export function Conversation({ summary, connection, panel }: ConversationProps) {
  const { conversation } = summary;
  const details = valueOf(useDetails(conversation), null);
  const pins = usePins(conversation);
  const offline = useLasting(connection !== "online", OFFLINE_AFTER_MS);
  const title = titleOf(summary);
  const closed = closedBecause(summary.state);
  const kept = summary.state.kind === "paused" ? previewOf(summary.draft) : "";
  return (
    <main className="pane on-surface conv-main">
      <Head summary={summary} details={details} title={title} panel={panel} />
      {offline && (
        <div className="conv-b">
          <div className="banner" role="status" data-testid="offline">
            <Icon of={WifiOff} size={18} />
            <span className="grow">
              {connection === "offline" ? m.conversation_offline() : m.conversation_unanswered()}
            </span>
          </div>
        </div>
      )}
      <PostTalk
        summary={summary}
        details={details}
        offline={connection !== "online"}
        thread={null}
        pins={pins}
        notes={
          summary.state.kind === "paused" &&
          summary.state.people.map((person) => <Paused key={person.account} person={person} />)
        }
        shut={
          summary.request ? (
            <RequestBar summary={summary} />
          ) : closed === null ? (
            <div className="composer shut" role="status" data-testid="may-not-post">
              <span className="grow">{m.request_admins_only()}</span>
            </div>
          ) : (
            <div className={`composer shut ${closed.tone}`} role="status">
              {closed.tone === "danger" && <TrustGlyph tone="danger" size={18} />}
              {kept !== "" ? (
                <span className="grow trunc-2">{m.conversation_draft_kept({ text: kept })}</span>
              ) : (
                <span className="grow">{closed.words}</span>
              )}
              {summary.state.kind === "blocked" && <Unblock summary={summary} />}
            </div>
          )
        }
      />
    </main>
  );
}

function Head({
  summary,
  details,
  title,
  panel,
}: {
  summary: ConversationSummary;
  details: ConversationDetails | null;
  title: string;
  panel: Panel | null;
}) {
  const { conversation } = summary;
  const subtitle = details === null ? null : subtitleOf(details);
  const shown = panel !== null && panel.kind !== "thread";
  const [other] = summary.people;
  return (
    <header className="conv-h">
      <button type="button" className="ib back" aria-label={m.settings_back()} onClick={() => go({ kind: "list" })}>
        <Icon of={ChevronLeft} size={24} />
      </button>
      <button type="button" className="conv-open" onClick={() => open(conversation, { kind: "details" })}>
        <span className="vh">{m.conversation_details_of({ title })}</span>
        {summary.kind === "direct" && other !== undefined ? (
          <PersonAvatar person={other} size={40} badge />
        ) : summary.kind === "self" ? (
          <RowAvatar picture={{ kind: "notes" }} size={40} />
        ) : (
          <GroupAvatar material={summary.seal} size={40} />
        )}
      </button>
      <div className="grow">
        <h1 className="trunc" data-testid="title">
          <bdi>{title}</bdi>
        </h1>
        <div className="sub">
          {subtitle !== null &&
            (subtitle.tone === "plain" || subtitle.tone === "self" ? (
              <span className="trunc">{subtitle.words}</span>
            ) : (
              <TrustLine trust={{ tone: subtitle.tone, words: subtitle.words }} />
            ))}
        </div>
      </div>
      <button
        type="button"
        className={`ib ${shown ? "on" : ""}`}
        aria-label={m.conversation_details()}
        aria-pressed={shown}
        title={m.conversation_details()}
        onClick={() => open(conversation, shown ? null : { kind: "details" })}
      >
        <Icon of={PanelRight} />
      </button>
    </header>
  );
}

function Unblock({ summary }: { summary: ConversationSummary }) {
  const engine = useEngine();
  const [other] = summary.people;
  if (other === undefined) return null;
  const { account } = other;
  const unblock = () => void engine.setBlocked({ account, blocked: false }).catch(() => toast(m.conversation_failed()));
  return (
    <button type="button" className="btn quiet sm" onClick={unblock}>
      {m.person_unblock({ name: shortNameOf(other) })}
    </button>
  );
}
