import type { Failure } from "@sotto/engine";
import { SottoError } from "@sotto/protocol";

/** An error as plain data. What isn't ours is named as unexpected; its text stays where it was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SottoError) return { code: error.code, message: error.message, remedy: error.remedy };
  return {
    code: "internal/unexpected",
    message: "Something went wrong that shouldn't have.",
    remedy: { kind: "person", do: "Try again. If it stays, reload Sotto." },
  };
}

/** An Error for whoever looks at its stack, and a Failure for whoever shows it. */
export const errorOf = ({ code, message, remedy }: Failure): SottoError => new SottoError(code, message, remedy);

export const interrupted = (): SottoError =>
  new SottoError(
    "request/unavailable",
    "The window that was doing this was closed before it said whether it was done.",
    {
      kind: "person",
      do: "Look whether it was done, then try again.",
    },
  );

export const disconnected = (): SottoError =>
  new SottoError("request/unavailable", "Sotto has been closed in this window.", {
    kind: "person",
    do: "Reload the page.",
  });
