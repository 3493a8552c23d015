import { useState } from "react";
import { Pencil } from "lucide-react";
import type { ConversationDetails } from "@sotto/engine";
import { nameOf, titleOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "../../parts/icon.tsx";
import { later } from "../../parts/lazy.tsx";
import { Seal } from "../../parts/seal.tsx";
import { usePicture } from "../../state/own.ts";

const ConversationProfile = later(() => import("../../dialogs/conversation-profile.tsx"));

function leadOf(details: ConversationDetails): string {
  switch (details.kind) {
    case "room":
      return m.details_lead_room();
    case "self":
      return m.details_lead_self();
    default:
      return m.details_lead();
  }
}

/** Seal, name and topic. */
export function Head({ details }: { details: ConversationDetails }) {
  const [changing, setChanging] = useState(false);
  const [other] = details.people;
  const isDirect = details.kind === "direct" && other !== undefined;
  const photo = usePicture(isDirect ? other.picture : details.picture);
  const named = isDirect ? nameOf(other) : titleOf(details);
  return (
    <div className="det-hero">
      <div className="det-seal">
        <Seal
          material={isDirect ? other.seal : details.seal}
          detail="full"
          size={136}
          label={m.details_seal({ name: named })}
        />
        {photo !== null && <img className="photo" src={photo} alt="" />}
      </div>
      <h2>
        <bdi>{titleOf(details)}</bdi>
      </h2>
      {isDirect ? (
        <>
          <p className="s14 t2">@{other.username}</p>
          {other.status !== "" && (
            <p className="s14 lead">
              <bdi>{other.status}</bdi>
            </p>
          )}
        </>
      ) : (
        <>
          {details.topic !== "" && (
            <p className="s15 lead" data-testid="topic">
              <bdi>{details.topic}</bdi>
            </p>
          )}
          <p className="s14 t2 lead">{leadOf(details)}</p>
        </>
      )}
      {/* What a room is called is its address, and public. */}
      {details.may.manage && details.kind === "group" && (
        <button type="button" className="btn quiet sm" onClick={() => setChanging(true)}>
          <Icon of={Pencil} size={15} />
          {m.details_change()}
        </button>
      )}
      {changing && <ConversationProfile details={details} onClose={() => setChanging(false)} />}
    </div>
  );
}
