import { useEffect, useState } from "react";
import type { EntryKeys, Failure, ServerView } from "@sotto/engine";
import { cleanText } from "@sotto/protocol";
import type { ConversationId, Seq } from "@sotto/protocol";
import {
  asFailure,
  DECRYPT_COMMAND,
  decryptText,
  failureSentence,
  fullTime,
  hexLines,
  nameOf,
  serverRows,
} from "@sotto/views";
import { m } from "@sotto/views/messages";
import type { PostRow } from "@sotto/views";
import { rich } from "../parts/rich.tsx";
import { copy } from "../parts/copy.ts";
import { FailureNote } from "../parts/failure-note.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { herePlace } from "../state/clock.ts";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";

const LINES_MAX = 512;

type ServerSeesProps = { conversation: ConversationId; row: PostRow; onClose: () => void };

/** The stored entry exactly as the server holds it, fetched from it now, beside what is read here. */
export default function ServerSees({ conversation, row, onClose }: ServerSeesProps) {
  const engine = useEngine();
  const [view, setView] = useState<ServerView | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const { seq } = row;
  useEffect(() => {
    if (seq === null) return undefined;
    let gone = false;
    engine.serverView({ conversation, seq }).then(
      (found) => gone || setView(found),
      (thrown: unknown) => gone || setFailure(asFailure(thrown)),
    );
    return () => {
      gone = true;
    };
  }, [engine, conversation, seq]);
  return (
    <Sheet title={m.sees_title()} onClose={onClose} width="w720">
      <div className="sees">
        <section>
          <h3>{m.sees_read()}</h3>
          <p className="s14 t2">
            <bdi>{row.own ? m.sees_you() : nameOf(row.sender)}</bdi>, {fullTime(row.at, herePlace())}
          </p>
          <p className="read" dir="auto" data-testid="read-text">
            {cleanText(row.text ?? "")}
          </p>
        </section>
        <section>
          <h3>{m.sees_stored()}</h3>
          {failure !== null && (
            <p className="hint bad" role="alert">
              {failureSentence(failure)}
            </p>
          )}
          {view === null && failure === null && <p className="s14 t2">{m.sees_fetching()}</p>}
          {view !== null && (
            <>
              <table data-testid="server-table">
                <tbody>
                  {serverRows(view).map(({ name, value, means }) => (
                    <tr key={name}>
                      <th scope="row">{name}</th>
                      <td>
                        <span className={value.length > 20 ? "mono" : ""}>{value}</span>
                        <small>{means}</small>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <p className="s14 t2 sees-note">
                {m.sees_taken({ time: fullTime(view.acceptedAt, herePlace()) })}{" "}
                {view.matchesLocal ? m.sees_same() : m.sees_differs()}
              </p>
            </>
          )}
        </section>
        {view !== null && <Sealed view={view} />}
        {view !== null && seq !== null && <ByHand conversation={conversation} seq={seq} />}
      </div>
    </Sheet>
  );
}

/** The entry and, after a warning, the keys that open it: for `sotto decrypt`, which needs neither account nor server. */
function ByHand({ conversation, seq }: { conversation: ConversationId; seq: Seq }) {
  const engine = useEngine();
  const [keys, setKeys] = useState<EntryKeys | null>(null);
  const [warned, setWarned] = useState(false);
  const { busy, failure, run } = useAction();
  const show = () => run(async () => setKeys(await engine.entryKeys({ conversation, seq })));
  return (
    <section className="wide by-hand">
      <h3>{m.sees_by_hand()}</h3>
      <p className="s14 t2">{rich(m.sees_command, { command: <code className="mono">{DECRYPT_COMMAND}</code> })}</p>
      {keys === null && !warned && (
        <button type="button" className="btn quiet sm" onClick={() => setWarned(true)}>
          {m.sees_show_keys()}
        </button>
      )}
      {keys === null && warned && (
        <div className="note danger" role="alert">
          <div>
            <p>{m.sees_warning()}</p>
            <div className="det-acts">
              <button type="button" className="btn danger-quiet sm" disabled={busy} onClick={() => void show()}>
                {m.sees_show_them()}
              </button>
              <button type="button" className="btn ghost sm" onClick={() => setWarned(false)}>
                {m.sees_leave_it()}
              </button>
            </div>
          </div>
        </div>
      )}
      <FailureNote failure={failure} />
      {keys !== null && <Keys keys={keys} />}
    </section>
  );
}

function Keys({ keys }: { keys: EntryKeys }) {
  return (
    <>
      <dl data-testid="entry-keys">
        <div className="fact">
          <dt>{m.sees_epoch_key()}</dt>
          <dd className="mono">{keys.epochKey}</dd>
        </div>
        <div className="fact">
          <dt>{m.sees_sender_key()}</dt>
          <dd className="mono">{keys.senderKey}</dd>
        </div>
      </dl>
      <p className="s14 t2">{rich(m.sees_paste, { command: <code className="mono">{DECRYPT_COMMAND}</code> })}</p>
      <div className="det-acts">
        <button type="button" className="btn quiet sm" onClick={() => copy(decryptText(keys), m.sees_entry_and_keys())}>
          {m.sees_copy_all()}
        </button>
        <button type="button" className="btn ghost sm" onClick={() => copy(keys.entry, m.sees_the_entry())}>
          {m.sees_copy_entry()}
        </button>
      </div>
    </>
  );
}

function Sealed({ view }: { view: ServerView }) {
  const { lines, restBytes } = hexLines(view.envelope, LINES_MAX);
  return (
    <section className="wide">
      <h3>{m.sees_bytes()}</h3>
      <pre className="mono" tabIndex={0} role="region" aria-label={m.sees_bytes()} data-testid="sealed-bytes">
        {lines.join("\n")}
        {restBytes > 0 && `\n${m.sees_rest({ count: restBytes })}`}
      </pre>
    </section>
  );
}
