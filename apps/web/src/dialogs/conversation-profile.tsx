import { useRef, useState } from "react";
import type { ConversationDetails } from "@sotto/engine";
import { titleOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { PictureField } from "../parts/picture-field.tsx";
import type { ChosenPicture } from "../parts/picture-field.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";

/** Name, topic and picture of a group: sealed, so that only its people see them. */
export default function ConversationProfile({
  details,
  onClose,
}: {
  details: ConversationDetails;
  onClose: () => void;
}) {
  const engine = useEngine();
  const { conversation } = details;
  const [name, setName] = useState(details.name ?? "");
  const [topic, setTopic] = useState(details.topic);
  const [picture, setPicture] = useState<ChosenPicture>({ kind: "same" });
  const first = useRef<HTMLInputElement>(null);
  const { busy, failure, run } = useAction();
  const save = async () => {
    const done = await run(() =>
      engine.setProfile({
        conversation,
        ...(name.trim() === (details.name ?? "") ? {} : { name: name.trim() }),
        ...(topic.trim() === details.topic ? {} : { topic: topic.trim() }),
        ...(picture.kind === "same" ? {} : { picture: picture.bytes }),
      }),
    );
    if (done) onClose();
  };
  return (
    <Sheet title={m.details_profile_title({ title: titleOf(details) })} onClose={onClose} width="w460" first={first}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void save();
        }}
      >
        <div className="dlg-b">
          <PictureField
            material={details.seal}
            letters=""
            current={details.picture}
            chosen={picture}
            onChosen={setPicture}
          />
          <div className="field">
            <label htmlFor="conversation-name">{m.details_name()}</label>
            <div className="input">
              <input
                id="conversation-name"
                ref={first}
                dir="auto"
                value={name}
                maxLength={100}
                onChange={(event) => setName(event.target.value)}
              />
            </div>
          </div>
          <div className="field">
            <label htmlFor="conversation-topic">{m.details_topic()}</label>
            <div className="input">
              <input
                id="conversation-topic"
                dir="auto"
                value={topic}
                maxLength={500}
                onChange={(event) => setTopic(event.target.value)}
              />
            </div>
            <p className="hint">{m.details_profile_hint()}</p>
          </div>
          <FailureNote failure={failure} />
        </div>
        <div className="dlg-f">
          <BusyButton busy={busy} type="submit" className="btn primary">
            {m.common_save()}
          </BusyButton>
        </div>
      </form>
    </Sheet>
  );
}
