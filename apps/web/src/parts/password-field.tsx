import { useState } from "react";
import type { ReactNode } from "react";
import { Eye, EyeOff } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";

type PasswordFieldProps = {
  id: string;
  value: string;
  onChange: (value: string) => void;
  onFocus?: () => void;
  autoComplete: "new-password" | "current-password";
  describedBy: string;
  bad: boolean;
  label?: string;
  autoFocus?: boolean;
  children?: ReactNode;
};

/** A password that can be shown while it is typed. */
export function PasswordField({
  id,
  value,
  onChange,
  onFocus,
  autoComplete,
  describedBy,
  bad,
  label = m.field_password(),
  autoFocus = false,
  children,
}: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className={`input ${bad ? "bad" : ""}`}>
        <input
          id={id}
          type={shown ? "text" : "password"}
          value={value}
          autoComplete={autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={autoFocus}
          maxLength={1000}
          aria-describedby={describedBy}
          aria-invalid={bad}
          onFocus={onFocus}
          onChange={(event) => onChange(event.target.value)}
        />
        <button
          type="button"
          className="ib at-end"
          aria-label={shown ? m.field_hide_password() : m.field_show_password()}
          aria-pressed={shown}
          title={shown ? m.field_hide_password() : m.field_show_password()}
          onClick={() => setShown(!shown)}
        >
          <Icon of={shown ? EyeOff : Eye} size={19} />
        </button>
      </div>
      {children}
    </div>
  );
}

/** A username with its @ and the server that it belongs to. */
export function UsernameField({
  id,
  value,
  onChange,
  problem,
}: {
  id: string;
  value: string;
  onChange: (value: string) => void;
  problem: ReactNode;
}) {
  return (
    <div className="field">
      <label htmlFor={id}>{m.field_username()}</label>
      <div className={`input ${problem === null ? "" : "bad"}`}>
        <span className="t3" aria-hidden="true">
          @
        </span>
        <input
          id={id}
          value={value}
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          maxLength={64}
          aria-describedby={`${id}-hint`}
          aria-invalid={problem !== null}
          onChange={(event) => onChange(event.target.value)}
        />
        <span className="t3 s14" aria-hidden="true">
          {window.location.host}
        </span>
      </div>
      <div id={`${id}-hint`}>{problem}</div>
    </div>
  );
}
