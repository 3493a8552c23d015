import type { PasswordVerdict } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PasswordField } from "./password-field.tsx";
import type { GivenPassword } from "../state/use-password.ts";

function Meter({ verdict }: { verdict: PasswordVerdict }) {
  const fill = verdict.filled === 1 ? "w" : "f";
  return (
    <div className="meter" aria-hidden="true">
      {[1, 2, 3, 4].map((mark) => (
        <i key={mark} className={mark <= verdict.filled ? fill : ""} />
      ))}
    </div>
  );
}

type NewPasswordProps = { id: string; given: GivenPassword; missing: boolean; refused: boolean; label?: string };

/** A password that is chosen: judged while it is typed, and refused while it is weak. */
export function NewPassword({ id, given, missing, refused, label = m.field_password() }: NewPasswordProps) {
  const { password, setPassword, verdict, prepare } = given;
  const none = missing && password === "";
  return (
    <PasswordField
      id={id}
      label={label}
      value={password}
      autoComplete="new-password"
      describedBy={`${id}h`}
      bad={none || (refused && !verdict.accepted && password !== "")}
      onFocus={prepare}
      onChange={(value) => {
        prepare();
        setPassword(value);
      }}
    >
      <Meter verdict={verdict} />
      <p className="hint" id={`${id}h`} role="status" data-testid="password-strength">
        {none ? (
          m.field_choose_password()
        ) : verdict.word === "" ? (
          m.field_four_words()
        ) : (
          <>
            <b className="t1 w6">{verdict.word}</b> {verdict.advice}
          </>
        )}
      </p>
    </PasswordField>
  );
}
