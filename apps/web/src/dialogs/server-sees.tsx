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
import type { PostRow } from "@sotto/views";
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
    <Sheet title="What the server sees" onClose={onClose} width="w720">
      <div className="sees">
        <section>
          <h3>What you read</h3>
          <p className="s14 t2">
            <bdi>{row.own ? "You" : nameOf(row.sender)}</bdi>, {row.fullTime}
          </p>
          <p className="read" dir="auto" data-testid="read-text">
            {cleanText(row.text ?? "")}
          </p>
        </section>
        <section>
          <h3>What is stored</h3>
          {failure !== null && (
            <p className="hint bad" role="alert">
              {failureSentence(failure)}
            </p>
          )}
          {view === null && failure === null && <p className="s14 t2">Fetching it from the server…</p>}
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
                Taken in {fullTime(view.acceptedAt, herePlace())}.{" "}
                {view.matchesLocal
                  ? "It is byte for byte what this device received."
                  : "It differs from what this device received: the server changed it, or lies about it."}
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
      <h3>Open it by hand</h3>
      <p className="s14 t2">
        <code className="mono">{DECRYPT_COMMAND}</code> opens one entry with its keys, offline and without an account,
        and says who signed it.
      </p>
      {keys === null && !warned && (
        <button type="button" className="btn quiet sm" onClick={() => setWarned(true)}>
          Show its keys…
        </button>
      )}
      {keys === null && warned && (
        <div className="note danger" role="alert">
          <div>
            <p>
              Whoever has these keys reads what this sender wrote in this epoch: this message, and others. Keep them to
              yourself.
            </p>
            <div className="det-acts">
              <button type="button" className="btn danger-quiet sm" disabled={busy} onClick={() => void show()}>
                Show them
              </button>
              <button type="button" className="btn ghost sm" onClick={() => setWarned(false)}>
                Leave it
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
          <dt>Epoch key</dt>
          <dd className="mono">{keys.epochKey}</dd>
        </div>
        <div className="fact">
          <dt>Sender key</dt>
          <dd className="mono">{keys.senderKey}</dd>
        </div>
      </dl>
      <p className="s14 t2">
        Copy all three, run <code className="mono">{DECRYPT_COMMAND}</code> in a terminal, and paste them.
      </p>
      <div className="det-acts">
        <button type="button" className="btn quiet sm" onClick={() => copy(decryptText(keys), "Entry and keys")}>
          Copy all three
        </button>
        <button type="button" className="btn ghost sm" onClick={() => copy(keys.entry, "The entry")}>
          Copy the entry alone
        </button>
      </div>
    </>
  );
}

function Sealed({ view }: { view: ServerView }) {
  const { lines, restBytes } = hexLines(view.envelope, LINES_MAX);
  return (
    <section className="wide">
      <h3>The sealed bytes</h3>
      <pre className="mono" tabIndex={0} role="region" aria-label="The sealed bytes" data-testid="sealed-bytes">
        {lines.join("\n")}
        {restBytes > 0 && `\n… ${restBytes} more bytes`}
      </pre>
    </section>
  );
}
