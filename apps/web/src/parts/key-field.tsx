import { useLayoutEffect, useRef } from "react";
import type { ReactNode } from "react";
import { keyCharacters, spacedKey } from "@sotto/views";

type KeyFieldProps = {
  id: string;
  label: string;
  value: string;
  /** Characters of a whole key; gaps come by themselves. */
  characters: number;
  onChange: (value: string) => void;
  bad: boolean;
  describedBy?: string;
  children?: ReactNode;
};

/** A key or a code: grouped while it is typed or pasted, in whatever way it was written down. */
export function KeyField({ id, label, value, characters, onChange, bad, describedBy, children }: KeyFieldProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const caret = useRef<number | null>(null);
  // Gaps come and go: the caret stays behind the character behind which it was.
  useLayoutEffect(() => {
    const element = area.current;
    const { current } = caret;
    if (element === null || current === null || document.activeElement !== element) return;
    caret.current = null;
    let at = 0;
    for (let seen = 0; seen < current && at < value.length; at++) if (value[at] !== " ") seen++;
    element.setSelectionRange(at, at);
  }, [value]);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className={`input key-input ${bad ? "bad" : ""}`}>
        <textarea
          id={id}
          ref={area}
          rows={characters > 16 ? 2 : 1}
          value={value}
          autoComplete="off"
          autoCapitalize="characters"
          autoCorrect="off"
          spellCheck={false}
          aria-invalid={bad}
          aria-describedby={describedBy}
          enterKeyHint="done"
          onChange={({ target }) => {
            caret.current = keyCharacters(target.value.slice(0, target.selectionStart)).length;
            onChange(spacedKey(target.value, characters));
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
        />
      </div>
      {children}
    </div>
  );
}
