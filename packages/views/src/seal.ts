/**
 * The seal: a guilloché rosette engraved from key material (docs/design.md, "The seal"). The two bytes of `id` are permanent
 * (ink and fold); the eighteen bytes of `key` engrave the line work, so that changed keys look different at once.
 * A seal helps people recognise and notice change. It is never proof: nothing may call a matching seal "verified".
 */

/** Twelve ink hues (OKLCH degrees). None lies within 15 degrees of a hue that stands for trust (22-26, 62-78, 156). */
export const SEAL_INKS = [2, 46, 100, 124, 184, 206, 228, 250, 274, 298, 322, 344] as const;
const SEAL_KEY_BYTES = 18;

type Band = {
  waves: number;
  strands: number;
  mid: number;
  amplitude: number;
  bite: number;
  phase: number;
  lean: number;
};
export type SealSpec = { hue: number; fold: number; rim: Band; field: Band; heart: Band };

/** How much of a seal is drawn: mini 16 to 27 px, person from 28 px, group from 20 px, full from 72 px. */
export type SealDetail = "mini" | "person" | "group" | "full";
/** SVG path data around (0, 0) with radius 100. */
export type SealPaths = { rim: string; field?: string; heart?: string };

/** Reads the shape of a seal from its material. Short material is read as if zeros followed. */
export function sealSpec(material: { id: Uint8Array; key: Uint8Array }): SealSpec {
  const idByte = (at: number) => material.id[at] ?? 0;
  const keyByte = (at: number) => (at < SEAL_KEY_BYTES ? (material.key[at] ?? 0) : 0);
  const unit = (at: number) => keyByte(at) / 255;
  const fold = 6 + (idByte(1) % 7);
  const band = (shape: {
    at: number;
    inner: number;
    outer: number;
    multiples: readonly number[];
    strands: readonly number[];
    crossingsMax: number;
  }): Band => {
    const pick = (values: readonly number[], at: number) => values[keyByte(at) % values.length] ?? 1;
    const waves = fold * pick(shape.multiples, shape.at);
    let strands = pick(shape.strands, shape.at + 1);
    while (strands > 3 && strands * waves > shape.crossingsMax) strands -= 1;
    return {
      waves,
      strands,
      mid: (shape.inner + shape.outer) / 2,
      amplitude: ((shape.outer - shape.inner) / 2) * (0.74 + 0.26 * unit(shape.at + 2)),
      bite: unit(shape.at + 3) * 0.3,
      phase: unit(shape.at + 4) * 2 * Math.PI,
      lean: unit(shape.at + 5) * 2 * Math.PI,
    };
  };
  return {
    hue: SEAL_INKS[idByte(0) % SEAL_INKS.length] ?? SEAL_INKS[0],
    fold,
    rim: band({ at: 0, inner: 0.77, outer: 0.965, multiples: [1, 1, 2], strands: [2, 3, 4], crossingsMax: 60 }),
    field: band({ at: 6, inner: 0.29, outer: 0.81, multiples: [1, 1, 2], strands: [3, 4, 5, 6], crossingsMax: 72 }),
    heart: band({ at: 12, inner: 0.05, outer: 0.4, multiples: [1, 1, 0.5], strands: [3, 4, 5], crossingsMax: 48 }),
  };
}

/** A closed curve r(t) as cubic Béziers through exact points and tangents (Hermite form), radius 100. */
function closedCurve(radius: (t: number) => number, segments: number): string {
  const count = Math.max(28, Math.round(segments));
  const step = (2 * Math.PI) / count;
  const tiny = 1e-4;
  const point = (t: number): [number, number] => [radius(t) * Math.cos(t), radius(t) * Math.sin(t)];
  const tangent = (t: number): [number, number] => {
    const [ax, ay] = point(t - tiny);
    const [bx, by] = point(t + tiny);
    return [(bx - ax) / (2 * tiny), (by - ay) / (2 * tiny)];
  };
  const text = (value: number) => String(Math.round(value * 1000) / 10);
  let [px, py] = point(0);
  let [dx, dy] = tangent(0);
  let path = `M${text(px)} ${text(py)}`;
  for (let i = 1; i <= count; i++) {
    const [qx, qy] = point(i * step);
    const [ex, ey] = tangent(i * step);
    const third = step / 3;
    path += `C${text(px + dx * third)} ${text(py + dy * third)} ${text(qx - ex * third)} ${text(qy - ey * third)} ${text(qx)} ${text(qy)}`;
    [px, py, dx, dy] = [qx, qy, ex, ey];
  }
  return `${path}Z`;
}

function engrave(band: Band, strands = band.strands): string {
  const waves = Math.max(3, Math.round(band.waves));
  let path = "";
  for (let strand = 0; strand < strands; strand++) {
    const shift = band.phase + (strand / strands) * 2 * Math.PI;
    const radius = (t: number) =>
      band.mid +
      band.amplitude *
        ((1 - band.bite) * Math.sin(waves * t + shift) + band.bite * Math.sin(2 * waves * t + band.lean + 2 * shift));
    path += closedCurve(radius, waves * (band.bite > 0.1 ? 7 : 5));
  }
  return path;
}

/** The paths of a seal at one level of detail. Strokes are to be non-scaling, 0.75 to 1 px. */
export function sealPaths(spec: SealSpec, detail: SealDetail): SealPaths {
  if (detail === "mini")
    return { rim: engrave({ ...spec.rim, waves: spec.fold, mid: 0.7, amplitude: 0.2, bite: 0 }, 2) };
  if (detail === "full") return { rim: engrave(spec.rim), field: engrave(spec.field), heart: engrave(spec.heart) };
  const rim = engrave({ ...spec.rim, waves: spec.rim.waves > 16 ? spec.fold : spec.rim.waves }, 2);
  if (detail === "person") return { rim };
  const turn = spec.field.phase / (2 * Math.PI);
  const strands = spec.field.lean > Math.PI ? 3 : 2;
  const field = { ...spec.field, waves: spec.fold, mid: 0.36 + 0.07 * turn, amplitude: 0.32 - 0.13 * turn };
  return { rim, field: engrave(field, strands) };
}
