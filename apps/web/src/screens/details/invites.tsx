import { useCallback, useEffect, useRef, useState } from "react";
import { Check, Link, Plus, Trash2, X } from "lucide-react";
import type { ConversationDetails, Invite, JoinRequest } from "@sotto/engine";
import { asFailure, failureSentence, fullTime, nameForSentence, nameOf, trustInWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PersonAvatar } from "../../parts/avatar.tsx";
import { copy } from "../../parts/copy.ts";
import { Icon } from "../../parts/icon.tsx";
import { later } from "../../parts/lazy.tsx";
import { TrustLine } from "../../parts/trust.tsx";
import { herePlace } from "../../state/clock.ts";
import { useEngine } from "../../state/live.ts";
import { toast } from "../../state/toast.ts";

const NewInvite = later(() => import("../../dialogs/new-invite.tsx"));

const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));

/** Asks again whenever the conversation says that something changed. */
function useAsked<T>(ask: () => Promise<T[]>, details: ConversationDetails): [T[], () => void] {
  const [found, setFound] = useState<T[]>([]);
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  const again = useCallback(
    () =>
      latest.current().then(
        (answer) => setFound(answer),
        // What can't be had now is asked for with the next change.
        () => undefined,
      ),
    [],
  );
  useEffect(() => void again(), [again, details]);
  return [found, again];
}

/** Links that let people in. */
export function Invites({ details }: { details: ConversationDetails }) {
  const engine = useEngine();
  const { conversation, may, kind } = details;
  const [making, setMaking] = useState(false);
  const isMine = kind === "group" && may.add;
  const [invites, again] = useAsked<Invite>(async () => (isMine ? engine.invites({ conversation }) : []), details);
  if (!isMine) return null;
  return (
    <div className="block" data-testid="invites">
      <h3>
        <span>{m.details_invites()}</span>
        <button type="button" className="add" onClick={() => setMaking(true)}>
          <Icon of={Plus} size={16} />
          {m.details_invite_new()}
        </button>
      </h3>
      {invites.length === 0 && <p className="s14 t2">{m.details_invites_none()}</p>}
      <ul>
        {invites.map((invite) => (
          <li key={invite.invite} className="invite">
            <Icon of={Link} size={18} className="t2" />
            <span className="grow">
              <span className="ti">{m.details_invite_by({ name: nameForSentence(invite.by) })}</span>
              <span className="de">
                {invite.expiresAt === null
                  ? m.details_invite_for_ever()
                  : m.details_invite_until({ when: fullTime(invite.expiresAt, herePlace()) })}{" "}
                {invite.approval && m.details_invite_approval()}
              </span>
            </span>
            <button type="button" className="btn quiet sm" onClick={() => copy(invite.link, m.details_invite_link())}>
              {m.common_copy()}
            </button>
            <button
              type="button"
              className="ib"
              aria-label={m.details_invite_revoke()}
              title={m.details_invite_revoke()}
              onClick={() => void engine.revokeInvite({ conversation, invite: invite.invite }).then(again, say)}
            >
              <Icon of={Trash2} size={18} />
            </button>
          </li>
        ))}
      </ul>
      {making && (
        <NewInvite
          conversation={conversation}
          onClose={() => {
            setMaking(false);
            again();
          }}
        />
      )}
    </div>
  );
}

/** Who asks to be let in, for those who may decide it. */
export function JoinRequests({ details }: { details: ConversationDetails }) {
  const engine = useEngine();
  const { conversation, joinRequests } = details;
  const [requests, again] = useAsked<JoinRequest>(
    async () => (joinRequests > 0 ? engine.joinRequests({ conversation }) : []),
    details,
  );
  if (requests.length === 0) return null;
  const answer = (request: string, accept: boolean) =>
    void engine.answerJoinRequest({ conversation, request, accept }).then(again, say);
  return (
    <div className="block" data-testid="join-requests">
      <h3>{m.details_asking()}</h3>
      <ul>
        {requests.map(({ request, person }) => (
          <li key={request} className="member">
            <span className="member-open">
              <PersonAvatar person={person} size={40} badge />
              <span className="grow">
                <bdi className="ti trunc">{nameOf(person)}</bdi>
                <span className="de">
                  <TrustLine trust={trustInWords(person.trust, person)} />
                </span>
              </span>
            </span>
            <button
              type="button"
              className="ib"
              aria-label={m.details_let_in({ name: nameOf(person) })}
              title={m.details_let_in({ name: nameOf(person) })}
              onClick={() => answer(request, true)}
            >
              <Icon of={Check} />
            </button>
            <button
              type="button"
              className="ib"
              aria-label={m.details_turn_away({ name: nameOf(person) })}
              title={m.details_turn_away({ name: nameOf(person) })}
              onClick={() => answer(request, false)}
            >
              <Icon of={X} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
