import { useCallback, useMemo, useState } from "react";
import { ChevronLeft, PanelRight, WifiOff } from "lucide-react";
import { cleanText } from "@sotto/protocol";
import type { ConnectionState, ConversationDetails, ConversationSummary } from "@sotto/engine";
import { closedBecause, previewOf, readersOf, shortNameOf, subtitleOf, titleOf } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { GroupAvatar, PersonAvatar, RowAvatar } from "../parts/avatar.tsx";
import { Composer } from "../parts/composer.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { Paused } from "../parts/paused.tsx";
import type { PostActions } from "../parts/post.tsx";
import { TrustGlyph, TrustLine } from "../parts/trust.tsx";
import { useLasting } from "../state/clock.ts";
import { useDetails, useEngine, useTimeline } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { go, open } from "../state/route.ts";
import type { Panel } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import { Log } from "./log.tsx";

const ServerSees = later(() => import("../dialogs/server-sees.tsx"));

const OFFLINE_AFTER_MS = 4_000;

type ConversationProps = { summary: ConversationSummary; connection: ConnectionState; panel: Panel | null };

export function Conversation({ summary, connection, panel }: ConversationProps) {
  const engine = useEngine();
  const { conversation } = summary;
  const details = valueOf(useDetails(conversation), null);
  const { page, older } = useTimeline(conversation);
  const [sees, setSees] = useState<PostRow | null>(null);
  const offline = useLasting(connection !== "online", OFFLINE_AFTER_MS);
  const title = titleOf(summary);
  const closed = closedBecause(summary.state);
  const kept = summary.state.kind === "paused" ? previewOf(summary.draft) : "";
  const actions = useMemo(
    (): PostActions => ({
      onSees: setSees,
      onCopy: ({ text }) => {
        navigator.clipboard.writeText(cleanText(text ?? "")).then(
          () => toast("The text is copied."),
          () => toast("This browser didn't allow copying."),
        );
      },
      onRetry: ({ post }) =>
        void engine.retry({ conversation, post }).catch(() => toast("That didn't work. Try again.")),
      onDiscard: ({ post }) =>
        void engine.discard({ conversation, post }).catch(() => toast("That didn't work. Try again.")),
      onPerson: ({ sender }) => open(conversation, { kind: "person", account: sender.account }),
    }),
    [engine, conversation],
  );
  const closeSees = useCallback(() => setSees(null), []);

  return (
    <main className="pane on-surface conv-main">
      <Head summary={summary} details={details} title={title} panel={panel} />
      {offline && (
        <div className="conv-b">
          <div className="banner" role="status" data-testid="offline">
            <Icon of={WifiOff} size={18} />
            <span className="grow">
              {connection === "offline"
                ? "You’re offline. Messages will go out when you reconnect."
                : "The server isn’t answering. What you write is kept on this device and goes out when it is back."}
            </span>
          </div>
        </div>
      )}
      {page === null ? (
        <div className="scroll" aria-busy="true" />
      ) : (
        <Log summary={summary} page={page} older={older} offline={connection !== "online"} actions={actions} />
      )}
      <div className="foot">
        {summary.state.kind === "paused" &&
          summary.state.people.map((person) => <Paused key={person.account} person={person} />)}
        {closed === null ? (
          <Composer
            conversation={conversation}
            name={title}
            draft={summary.draft}
            readers={details === null ? "" : readersOf(details)}
          />
        ) : (
          <div className={`composer shut ${closed.tone}`} role="status">
            {closed.tone === "danger" && <TrustGlyph tone="danger" size={18} />}
            {kept !== "" ? (
              <span className="grow trunc-2">Draft kept: “{kept}”</span>
            ) : (
              <span className="grow">{closed.words}</span>
            )}
            {summary.state.kind === "blocked" && <Unblock summary={summary} />}
          </div>
        )}
      </div>
      {sees !== null && <ServerSees conversation={conversation} row={sees} onClose={closeSees} />}
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
  const shown = panel !== null;
  const [other] = summary.people;
  return (
    <header className="conv-h">
      <button type="button" className="ib back" aria-label="Back to conversations" onClick={() => go({ kind: "list" })}>
        <Icon of={ChevronLeft} size={24} />
      </button>
      <button type="button" className="conv-open" onClick={() => open(conversation, { kind: "details" })}>
        <span className="vh">Details of {title}</span>
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
        aria-label="Details"
        aria-pressed={shown}
        title="Details"
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
  const unblock = () =>
    void engine.setBlocked({ account, blocked: false }).catch(() => toast("That didn't work. Try again."));
  return (
    <button type="button" className="btn quiet sm" onClick={unblock}>
      Unblock {shortNameOf(other)}
    </button>
  );
}
