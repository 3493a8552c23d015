import { Bold, Code, EyeOff, Italic, Link, List, ListOrdered, Quote, Strikethrough } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { Format } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { Icon } from "../parts/icon.tsx";

const BUTTONS: { format: Format; icon: LucideIcon; name: () => string; keys: string }[] = [
  { format: "bold", icon: Bold, name: m.write_bold, keys: "Ctrl B" },
  { format: "italic", icon: Italic, name: m.write_italic, keys: "Ctrl I" },
  { format: "strike", icon: Strikethrough, name: m.write_strike, keys: "Ctrl Shift X" },
  { format: "code", icon: Code, name: m.write_code, keys: "Ctrl E" },
  { format: "link", icon: Link, name: m.write_link, keys: "" },
  { format: "list", icon: List, name: m.write_list, keys: "Ctrl Shift 8" },
  { format: "numbers", icon: ListOrdered, name: m.write_numbers, keys: "Ctrl Shift 7" },
  { format: "quote", icon: Quote, name: m.write_quote, keys: "Ctrl Shift 9" },
  { format: "spoiler", icon: EyeOff, name: m.write_spoiler, keys: "" },
];

type Keys = Pick<globalThis.KeyboardEvent, "ctrlKey" | "metaKey" | "shiftKey" | "altKey" | "code">;

/** The format that a key asks for. By its place on the keyboard where a letter would differ with Shift. */
export function formatOfKey({ ctrlKey, metaKey, shiftKey, altKey, code }: Keys): Format | null {
  if (!(ctrlKey || metaKey) || altKey) return null;
  if (shiftKey) return SHIFTED[code] ?? null;
  return PLAIN[code] ?? null;
}
const PLAIN: Record<string, Format> = { KeyB: "bold", KeyI: "italic", KeyE: "code" };
const SHIFTED: Record<string, Format> = { KeyX: "strike", Digit7: "numbers", Digit8: "list", Digit9: "quote" };

/** One Tab stop; arrows inside. The field keeps its selection. */
export function FormatBar({ onFormat }: { onFormat: (format: Format) => void }) {
  const [at, setAt] = useState(0);
  const bar = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const turned = getComputedStyle(event.currentTarget).direction === "rtl" ? -by : by;
    const next = (at + turned + BUTTONS.length) % BUTTONS.length;
    setAt(next);
    bar.current?.querySelectorAll<HTMLElement>("button")[next]?.focus();
  };
  return (
    <div
      className="fmt"
      role="toolbar"
      aria-label={m.write_format()}
      ref={bar}
      onKeyDown={onKey}
      data-testid="format-bar"
    >
      {BUTTONS.map(({ format, icon, name, keys }, place) => (
        <button
          key={format}
          type="button"
          className="ib"
          tabIndex={place === at ? 0 : -1}
          aria-label={name()}
          title={keys === "" ? name() : `${name()} (${keys})`}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onFormat(format)}
        >
          <Icon of={icon} size={17} />
        </button>
      ))}
    </div>
  );
}
