import { useEffect, useState } from "react";
import type { Failure, Holding } from "@sotto/engine";
import { asFailure, asUsername, failureSentence, sizeInWords } from "@sotto/views";
import { getLocale, m } from "@sotto/views/messages";
import { rich } from "../../parts/rich.tsx";
import AskPassword from "../../parts/ask-password.tsx";
import { later } from "../../parts/lazy.tsx";
import { useEngine } from "../../state/live.ts";
import { go } from "../../state/route.ts";
import type { SignedIn } from "../shell.tsx";
import { Row } from "./rows.tsx";

const ExportDialog = later(() => import("./export-dialog.tsx"));

function Holdings() {
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

function DeleteAccount({ session, onClose }: { session: SignedIn; onClose: () => void }) {
  const engine = useEngine();
  const [typed, setTyped] = useState("");
  return (
    <AskPassword
      title={m.data_delete_title()}
      verb={m.data_delete_verb()}
      busyWords={m.data_deleting()}
      danger
      ready={asUsername(typed) === session.username}
      act={async (password) => {
        await engine.closeAccount({ password, username: asUsername(typed) });
        go({ kind: "list" });
      }}
      onClose={onClose}
    >
      <ul className="facts-list s15 t2">
        <li>{m.data_delete_1()}</li>
        <li>{m.data_delete_2()}</li>
        <li>{m.data_delete_3()}</li>
        <li>{m.data_delete_4()}</li>
      </ul>
      <div className="field">
        <label htmlFor="delete-name">
          {rich(m.data_delete_type, { username: <b className="w6">{session.username}</b> })}
        </label>
        <div className="input">
          <input
            id="delete-name"
            value={typed}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      </div>
    </AskPassword>
  );
}

/** What there is of oneself here and there, a copy of it, and its end. */
export default function YourData({ session }: { session: SignedIn }) {
  const [exporting, setExporting] = useState(false);
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      <section className="group g0">
        <h2>{m.data_copy()}</h2>
        <div className="card">
          <Row title={m.data_export_title()} note={m.data_copy_note()}>
            <button type="button" className="btn quiet sm" onClick={() => setExporting(true)}>
              {m.data_export_verb()}
            </button>
          </Row>
        </div>
      </section>
      <Holdings />
      <section className="group">
        <h2>{m.data_end()}</h2>
        <div className="card">
          <Row title={m.data_delete_verb()} note={m.data_delete_note({ username: session.username })}>
            <button type="button" className="btn danger-quiet sm" onClick={() => setDeleting(true)}>
              {m.data_delete_more()}
            </button>
          </Row>
        </div>
      </section>
      {exporting && <ExportDialog session={session} onClose={() => setExporting(false)} />}
      {deleting && <DeleteAccount session={session} onClose={() => setDeleting(false)} />}
    </>
  );
}
