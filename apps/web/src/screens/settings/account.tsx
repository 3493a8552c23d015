import { useState } from "react";
import { nameOf } from "@sotto/views";
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
        <Seal material={session.seal} detail="full" size={128} label="Your seal" />
        <div className="grow">
          <h2 className="hero-name">
            <bdi>{nameOf(selfOf(session))}</bdi>
          </h2>
          <p className="lead">@{session.username}</p>
          <p className="s14 t2">Your seal is drawn from your keys. It helps others recognise you. It is not proof.</p>
        </div>
      </div>
      <section className="group">
        <h2>Ways into this account</h2>
        <div className="card">
          <Row title="Password" note="Changing it signs no device out">
            <button type="button" className="btn quiet sm" onClick={() => setChanging(true)}>
              Change
            </button>
          </Row>
          <Row
            title="Recovery key"
            note={session.recoveryKeyUnsaved ? "Not saved yet" : "Saved, and nowhere else but with you"}
          >
            <button
              type="button"
              className="btn quiet sm"
              onClick={() => go({ kind: "settings", page: "recovery" })}
              aria-label={session.recoveryKeyUnsaved ? "Save the recovery key" : "Change the recovery key"}
            >
              {session.recoveryKeyUnsaved ? "Save it" : "Change"}
            </button>
          </Row>
        </div>
      </section>
      <Reclaim session={session} />
      <section className="group">
        <h2>What others can check</h2>
        <div className="card facts">
          {loaded.kind === "ready" && <PersonFacts person={loaded.value} devices={false} />}
        </div>
      </section>
      {changing && <ChangePassword session={session} onClose={() => setChanging(false)} />}
    </>
  );
}
