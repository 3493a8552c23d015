import type { Preferences } from "@sotto/engine";
import { asFailure, failureSentence, nameOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useConversations, useEngine } from "../../state/live.ts";
import { usePreferences } from "../../state/own.ts";
import { valueOf } from "../../state/query.ts";
import { toast } from "../../state/toast.ts";
import { Row, Switch } from "./rows.tsx";

const ROWS: { name: keyof Preferences; title: () => string; note: () => string }[] = [
  { name: "readReceipts", title: m.privacy_receipts, note: m.privacy_receipts_note },
  { name: "typing", title: m.privacy_typing, note: m.privacy_typing_note },
  { name: "linkPreviews", title: m.privacy_previews, note: m.privacy_previews_note },
];

/** What others can see, and whom one doesn't want to hear. */
export default function Privacy() {
  const engine = useEngine();
  const preferences = valueOf(usePreferences(), null);
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  return (
    <>
      <section className="group g0">
        <h2>{m.privacy_seen()}</h2>
        <div className="card">
          {ROWS.map(({ name, title, note }) => (
            <Row key={name} title={title()} note={note()}>
              <Switch
                label={title()}
                on={preferences?.[name] ?? false}
                onChange={(on) => void engine.setPreferences({ [name]: on }).catch(say)}
              />
            </Row>
          ))}
        </div>
      </section>
      <Blocked onFailed={say} />
    </>
  );
}

function Blocked({ onFailed }: { onFailed: (thrown: unknown) => void }) {
  const engine = useEngine();
  const conversations = valueOf(useConversations(), []);
  const people = new Map(
    conversations.flatMap(({ people: here }) =>
      here.filter(({ trust }) => trust === "blocked").map((person) => [person.account, person] as const),
    ),
  );
  return (
    <section className="group">
      <h2>{m.privacy_blocked()}</h2>
      <div className="card">
        {people.size === 0 && <p className="li s14 t2">{m.privacy_blocked_none()}</p>}
        {[...people.values()].map((person) => (
          <Row key={person.account} title={nameOf(person)} note={`@${person.username}`}>
            <button
              type="button"
              className="btn quiet sm"
              onClick={() => void engine.setBlocked({ account: person.account, blocked: false }).catch(onFailed)}
            >
              {m.privacy_unblock()}
            </button>
          </Row>
        ))}
      </div>
    </section>
  );
}
