import { useEffect, useState } from "react";
import type { PictureId } from "@sotto/engine";
import { initialsOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../../parts/busy-button.tsx";
import { FailureNote } from "../../parts/failure-note.tsx";
import { PictureField } from "../../parts/picture-field.tsx";
import type { ChosenPicture } from "../../parts/picture-field.tsx";
import { useEngine } from "../../state/live.ts";
import { selfOf } from "../../state/self.ts";
import { toast } from "../../state/toast.ts";
import { useAction } from "../../state/use-action.ts";
import type { SignedIn } from "../shell.tsx";

type Stored = { displayName: string | null; status: string; picture: PictureId | null };

/** How one shows oneself to the people one talks to. */
export default function Profile({ session }: { session: SignedIn }) {
  const engine = useEngine();
  const [stored, setStored] = useState<Stored | null>(null);
  const { failure, run } = useAction();
  useEffect(() => {
    let isGone = false;
    void run(async () => {
      const profile = await engine.ownProfile();
      if (!isGone) setStored(profile);
    });
    return () => {
      isGone = true;
    };
  }, [engine, run]);
  if (stored === null) return <FailureNote failure={failure} />;
  return <Fields key={JSON.stringify(stored)} session={session} stored={stored} onSaved={setStored} />;
}

type FieldsProps = { session: SignedIn; stored: Stored; onSaved: (stored: Stored) => void };

function Fields({ session, stored, onSaved }: FieldsProps) {
  const engine = useEngine();
  const [name, setName] = useState(stored.displayName ?? "");
  const [status, setStatus] = useState(stored.status);
  const [picture, setPicture] = useState<ChosenPicture>({ kind: "same" });
  const { busy, failure, run } = useAction();
  const isChanged =
    name.trim() !== (stored.displayName ?? "") || status.trim() !== stored.status || picture.kind !== "same";
  const save = () =>
    void run(async () => {
      await engine.setOwnProfile({
        displayName: name.trim() === "" ? null : name.trim(),
        status: status.trim(),
        ...(picture.kind === "same" ? {} : { picture: picture.bytes }),
      });
      onSaved(await engine.ownProfile());
      toast(m.profile_saved());
    });
  return (
    <form
      className="group g0 profile"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged && !busy) save();
      }}
    >
      <PictureField
        material={session.seal}
        letters={initialsOf(selfOf(session))}
        current={stored.picture}
        chosen={picture}
        onChosen={setPicture}
      />
      <div className="field">
        <label htmlFor="profile-name">{m.profile_name()}</label>
        <div className="input">
          <input
            id="profile-name"
            dir="auto"
            autoComplete="name"
            value={name}
            maxLength={64}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <p className="hint">{m.profile_name_hint({ username: session.username })}</p>
      </div>
      <div className="field">
        <label htmlFor="profile-status">{m.profile_status()}</label>
        <div className="input">
          <input
            id="profile-status"
            dir="auto"
            value={status}
            maxLength={80}
            placeholder={m.profile_status_example()}
            onChange={(event) => setStatus(event.target.value)}
          />
        </div>
        <p className="hint">{m.profile_told()}</p>
      </div>
      <FailureNote failure={failure} />
      <div>
        <BusyButton busy={busy} type="submit" className="btn primary" disabled={!isChanged}>
          {m.common_save()}
        </BusyButton>
      </div>
    </form>
  );
}
