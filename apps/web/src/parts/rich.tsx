import { Fragment } from "react";
import type { ReactNode } from "react";

const MARK = "\u0001";

/**
 * A sentence with something in it that is more than text: a word that stands out, a button, a link. Where it stands is the
 * language's business, so the message says it: `rich(m.link_choose, { button: <b>{m.link_button()}</b> })`.
 */
export function rich<Name extends string>(
  say: (marks: Record<Name, string>) => string,
  parts: Record<Name, ReactNode>,
): ReactNode {
  const names = Object.keys(parts) as Name[];
  const marks = Object.fromEntries(names.map((name) => [name, `${MARK}${name}${MARK}`])) as Record<Name, string>;
  return say(marks)
    .split(MARK)
    .map((piece, at) => <Fragment key={at}>{at % 2 === 0 ? piece : parts[piece as Name]}</Fragment>);
}
