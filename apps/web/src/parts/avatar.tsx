import type { CSSProperties } from "react";
import { FileText } from "lucide-react";
import type { Person, PictureId, SealMaterial } from "@sotto/engine";
import { initialsOf } from "@sotto/views";
import type { ConversationRow } from "@sotto/views";
import { usePicture } from "../state/own.ts";
import { Icon } from "./icon.tsx";
import { Seal } from "./seal.tsx";
import { TrustGlyph } from "./trust.tsx";

function side(size: number): CSSProperties {
  return { "--s": `${size}px` } as CSSProperties;
}

/** A person's seal with their initials. From 40 px it carries their trust state, where there is something to say. */
export function PersonAvatar({ person, size, badge = false }: { person: Person; size: number; badge?: boolean }) {
  const tone =
    person.trust === "verified" || person.trust === "changed"
      ? person.trust
      : person.trust === "blocked"
        ? "danger"
        : null;
  const photo = usePicture(person.picture);
  return (
    <span className="av" style={side(size)}>
      <Seal
        material={person.seal}
        detail={size < 28 ? "mini" : "person"}
        {...(size >= 28 && photo !== null ? {} : { letters: initialsOf(person) })}
      />
      {size >= 28 && photo !== null && <img className="photo" src={photo} alt="" />}
      {badge && tone !== null && (
        <span className="badge">
          <TrustGlyph tone={tone} size={16} />
        </span>
      )}
    </span>
  );
}

export function GroupAvatar({
  material,
  size,
  picture = null,
}: {
  material: SealMaterial;
  size: number;
  picture?: PictureId | null;
}) {
  const photo = usePicture(picture);
  return (
    <span className="av" style={side(size)}>
      <Seal material={material} detail="group" />
      {size >= 28 && photo !== null && <img className="photo" src={photo} alt="" />}
    </span>
  );
}

export function RowAvatar({ picture, size }: { picture: ConversationRow["picture"]; size: number }) {
  switch (picture.kind) {
    case "person":
      return <PersonAvatar person={picture.person} size={size} />;
    case "group":
      return <GroupAvatar material={picture.seal} size={size} picture={picture.picture} />;
    case "notes":
      return (
        <span className="av notes" style={side(size)}>
          <Icon of={FileText} size={19} />
        </span>
      );
  }
}
