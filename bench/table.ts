import { type Bar, type Figure, type Unit, verdictOf } from "./figure.ts";

const HEADINGS = ["part", "figure", "measured", "beside it", "ratio", "bar", ""];

/** The figures in columns. */
export function table(figures: readonly Figure[]): string {
  const rows = [HEADINGS, ...figures.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cells(figure: Figure): string[] {
  const { part, name, value, unit, rival, bar } = figure;
  const beside = rival === undefined ? "" : `${quantity(rival.value, unit)} ${rival.name}`;
  const ratio = "ratio" in bar ? bar.ratio : rival === undefined ? undefined : value / rival.value;
  const ratioText = ratio === undefined ? "" : `${ratio.toFixed(2)}x`;
  return [part, name, quantity(value, unit), beside, ratioText, barText(bar, unit), verdictOf(figure)];
}

function barText(bar: Bar, unit: Unit): string {
  switch (bar.kind) {
    case "at-most":
      return `<= ${bar.value} ${unit}`;
    case "ratio-at-most":
      return `<= ${bar.value}x`;
    case "ratio-at-least":
      return `>= ${bar.value}x`;
    case "none":
      return "";
  }
}

function quantity(value: number, unit: Unit): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return `${value.toFixed(unit === "bytes" ? 0 : digits)} ${unit}`;
}
