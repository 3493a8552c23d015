import { useEffect, useMemo, useRef, useState } from "react";
import { ImagePlus, Trash2 } from "lucide-react";
import type { PictureId, SealMaterial } from "@sotto/engine";
import { m } from "@sotto/views/messages";
import { usePicture } from "../state/own.ts";
import { Icon } from "./icon.tsx";
import { pictureOf } from "./picture-file.ts";
import { Seal } from "./seal.tsx";

export type ChosenPicture = { kind: "same" } | { kind: "new"; bytes: Uint8Array } | { kind: "none"; bytes: null };

type PictureFieldProps = {
  material: SealMaterial;
  letters: string;
  current: PictureId | null;
  chosen: ChosenPicture;
  onChosen: (picture: ChosenPicture) => void;
};

function useAddress(bytes: Uint8Array | null): string | null {
  const address = useMemo(
    () => (bytes === null ? null : URL.createObjectURL(new Blob([Uint8Array.from(bytes)]))),
    [bytes],
  );
  useEffect(
    () => () => {
      if (address !== null) URL.revokeObjectURL(address);
    },
    [address],
  );
  return address;
}

/** A picture in the clear centre of a seal. It is made small here, and what the camera wrote about the place is gone with it. */
export function PictureField({ material, letters, current, chosen, onChosen }: PictureFieldProps) {
  const file = useRef<HTMLInputElement>(null);
  const [bad, setBad] = useState(false);
  const stored = usePicture(current);
  const fresh = useAddress(chosen.kind === "new" ? chosen.bytes : null);
  const shown = chosen.kind === "same" ? stored : fresh;
  const take = async (picked: File | undefined) => {
    if (picked === undefined) return;
    const bytes = await pictureOf(picked);
    setBad(bytes === null);
    if (bytes !== null) onChosen({ kind: "new", bytes });
  };
  return (
    <div className="pic-field">
      <span className="av" style={{ "--s": "88px" } as React.CSSProperties}>
        <Seal material={material} detail="person" letters={shown === null ? letters : ""} />
        {shown !== null && <img className="photo" src={shown} alt={m.details_picture_alt()} />}
      </span>
      <div className="grow">
        <div className="row">
          <button type="button" className="btn quiet sm" onClick={() => file.current?.click()}>
            <Icon of={ImagePlus} size={16} />
            {shown === null ? m.details_picture_choose() : m.details_picture_other()}
          </button>
          {shown !== null && (
            <button type="button" className="btn ghost sm" onClick={() => onChosen({ kind: "none", bytes: null })}>
              <Icon of={Trash2} size={16} />
              {m.details_picture_none()}
            </button>
          )}
        </div>
        <p className="hint">{m.details_picture_hint()}</p>
        {bad && (
          <p className="hint bad" role="alert">
            {m.details_picture_bad()}
          </p>
        )}
      </div>
      <input
        ref={file}
        className="vh"
        type="file"
        accept="image/*"
        tabIndex={-1}
        aria-label={m.details_picture_choose()}
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
    </div>
  );
}
