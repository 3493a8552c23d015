import { useState } from "react";
import { Ban, Pencil } from "lucide-react";
import type { PersonDetails } from "@sotto/engine";
import { DISPLAY_NAME_LENGTH_MAX } from "@sotto/protocol";
import type { AccountId, ConversationId } from "@sotto/protocol";
import {
  asFailure,
  dayInSentence,
  failureSentence,
  knownPeople,
  nameOf,
  resemblanceWords,
  resembled,
  shortNameOf,
  trustInWords,
} from "@sotto/views";
import { m } from "@sotto/views/messages";
import { rich } from "../parts/rich.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { PersonFacts } from "../parts/person-facts.tsx";
import { Seal } from "../parts/seal.tsx";
import { TrustGlyph, TrustLine } from "../parts/trust.tsx";
import { herePlace, useNow } from "../state/clock.ts";
import { useConversations, useEngine, usePerson, useVerification } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { open } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import { useAction } from "../state/use-action.ts";
import { Bar } from "./details-bar.tsx";

const Ask = later(() => import("../parts/ask.tsx"));
const Verify = later(() => import("../dialogs/verify.tsx"));

type PersonPanelProps = { conversation: ConversationId; account: AccountId; onClose: () => void };

/** Who somebody is: what they are called, whether it was checked that it is they, and what that rests on. */
export function PersonPanel({ conversation, account, onClose }: PersonPanelProps) {
  const loaded = usePerson(account);
  const back = () => open(conversation, { kind: "details" });
  const known = knownPeople(valueOf(useConversations(), []));
  if (loaded.kind !== "ready")
    return (
      <>
        <Bar title={m.person_identity()} onBack={back} onClose={onClose} />
        {loaded.kind === "failed" && <p className="block s14 t2">{failureSentence(loaded.failure)}</p>}
      </>
    );
  const person = loaded.value;
  const other = resembled(person, known);
  return (
    <>
      <Bar title={m.person_identity()} onBack={back} onClose={onClose} />
      <div className="scroll">
        <div className="det-hero">
          <Seal material={person.seal} detail="full" size={136} label={m.person_seal({ name: nameOf(person) })} />
          <h2>
            <bdi>{nameOf(person)}</bdi>
          </h2>
          <p className="s14 t2">@{person.username}</p>
        </div>
        <div className="block" data-testid="trust" data-trust={person.trust}>
          <Trusted person={person} />
          {other !== null && (
            <p className="s14 resembles" role="note">
              <TrustGlyph tone="changed" size={16} /> {resemblanceWords(other)}
            </p>
          )}
        </div>
        {person.trust !== "self" && <ContactName person={person} />}
        <PersonFacts person={person} />
        {person.trust !== "self" && <Block person={person} />}
        <p className="block s13 t2">{m.person_seal_note()}</p>
      </div>
    </>
  );
}

/** When it was verified or changed, where that is known. */
function Since({ account }: { account: AccountId }) {
  const loaded = useVerification(account);
  const now = useNow();
  if (loaded.kind !== "ready") return null;
  const { verifiedAt, changedAt } = loaded.value;
  if (changedAt !== null) return <> {m.person_changed_on({ day: dayInSentence(changedAt, now, herePlace()) })}</>;
  return verifiedAt === null ? null : <> {m.person_since({ day: dayInSentence(verifiedAt, now, herePlace()) })}</>;
}

function Trusted({ person }: { person: PersonDetails }) {
  const engine = useEngine();
  const [asked, setAsked] = useState<"verify" | "forget" | null>(null);
  const { account, trust } = person;
  const words = trustInWords(trust, person);
  const name = shortNameOf(person);
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  const message = () => engine.openDirect({ username: person.username }).then((opened) => open(opened), say);
  return (
    <>
      <div className="s14">
        <TrustLine trust={words} />
      </div>
      <p className="s14 t2">
        {words.sentence}
        {(trust === "verified" || trust === "changed") && <Since account={account} />}
      </p>
      {trust !== "self" && (
        <div className="det-acts">
          {trust !== "blocked" && !person.replaced && (
            <button
              type="button"
              className={`btn sm ${trust === "verified" ? "quiet" : "primary"}`}
              onClick={() => setAsked("verify")}
            >
              {trust === "verified"
                ? m.person_compare_again()
                : trust === "changed"
                  ? m.trust_verify_again({ name })
                  : m.verify_of({ name })}
            </button>
          )}
          <button type="button" className="btn quiet sm" onClick={() => void message()}>
            {m.person_message({ name })}
          </button>
          {trust === "verified" && (
            <button type="button" className="btn ghost sm" onClick={() => setAsked("forget")}>
              {m.person_forget()}
            </button>
          )}
        </div>
      )}
      {asked === "verify" && <Verify account={account} onClose={() => setAsked(null)} />}
      {asked === "forget" && (
        <Ask
          title={m.person_forget_title({ name: nameOf(person) })}
          text={m.person_forget_text({ name })}
          verb={m.person_forget_verb()}
          act={() => engine.unverify({ account })}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

/** What this account's owner calls them. Nobody else sees it; it is on all own devices. */
function ContactName({ person }: { person: PersonDetails }) {
  const engine = useEngine();
  const { account, contactName } = person;
  const [typed, setTyped] = useState<string | null>(null);
  const { busy, failure, run } = useAction();
  const save = async () => {
    if (typed === null || busy) return;
    const name = typed.trim();
    if (await run(() => engine.setContactName({ account, name: name === "" ? null : name }))) setTyped(null);
  };
  if (typed === null)
    return (
      <div className="block">
        <button type="button" className="set" onClick={() => setTyped(contactName ?? "")}>
          <Icon of={Pencil} size={18} />
          {contactName === null ? m.person_rename() : m.person_rename_again()}
        </button>
        {contactName !== null && (
          <p className="s13 t2">
            {rich(m.person_own_name, { name: <bdi>{nameOf({ ...person, contactName: null })}</bdi> })}
          </p>
        )}
      </div>
    );
  return (
    <form
      className="block name-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="field">
        <label htmlFor="contact-name">{m.person_your_name()}</label>
        <div className="input">
          <input
            id="contact-name"
            value={typed}
            maxLength={DISPLAY_NAME_LENGTH_MAX}
            autoComplete="off"
            autoFocus
            aria-describedby="contact-hint"
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              event.preventDefault();
              setTyped(null);
            }}
          />
        </div>
        <p className="hint" id="contact-hint">
          {m.person_name_note()}
        </p>
      </div>
      <FailureNote failure={failure} />
      <div className="det-acts">
        <button type="submit" className="btn primary sm" disabled={busy}>
          {m.common_save()}
        </button>
        <button type="button" className="btn ghost sm" onClick={() => setTyped(null)}>
          {m.common_cancel()}
        </button>
      </div>
    </form>
  );
}

function Block({ person }: { person: PersonDetails }) {
  const engine = useEngine();
  const [asked, setAsked] = useState(false);
  const { account, trust } = person;
  const blocked = trust === "blocked";
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  return (
    <div className="block">
      <button
        type="button"
        className={`set ${blocked ? "" : "danger"}`}
        onClick={() => (blocked ? void engine.setBlocked({ account, blocked: false }).catch(say) : setAsked(true))}
      >
        <Icon of={Ban} size={18} />
        {blocked ? m.person_unblock({ name: shortNameOf(person) }) : m.person_block({ name: shortNameOf(person) })}
      </button>
      {asked && (
        <Ask
          title={m.trust_block_title({ name: nameOf(person) })}
          text={m.person_block_text()}
          verb={m.trust_block()}
          danger
          act={() => engine.setBlocked({ account, blocked: true })}
          onClose={() => setAsked(false)}
        />
      )}
    </div>
  );
}
