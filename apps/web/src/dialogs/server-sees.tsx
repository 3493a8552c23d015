import { useEffect, useState } from "react";
import type { Failure, ServerView } from "@sotto/engine";
import { cleanText } from "@sotto/protocol";
import type { ConversationId } from "@sotto/protocol";
import { asFailure, failureSentence, fullTime, hexLines, nameOf, serverRows } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { Sheet } from "../parts/sheet.tsx";
import { herePlace } from "../state/clock.ts";
import { useEngine } from "../state/live.ts";

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
      </div>
    </Sheet>
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
