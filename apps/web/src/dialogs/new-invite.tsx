import { useState } from "react";
import type { Invite } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { durationInWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { copy } from "../parts/copy.ts";
import { FailureNote } from "../parts/failure-note.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";

/** Seconds: an hour, a day, a week, four weeks; null never. */
const LASTS = [3_600, 86_400, 604_800, 2_419_200, null];

/** Makes a link by which people come in. */
export default function NewInvite({ conversation, onClose }: { conversation: ConversationId; onClose: () => void }) {
  const engine = useEngine();
  const [lasts, setLasts] = useState<number | null>(604_800);
  const [approval, setApproval] = useState(true);
  const [made, setMade] = useState<Invite | null>(null);
  const { busy, failure, run } = useAction();
  if (made !== null)
    return (
      <Sheet title={m.details_invite_made()} onClose={onClose} width="w560">
        <div className="dlg-b">
          <p className="s15">{m.details_invite_made_words()}</p>
          <output className="invite-link" data-testid="invite-link">
            {made.link}
          </output>
        </div>
        <div className="dlg-f">
          <button type="button" className="btn primary" onClick={() => copy(made.link, m.details_invite_link())}>
            {m.details_invite_copy()}
          </button>
        </div>
      </Sheet>
    );
  const make = () =>
    void run(async () => setMade(await engine.createInvite({ conversation, expiresInSeconds: lasts, approval })));
  return (
    <Sheet title={m.details_invite_new()} onClose={onClose} width="w460">
      <div className="dlg-b">
        <fieldset className="field">
          <legend>{m.details_invite_lasts()}</legend>
          <div className="seg wrap">
            {LASTS.map((seconds) => (
              <button
                key={String(seconds)}
                type="button"
                role="radio"
                aria-checked={lasts === seconds}
                onClick={() => setLasts(seconds)}
              >
                {seconds === null ? m.details_invite_for_ever() : durationInWords(seconds)}
              </button>
            ))}
          </div>
        </fieldset>
        <label className="tick">
          <input type="checkbox" checked={approval} onChange={(event) => setApproval(event.target.checked)} />
          <span>
            {m.details_invite_ask()}
            <span className="hint">{approval ? m.details_invite_ask_on() : m.details_invite_ask_off()}</span>
          </span>
        </label>
        <FailureNote failure={failure} />
      </div>
      <div className="dlg-f">
        <BusyButton busy={busy} className="btn primary" onClick={make}>
          {m.details_invite_make()}
        </BusyButton>
      </div>
    </Sheet>
  );
}
