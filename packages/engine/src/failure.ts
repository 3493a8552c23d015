import { SottoError } from "@sotto/protocol";
import type { Failure } from "./api.ts";

/** An error as plain data. What isn't ours is named as unexpected; its text stays in this process. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SottoError) return { code: error.code, message: error.message, remedy: error.remedy };
  return {
    code: "internal/unexpected",
    message: "Something went wrong that shouldn't have.",
    remedy: { kind: "person", do: "Try again. If it stays, reload Sotto." },
  };
}
