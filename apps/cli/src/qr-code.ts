import { encodeQR } from "qr";
import { readsUnicode, type Io } from "./io.ts";

/** Light modules around a code, without which cameras don't find it (ISO/IEC 18004 asks for four; in a terminal two do). */
const QUIET_ZONE = 2;
/** Black on white of the 256 colours: no palette changes them, whatever colours the terminal has. */
const BLACK_ON_WHITE = "\u001b[38;5;16;48;5;231m";
const RESET = "\u001b[0m";

/**
 * A QR code in half blocks, always dark on light.
 * @returns its lines, or null where it can't be drawn: no UTF-8, or a window that is too narrow
 */
export function qrLines(text: string, { stdout, env }: Pick<Io, "stdout" | "env">): string[] | null {
  if (!readsUnicode(env)) return null;
  const dark = encodeQR(text, "raw", { ecc: "medium", border: QUIET_ZONE });
  const width = dark[0]?.length ?? 0;
  if (stdout.columns !== undefined && stdout.columns < width) return null;
  // Where colours are taken away the terminal's own are used: light modules are drawn, for a dark ground.
  const isColoured = (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const isDrawn = (row: number, column: number): boolean => (dark[row]?.[column] ?? false) === isColoured;
  const lines: string[] = [];
  for (let row = 0; row < dark.length; row += 2) {
    const cells = Array.from({ length: width }, (_, column) => {
      const upper = isDrawn(row, column);
      const lower = row + 1 < dark.length ? isDrawn(row + 1, column) : false;
      return upper ? (lower ? "█" : "▀") : lower ? "▄" : " ";
    }).join("");
    lines.push(isColoured ? `${BLACK_ON_WHITE}${cells}${RESET}` : cells);
  }
  return lines;
}
