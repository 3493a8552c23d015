import { useEffect, useState } from "react";
import type { Failure, Holding } from "@sotto/engine";
import { asFailure, failureSentence, sizeInWords } from "@sotto/views";
import { getLocale, m } from "@sotto/views/messages";
import { useEngine } from "../../state/live.ts";

/** The rows that the server holds about this account, as it says now. */
export function Holdings() {
  const engine = useEngine();
  const [rows, setRows] = useState<Holding[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let gone = false;
    engine.holdings().then(
      (found) => gone || setRows(found),
      (thrown: unknown) => gone || setFailure(asFailure(thrown)),
    );
    return () => {
      gone = true;
    };
  }, [engine, asked]);
  const again = () => {
    setFailure(null);
    setAsked(asked + 1);
  };
  const total = (rows ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <section className="group">
      <h2>{m.data_held()}</h2>
      <div className="card facts-table">
        {failure !== null && (
          <p className="hint bad">
            {failureSentence(failure)}{" "}
            <button type="button" className="linkish" onClick={again}>
              {m.common_retry()}
            </button>
          </p>
        )}
        {rows === null && failure === null && <p className="s14 t2">{m.data_asking()}</p>}
        {rows !== null && (
          <table data-testid="holdings">
            <thead>
              <tr>
                <th scope="col">{m.data_what()}</th>
                <th scope="col">{m.data_pieces()}</th>
                <th scope="col">{m.data_size()}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ what, rows: pieces, bytes }) => (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td>{pieces.toLocaleString(getLocale())}</td>
                  <td>{sizeInWords(bytes)}</td>
                </tr>
              ))}
              <tr className="sum">
                <th scope="row">{m.data_together()}</th>
                <td />
                <td>{sizeInWords(total)}</td>
              </tr>
            </tbody>
          </table>
        )}
      </div>
      <p className="hint after">{m.data_held_note()}</p>
    </section>
  );
}
