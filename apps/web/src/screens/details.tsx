import { useState } from "react";
import type { ReactNode } from "react";
import { ChevronLeft, Globe, LogOut, Plus, X } from "lucide-react";
import type { ConversationDetails } from "@sotto/engine";
import { ROLE } from "@sotto/protocol";
import type { AccountId, ConversationId } from "@sotto/protocol";
import {
  asFailure,
  failureSentence,
  isLastAdmin,
  kindOfName,
  knownPeople,
  memberRows,
  nameOf,
  resemblanceWords,
  resembled,
  shortNameOf,
  titleOf,
  trustInWords,
} from "@sotto/views";
import type { MemberRow } from "@sotto/views";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { MemberMenu } from "../parts/member-menu.tsx";
import { PersonFacts } from "../parts/person-facts.tsx";
import { Seal } from "../parts/seal.tsx";
import { TrustGlyph, TrustLine } from "../parts/trust.tsx";
import { useConversations, useDetails, useEngine, usePerson } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { go, open } from "../state/route.ts";
import type { Panel } from "../state/route.ts";
import { toast } from "../state/toast.ts";

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

function Bar({ title, onBack, onClose }: { title: string; onBack?: () => void; onClose: () => void }) {
  return (
    <div className="det-h">
      {onBack !== undefined && (
        <button type="button" className="ib" aria-label="Back to details" title="Back" onClick={onBack}>
          <Icon of={ChevronLeft} size={22} />
        </button>
      )}
      <h2 className="grow s15 w6">{title}</h2>
      <button type="button" className="ib" aria-label="Close details" title="Close details" onClick={onClose}>
        <Icon of={X} />
      </button>
    </div>
  );
}

function PersonPanel({
  conversation,
  account,
  onClose,
}: {
  conversation: ConversationId;
  account: AccountId;
  onClose: () => void;
}) {
  const engine = useEngine();
  const loaded = usePerson(account);
  const known = knownPeople(valueOf(useConversations(), []));
  const back = () => open(conversation, { kind: "details" });
  if (loaded.kind !== "ready")
    return (
      <>
        <Bar title="Identity" onBack={back} onClose={onClose} />
        {loaded.kind === "failed" && <p className="block s14 t2">{failureSentence(loaded.failure)}</p>}
      </>
    );
  const person = loaded.value;
  const trust = trustInWords(person.trust, person);
  const other = resembled(person, known);
  const message = () =>
    engine.openDirect({ username: person.username }).then(
      (opened) => open(opened),
      (thrown: unknown) => toast(failureSentence(asFailure(thrown))),
    );
  return (
    <>
      <Bar title="Identity" onBack={back} onClose={onClose} />
      <div className="scroll">
        <div className="det-hero">
          <Seal material={person.seal} detail="full" size={136} label={`Seal of ${nameOf(person)}`} />
          <h2>
            <bdi>{nameOf(person)}</bdi>
          </h2>
          <p className="s14 t2">@{person.username}</p>
        </div>
        <div className="block">
          <div className="s14">
            <TrustLine trust={trust} />
          </div>
          <p className="s14 t2">{trust.sentence}</p>
          {other !== null && (
            <p className="s14 resembles" role="note">
              <TrustGlyph tone="changed" size={16} /> {resemblanceWords(other)}
            </p>
          )}
          {person.trust !== "self" && (
            <button type="button" className="btn quiet sm det-act" onClick={() => void message()}>
              Message {shortNameOf(person)}
            </button>
          )}
        </div>
        <PersonFacts person={person} />
        <p className="block s13 t2">A seal helps you recognise someone and notice change. It is not proof.</p>
      </div>
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
