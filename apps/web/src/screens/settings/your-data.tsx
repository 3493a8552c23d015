import { useState } from "react";
import { asUsername } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { rich } from "../../parts/rich.tsx";
import AskPassword from "../../parts/ask-password.tsx";
import { later } from "../../parts/lazy.tsx";
import { useEngine } from "../../state/live.ts";
import { go } from "../../state/route.ts";
import type { SignedIn } from "../shell.tsx";
import { Holdings } from "./holdings.tsx";
import { Row } from "./rows.tsx";

const ExportDialog = later(() => import("./export-dialog.tsx"));

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
