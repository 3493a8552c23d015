import { useState } from "react";
import { m } from "@sotto/views/messages";
import { Brand } from "../../parts/brand.tsx";
import { later } from "../../parts/lazy.tsx";
import { Holdings } from "./holdings.tsx";
import { Row } from "./rows.tsx";

const Keys = later(() => import("../../dialogs/keys.tsx"));

/** The version, the keys, and what this server can see of the person: the real rows. */
export default function About() {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <section className="group g0">
        <div className="card">
          <div className="li">
            <div className="grow">
              <Brand />
            </div>
            <div className="end s15" data-testid="version">
              {m.about_version()} {__SOTTO_VERSION__}
            </div>
          </div>
          <Row title={m.about_keys()} note={m.about_keys_note()}>
            <button type="button" className="btn quiet sm" onClick={() => setAsked(true)}>
              {m.about_show()}
            </button>
          </Row>
        </div>
        <p className="hint after">{m.about_free()}</p>
      </section>
      <section className="group">
        <h2>{m.about_server()}</h2>
        <p className="s15 t2">{m.about_server_words()}</p>
      </section>
      <Holdings />
      {asked && <Keys onClose={() => setAsked(false)} />}
    </>
  );
}
