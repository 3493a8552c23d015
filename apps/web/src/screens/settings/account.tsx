import { useState } from "react";
import { nameOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { later } from "../../parts/lazy.tsx";
import { PersonFacts } from "../../parts/person-facts.tsx";
import { Seal } from "../../parts/seal.tsx";
import { usePerson } from "../../state/live.ts";
import { go } from "../../state/route.ts";
import { selfOf } from "../../state/self.ts";
import type { SignedIn } from "../shell.tsx";
import { Reclaim } from "./reclaim.tsx";
import { Row } from "./rows.tsx";

const ChangePassword = later(() => import("./change-password.tsx"));

export default function Account({ session }: { session: SignedIn }) {
  const loaded = usePerson(session.account);
  const [changing, setChanging] = useState(false);
  return (
    <>
      <div className="gi-hero group g0">
        <Seal material={session.seal} detail="full" size={128} label={m.account_seal()} />
        <div className="grow">
          <h2 className="hero-name">
            <bdi>{nameOf(selfOf(session))}</bdi>
          </h2>
          <p className="lead">@{session.username}</p>
          <p className="s14 t2">{m.account_seal_note()}</p>
        </div>
      </div>
      <section className="group">
        <h2>{m.account_ways()}</h2>
        <div className="card">
          <Row title={m.account_password()} note={m.account_password_note()}>
            <button type="button" className="btn quiet sm" onClick={() => setChanging(true)}>
              {m.account_change()}
            </button>
          </Row>
          <Row title={m.account_recovery()} note={session.recoveryKeyUnsaved ? m.account_unsaved() : m.account_saved()}>
            <button
              type="button"
              className="btn quiet sm"
              onClick={() => go({ kind: "settings", page: "recovery" })}
              aria-label={session.recoveryKeyUnsaved ? m.account_recovery_save() : m.account_recovery_change()}
            >
              {session.recoveryKeyUnsaved ? m.account_save_it() : m.account_change()}
            </button>
          </Row>
        </div>
      </section>
      <Reclaim session={session} />
      <section className="group">
        <h2>{m.account_check()}</h2>
        <div className="card facts">
          {loaded.kind === "ready" && <PersonFacts person={loaded.value} devices={false} />}
        </div>
      </section>
      {changing && <ChangePassword session={session} onClose={() => setChanging(false)} />}
    </>
  );
}
