import { memo } from "react";
import type { CSSProperties } from "react";
import type { SealMaterial } from "@sotto/engine";
import { hexOf, sealPaths, sealSpec } from "@sotto/views";
import type { SealDetail, SealPaths } from "@sotto/views";

const ENGRAVED_MAX = 400;
const engraved = new Map<string, { hue: number; paths: SealPaths }>();

/** A seal costs a few milliseconds to engrave and is shown again and again: made once, dropped when many others were. */
function engravedSeal(material: SealMaterial, detail: SealDetail): { hue: number; paths: SealPaths } {
  const key = `${detail} ${hexOf(material.id)} ${hexOf(material.key)}`;
  const known = engraved.get(key);
  if (known !== undefined) return known;
  const spec = sealSpec(material);
  const made = { hue: spec.hue, paths: sealPaths(spec, detail) };
  const [oldest] = engraved.keys();
  if (engraved.size >= ENGRAVED_MAX && oldest !== undefined) engraved.delete(oldest);
  engraved.set(key, made);
  return made;
}

/** The hue of someone's ink, in degrees: for their name and the bar of a quote. */
export function inkOf(material: SealMaterial): number {
  return sealSpec(material).hue;
}

type SealProps = {
  material: SealMaterial;
  detail: SealDetail;
  size?: number;
  letters?: string;
  /** Only full-size seals are named: small ones stand beside the name. */
  label?: string;
  engraving?: boolean;
};

/** Draws a seal. Strokes keep their width whatever the size. */
export const Seal = memo(function Seal({ material, detail, size, letters, label, engraving = false }: SealProps) {
  const { hue, paths } = engravedSeal(material, detail);
  const named = label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  const style = { "--h": hue } as CSSProperties;
  return (
    <svg
      className={`seal ${detail === "full" ? "sl-full" : ""} ${engraving ? "engraving" : ""}`}
      viewBox="-104 -104 208 208"
      width={size}
      height={size}
      style={style}
      {...named}
    >
      <circle className="sl-paper" r="104" />
      <path className={`sl-fill sl-rim ${detail === "mini" ? "sl-mini-f" : "sl-rim-f"}`} d={paths.rim} />
      {paths.field !== undefined && <path className="sl-fill sl-field-f" d={paths.field} />}
      {paths.heart !== undefined && <path className="sl-fill sl-heart sl-heart-f" d={paths.heart} />}
      {paths.field !== undefined && <path className="sl-line sl-field-l sl-w8" d={paths.field} />}
      <path className="sl-line sl-rim sl-rim-l sl-w9" d={paths.rim} />
      {paths.heart !== undefined && <path className="sl-line sl-heart sl-heart-l" d={paths.heart} />}
      {detail === "mini" && <circle className="sl-fill" r="24" />}
      {detail === "person" && letters !== undefined && (
        <text className="sl-letter" y="1" textAnchor="middle" dominantBaseline="central">
          {letters}
        </text>
      )}
    </svg>
  );
});
