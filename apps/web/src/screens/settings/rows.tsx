import type { ReactNode } from "react";

/** One line of a card: what it is, what follows from it, and the control. */
export function Row({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <div className="li">
      <div className="grow">
        <div className="ti">{title}</div>
        <div className="de">{note}</div>
      </div>
      <div className="end">{children}</div>
    </div>
  );
}

export function Switch({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <button
      type="button"
      className="sw"
      role="switch"
      aria-checked={on}
      aria-label={label}
      onClick={() => onChange(!on)}
    />
  );
}

type SegmentsProps<Value extends string> = {
  label: string;
  value: Value;
  choices: readonly { value: Value; name: string }[];
  onChoose: (value: Value) => void;
};

/** A few choices side by side, one of them taken. */
export function Segments<Value extends string>({ label, value, choices, onChoose }: SegmentsProps<Value>) {
  return (
    <div className="seg" role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          role="radio"
          aria-checked={choice.value === value}
          onClick={() => onChoose(choice.value)}
        >
          {choice.name}
        </button>
      ))}
    </div>
  );
}
