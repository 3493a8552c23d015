import { useState } from "react";
import { Plus } from "lucide-react";
import type { ConversationDetails } from "@sotto/engine";
import type { Role } from "@sotto/protocol";
import { asFailure, failureSentence, memberRows, nameOf } from "@sotto/views";
import type { MemberRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PersonAvatar } from "../../parts/avatar.tsx";
import { Icon } from "../../parts/icon.tsx";
import { later } from "../../parts/lazy.tsx";
import { MemberMenu } from "../../parts/member-menu.tsx";
import { TrustLine } from "../../parts/trust.tsx";
import { useEngine } from "../../state/live.ts";
import { open } from "../../state/route.ts";
import { toast } from "../../state/toast.ts";

const Ask = later(() => import("../../parts/ask.tsx"));
const AddPeople = later(() => import("../../dialogs/add-people.tsx"));
const Verify = later(() => import("../../dialogs/verify.tsx"));

type Asked = { kind: "remove" | "ban" | "verify"; row: MemberRow } | null;

/** Who is here, what they may do, and who was banned. */
export function People({ details }: { details: ConversationDetails }) {
  const engine = useEngine();
  const { conversation } = details;
  const [asked, setAsked] = useState<Asked>(null);
  const [adding, setAdding] = useState(false);
  const rows = memberRows(details);
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  const profile = (row: MemberRow) => open(conversation, { kind: "person", account: row.member.account });
  const message = (row: MemberRow) =>
    void engine.openDirect({ username: row.member.username }).then((opened) => open(opened), say);
  const turn = (row: MemberRow, role: Role) =>
    void engine.setRole({ conversation, account: row.member.account, role }).catch(say);
  return (
    <div className="block">
      <h3>
        <span>
          {m.details_people()} <span className="t3 count-n">{rows.length}</span>
        </span>
        {details.mayAdd && (
          <button type="button" className="add" onClick={() => setAdding(true)}>
            <Icon of={Plus} size={16} />
            {m.details_add_people()}
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
                  {row.own && <span className="t3">{m.details_you()}</span>}
                  {row.role !== "Member" && details.kind !== "direct" && <span className="pill">{row.roleWords}</span>}
                </span>
                <span className="de">{row.own ? row.note : <TrustLine trust={row.trust} />}</span>
              </span>
            </button>
            {(!row.own || row.member.may.roles.length > 0) && details.kind !== "direct" && (
              <MemberMenu
                row={row}
                onMessage={() => message(row)}
                onProfile={() => profile(row)}
                onVerify={() => setAsked({ kind: "verify", row })}
                onRole={(role) => turn(row, role)}
                onRemove={() => setAsked({ kind: "remove", row })}
                onBan={() => setAsked({ kind: "ban", row })}
              />
            )}
          </li>
        ))}
      </ul>
      <Banned details={details} onFailed={say} />
      {adding && <AddPeople details={details} onClose={() => setAdding(false)} />}
      {asked?.kind === "verify" && <Verify account={asked.row.member.account} onClose={() => setAsked(null)} />}
      {asked?.kind === "remove" && (
        <Ask
          title={m.details_remove_title({ name: asked.row.name })}
          text={m.details_remove_words()}
          verb={m.details_remove()}
          danger
          act={() => engine.removeMember({ conversation, account: asked.row.member.account })}
          onClose={() => setAsked(null)}
        />
      )}
      {asked?.kind === "ban" && (
        <Ask
          title={m.details_ban_title({ name: asked.row.name })}
          text={m.details_ban_words()}
          verb={m.details_ban()}
          danger
          act={() => engine.ban({ conversation, account: asked.row.member.account })}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}

function Banned({ details, onFailed }: { details: ConversationDetails; onFailed: (thrown: unknown) => void }) {
  const engine = useEngine();
  const { conversation, banned, may } = details;
  if (banned.length === 0) return null;
  return (
    <>
      <h3 className="sub-h">{m.details_banned()}</h3>
      <ul data-testid="banned">
        {banned.map((person) => (
          <li className="member" key={person.account}>
            <span className="member-open">
              <PersonAvatar person={person} size={40} />
              <bdi className="grow trunc">{nameOf(person)}</bdi>
            </span>
            {may.remove && (
              <button
                type="button"
                className="btn quiet sm"
                aria-label={m.details_unban_name({ name: nameOf(person) })}
                onClick={() => void engine.unban({ conversation, account: person.account }).catch(onFailed)}
              >
                {m.details_unban()}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
