import { useState } from "react";
import type { Person } from "@sotto/engine";
import { nameOf, shortNameOf, trustInWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { rich } from "./rich.tsx";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";
import { FailureNote } from "./failure-note.tsx";
import { later } from "./lazy.tsx";
import { Seal } from "./seal.tsx";
import { TrustGlyph } from "./trust.tsx";

const Ask = later(() => import("./ask.tsx"));
const Verify = later(() => import("../dialogs/verify.tsx"));

/**
 * Somebody who was verified has other keys. Nothing goes out until the person has decided: the safe way is the button in ink,
 * the other ones can always be reached.
 */
export function Paused({ person }: { person: Person }) {
  const engine = useEngine();
  const [asked, setAsked] = useState<"verify" | "block" | null>(null);
  const { busy, failure, run } = useAction();
  const { account } = person;
  const name = shortNameOf(person);
  return (
    <section className="kc" role="alert" data-testid="paused" data-account={account}>
      <div className="kc-in">
        <Seal material={person.seal} detail="full" size={76} />
        <div className="grow">
          <h2>
            <TrustGlyph tone="changed" size={18} />
            <span>
              {person.replaced
                ? m.trust_other_account({ username: person.username })
                : rich(m.trust_keys_changed, { name: <bdi>{name}</bdi> })}
            </span>
          </h2>
          <p>{person.replaced ? m.trust_replaced_text({ name }) : trustInWords("changed", person).sentence}</p>
          <FailureNote failure={failure} />
          <div className="kc-b">
            {!person.replaced && (
              <button type="button" className="btn primary" onClick={() => setAsked("verify")}>
                {m.trust_verify_again({ name })}
              </button>
            )}
            <button
              type="button"
              className="btn quiet"
              disabled={busy}
              aria-busy={busy}
              onClick={() => void run(() => engine.acceptIdentity({ account }))}
            >
              {person.replaced ? m.trust_old_account() : m.trust_without()}
            </button>
            <button type="button" className="btn ghost" onClick={() => setAsked("block")}>
              {m.trust_block()}
            </button>
          </div>
        </div>
      </div>
      {asked === "verify" && <Verify account={account} onClose={() => setAsked(null)} />}
      {asked === "block" && (
        <Ask
          title={m.trust_block_title({ name: nameOf(person) })}
          text={m.trust_block_text()}
          verb={m.trust_block()}
          danger
          act={() => engine.setBlocked({ account, blocked: true })}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
