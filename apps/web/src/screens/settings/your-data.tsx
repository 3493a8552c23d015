import { useEffect, useState } from "react";
import type { Failure, Holding } from "@sotto/engine";
import { asFailure, asUsername, failureSentence, sizeInWords } from "@sotto/views";
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
      <h2>What this server holds about you</h2>
      <div className="card facts-table">
        {failure !== null && (
          <p className="hint bad">
            {failureSentence(failure)}{" "}
            <button type="button" className="linkish" onClick={again}>
              Try again
            </button>
          </p>
        )}
        {rows === null && failure === null && <p className="s14 t2">Asking it…</p>}
        {rows !== null && (
          <table data-testid="holdings">
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">Pieces</th>
                <th scope="col">Size</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ what, rows: pieces, bytes }) => (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td>{pieces.toLocaleString("en")}</td>
                  <td>{sizeInWords(bytes)}</td>
                </tr>
              ))}
              <tr className="sum">
                <th scope="row">Together</th>
                <td />
                <td>{sizeInWords(total)}</td>
              </tr>
            </tbody>
          </table>
        )}
      </div>
      <p className="hint after">
        It says so itself; what is sealed it can’t read. Under any message, “What the server sees” shows the bytes.
      </p>
    </section>
  );
}

function DeleteAccount({ session, onClose }: { session: SignedIn; onClose: () => void }) {
  const engine = useEngine();
  const [typed, setTyped] = useState("");
  return (
    <AskPassword
      title="Delete your account?"
      verb="Delete my account"
      busyWords="Leaving every conversation…"
      danger
      ready={asUsername(typed) === session.username}
      act={async (password) => {
        await engine.closeAccount({ password, username: asUsername(typed) });
        go({ kind: "list" });
      }}
      onClose={onClose}
    >
      <ul className="facts-list s15 t2">
        <li>You leave every conversation, and all your devices are signed out.</li>
        <li>Vault, archive and everything waiting for you are deleted from this server.</li>
        <li>What others have received stays with them. Your name is never given to anyone else.</li>
        <li>Nobody can bring it back.</li>
      </ul>
      <div className="field">
        <label htmlFor="delete-name">
          Type your username, <b className="w6">{session.username}</b>
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
        <h2>A copy for yourself</h2>
        <div className="card">
          <Row title="Export my data" note="Every conversation, as pages to read and as data. Made on this device.">
            <button type="button" className="btn quiet sm" onClick={() => setExporting(true)}>
              Export…
            </button>
          </Row>
        </div>
      </section>
      <Holdings />
      <section className="group">
        <h2>The end of it</h2>
        <div className="card">
          <Row
            title="Delete my account"
            note={`Leaves every conversation and ends @${session.username} for ever. It can’t be undone.`}
          >
            <button type="button" className="btn danger-quiet sm" onClick={() => setDeleting(true)}>
              Delete…
            </button>
          </Row>
        </div>
      </section>
      {exporting && <ExportDialog session={session} onClose={() => setExporting(false)} />}
      {deleting && <DeleteAccount session={session} onClose={() => setDeleting(false)} />}
    </>
  );
}
