import { useState } from "react";
import type { ReactNode } from "react";
import { Bell, BellOff, Globe, LogOut, Pin, PinOff, Plus } from "lucide-react";
import type { ConversationDetails } from "@sotto/engine";
import { ROLE } from "@sotto/protocol";
import type { ConversationId } from "@sotto/protocol";
import { asFailure, failureSentence, isLastAdmin, kindOfName, memberRows, nameOf, titleOf } from "@sotto/views";
import type { MemberRow } from "@sotto/views";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { MemberMenu } from "../parts/member-menu.tsx";
import { Seal } from "../parts/seal.tsx";
import { TrustGlyph, TrustLine } from "../parts/trust.tsx";
import { useDetails, useEngine } from "../state/live.ts";
import { go, open } from "../state/route.ts";
import type { Panel } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import { Bar } from "./details-bar.tsx";
import { PersonPanel } from "./person-panel.tsx";

const Ask = later(() => import("../parts/ask.tsx"));
const AddPeople = later(() => import("../dialogs/add-people.tsx"));

type DetailsProps = { conversation: ConversationId; panel: Panel };

export default function Details({ conversation, panel }: DetailsProps) {
  const close = () => open(conversation);
  return (
    <>
      <button type="button" className="det-scrim" tabIndex={-1} aria-hidden="true" onClick={close} />
      <aside
        className="pane details on-surface"
        aria-label="Details"
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

type Asked = { kind: "leave" } | { kind: "remove"; row: MemberRow } | null;

function leadOf(details: ConversationDetails): string {
  switch (details.kind) {
    case "room":
      return "A room that anyone on this server can join.";
    case "self":
      return "Only your own devices can read this.";
    default:
      return "Everyone here sees this seal. It changes when people or keys change.";
  }
}

function ConversationPanel({ conversation, onClose }: { conversation: ConversationId; onClose: () => void }) {
  const loaded = useDetails(conversation);
  if (loaded.kind !== "ready") return <Bar title="Details" onClose={onClose} />;
  const details = loaded.value;
  const [other] = details.people;
  return (
    <>
      <Bar title="Details" onClose={onClose} />
      <div className="scroll">
        <div className="det-hero">
          {details.kind === "direct" && other !== undefined ? (
            <Seal material={other.seal} detail="full" size={136} label={`Seal of ${nameOf(other)}`} />
          ) : (
            <Seal material={details.seal} detail="full" size={136} label={`Seal of ${titleOf(details)}`} />
          )}
          <h2>
            <bdi>{titleOf(details)}</bdi>
          </h2>
          {details.kind === "direct" && other !== undefined ? (
            <p className="s14 t2">@{other.username}</p>
          ) : (
            <p className="s14 t2 lead">{leadOf(details)}</p>
          )}
        </div>
        {details.isPublic && (
          <div className="block">
            <div className="note" data-testid="public-note">
              <Icon of={Globe} size={18} />
              <span>
                <b>Public on this server.</b> Anyone here can find it by its name, join, and read what is sent from then
                on.
              </span>
            </div>
          </div>
        )}
        <People details={details} />
        <Here details={details} />
        <Way details={details} />
      </div>
    </>
  );
}

function People({ details }: { details: ConversationDetails }) {
  const engine = useEngine();
  const { conversation } = details;
  const [asked, setAsked] = useState<Asked>(null);
  const [adding, setAdding] = useState(false);
  const rows = memberRows(details);
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  const mayRule = details.ownRole === ROLE.admin && details.kind !== "direct" && details.kind !== "self";
  const profile = (row: MemberRow) => open(conversation, { kind: "person", account: row.member.account });
  const message = (row: MemberRow) =>
    void engine.openDirect({ username: row.member.username }).then((opened) => open(opened), say);
  const turn = (row: MemberRow) => {
    const role = row.role === "Admin" ? ROLE.member : ROLE.admin;
    void engine.setRole({ conversation, account: row.member.account, role }).catch(say);
  };
  return (
    <div className="block">
      <h3>
        <span>
          People <span className="t3 count-n">{rows.length}</span>
        </span>
        {details.mayAdd && (
          <button type="button" className="add" onClick={() => setAdding(true)}>
            <Icon of={Plus} size={16} />
            Add people
          </button>
        )}
      </h3>
      <ul data-testid="members">
        {rows.map((row) => (
          <li className="member" key={row.member.account}>
            <button type="button" className="member-open" onClick={() => profile(row)}>
              <PersonAvatar person={row.member} size={40} badge />
              <span className="grow">
                <span className="ti">
                  <bdi className="trunc">{row.name}</bdi>
                  {row.own && <span className="t3">(you)</span>}
                  {row.role !== "Member" && details.kind !== "direct" && <span className="pill">{row.role}</span>}
                </span>
                <span className="de">{row.own ? row.note : <TrustLine trust={row.trust} />}</span>
              </span>
            </button>
            {!row.own && details.kind !== "direct" && (
              <MemberMenu
                row={row}
                mayRule={mayRule}
                onMessage={() => message(row)}
                onProfile={() => profile(row)}
                onRole={() => turn(row)}
                onRemove={() => setAsked({ kind: "remove", row })}
              />
            )}
          </li>
        ))}
      </ul>
      {adding && <AddPeople details={details} onClose={() => setAdding(false)} />}
      {asked?.kind === "remove" && (
        <Ask
          title={`Remove ${asked.row.name}?`}
          text="They cannot read what is sent from then on. What they have read already stays with them."
          verb="Remove"
          danger
          act={() => engine.removeMember({ conversation, account: asked.row.member.account })}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}

/** What is set for oneself, on all one's devices; nobody else sees it. And how long keys are kept, which everyone sees. */
function Here({ details }: { details: ConversationDetails }) {
  const engine = useEngine();
  const { conversation, muted, pinned } = details;
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  return (
    <div className="block">
      <button
        type="button"
        className="set"
        aria-pressed={pinned}
        onClick={() => void engine.setPinned({ conversation, pinned: !pinned }).catch(say)}
      >
        <Icon of={pinned ? PinOff : Pin} size={18} />
        {pinned ? "Unpin" : "Pin to the top"}
      </button>
      <button
        type="button"
        className="set"
        aria-pressed={muted}
        onClick={() => void engine.setMuted({ conversation, muted: !muted }).catch(say)}
      >
        <Icon of={muted ? Bell : BellOff} size={18} />
        {muted ? "Unmute" : "Mute"}
      </button>
      {details.history === "device-only" && (
        <p className="s14 t2" data-testid="device-only">
          This conversation keeps no history for new devices: what was written stays on the devices that were there.
        </p>
      )}
    </div>
  );
}

function Way({ details }: { details: ConversationDetails }): ReactNode {
  const engine = useEngine();
  const [asked, setAsked] = useState(false);
  const { conversation } = details;
  if (details.kind === "direct" || details.kind === "self" || details.state.kind === "left") return null;
  const thing = kindOfName(details.kind);
  if (isLastAdmin(details))
    return (
      <div className="block">
        <div className="note">
          <TrustGlyph tone="unverified" size={18} />
          <span>You are the only admin. Make someone else an admin before you leave.</span>
        </div>
      </div>
    );
  return (
    <div className="block">
      <button type="button" className="set danger" onClick={() => setAsked(true)}>
        <Icon of={LogOut} size={18} />
        Leave this {thing}
      </button>
      {asked && (
        <Ask
          title={`Leave ${titleOf(details)}?`}
          text={
            details.kind === "room"
              ? "You cannot read what is sent from then on. You can join again at any time."
              : "You cannot read what is sent from then on. Somebody has to add you to come back."
          }
          verb="Leave"
          danger
          act={async () => {
            await engine.leave({ conversation });
            go({ kind: "list" });
          }}
          onClose={() => setAsked(false)}
        />
      )}
    </div>
  );
}
