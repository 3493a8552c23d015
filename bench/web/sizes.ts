import type { Figure } from "../figure.ts";
import { workerKiB, pageKiB } from "../../apps/web/e2e/test/bundle-size.ts";

/** What a browser loads before anything is shown, gzipped. */
export function sizes(dist: string): Figure[] {
  return [
    {
      part: "web",
      name: "JavaScript of the page, at once, gzipped",
      value: pageKiB(dist),
      unit: "KiB",
      bar: { kind: "at-most", value: 250 },
    },
    {
      part: "web",
      name: "JavaScript of the engine's worker, at once, gzipped",
      value: workerKiB(dist),
      unit: "KiB",
      bar: { kind: "none" },
    },
  ];
}
