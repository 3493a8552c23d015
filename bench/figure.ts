/** One line of the table: what was measured, beside its rival or floor of the same run. */
export type Figure = {
  part: "server" | "mls" | "devices" | "web";
  name: string;
  value: number;
  unit: Unit;
  /** What ran beside it, and its value in the same unit. */
  rival?: { name: string; value: number };
  bar: Bar;
  /** The run says nothing about the bar, whichever side of it the value lies on. */
  isVoid?: boolean;
};

export type Unit = "us" | "ms" | "s" | "/s" | "KiB" | "bytes" | "";

/**
 * What is aimed at. "ratio": value over rival; `ratio` overrides it where rounds were compared one by one. "none": told, not judged.
 */
export type Bar =
  | { kind: "at-most"; value: number }
  | { kind: "ratio-at-most"; value: number; ratio: number }
  | { kind: "ratio-at-least"; value: number; ratio: number }
  | { kind: "none" };

export type Verdict = "met" | "missed" | "void" | "-";

export function verdictOf({ value, bar, isVoid }: Figure): Verdict {
  if (isVoid === true) return "void";
  switch (bar.kind) {
    case "at-most":
      return value <= bar.value ? "met" : "missed";
    case "ratio-at-most":
      return bar.ratio <= bar.value ? "met" : "missed";
    case "ratio-at-least":
      return bar.ratio >= bar.value ? "met" : "missed";
    case "none":
      return "-";
  }
}
