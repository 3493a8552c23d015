import { Globe } from "lucide-react";
import type { ConversationId } from "@sotto/protocol";
import { m } from "@sotto/views/messages";
import { Icon } from "../parts/icon.tsx";
import { useDetails } from "../state/live.ts";
import { open } from "../state/route.ts";
import type { Panel } from "../state/route.ts";
import { Bar } from "./details-bar.tsx";
import { Head } from "./details/head.tsx";
import { Invites, JoinRequests } from "./details/invites.tsx";
import { OwnMarks } from "./details/own-marks.tsx";
import { People } from "./details/people.tsx";
import { Rules } from "./details/rules.tsx";
import { Way } from "./details/way.tsx";
import { PersonPanel } from "./person-panel.tsx";

type DetailsPanel = Extract<Panel, { kind: "details" | "person" }>;
type DetailsProps = { conversation: ConversationId; panel: DetailsPanel };

export default function Details({ conversation, panel }: DetailsProps) {
  const close = () => open(conversation);
  return (
    <>
      <button type="button" className="det-scrim" tabIndex={-1} aria-hidden="true" onClick={close} />
      <aside
        className="pane details on-surface"
        aria-label={m.details_title()}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !event.defaultPrevented) close();
        }}
      >
        {panel.kind === "person" ? (
          <PersonPanel conversation={conversation} account={panel.account} onClose={close} />
        ) : (
          <ConversationPanel conversation={conversation} onClose={close} />
        )}
      </aside>
    </>
  );
}

function ConversationPanel({ conversation, onClose }: { conversation: ConversationId; onClose: () => void }) {
  const loaded = useDetails(conversation);
  if (loaded.kind !== "ready") return <Bar title={m.details_title()} onClose={onClose} />;
  const details = loaded.value;
  return (
    <>
      <Bar title={m.details_title()} onClose={onClose} />
      <div className="scroll">
        <Head details={details} />
        {details.isPublic && (
          <div className="block">
            <div className="note" data-testid="public-note">
              <Icon of={Globe} size={18} />
              <span>
                <b>{m.details_public()}</b> {m.details_public_words()}
              </span>
            </div>
          </div>
        )}
        <JoinRequests details={details} />
        <People details={details} />
        <OwnMarks details={details} />
        <Rules details={details} />
        <Invites details={details} />
        <Way details={details} />
      </div>
    </>
  );
}
