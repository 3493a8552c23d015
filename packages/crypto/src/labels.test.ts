import { expect, test } from "vitest";
import { LABEL } from "./labels.ts";

const labels = Object.values(LABEL);

test("[T65] every label is there once", () => {
  expect(new Set(labels).size).toBe(labels.length);
});

test("[T65] no label is the beginning of another, so what is labelled can't be read two ways", () => {
  for (const a of labels) for (const b of labels) if (a !== b) expect(b.startsWith(a), `${a} begins ${b}`).toBe(false);
});

test("[T65] labels are ASCII, versioned and named for the product", () => {
  for (const label of labels) expect(label).toMatch(/^sotto [a-z -]+ v\d+:?$/);
});
