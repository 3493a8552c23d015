import type { PasswordClient } from "@sotto/engine/passwords";
import { SottoError } from "@sotto/protocol";

/**
 * The password protocol, fetched when it is first needed: it weighs as much as a good part of the rest, and who is signed in never asks
 * for it. Every method @throws SottoError connection/unreachable when the server doesn't give it; the next call tries again.
 */
export function latePasswordClient(): PasswordClient {
  let loading: Promise<PasswordClient> | undefined;
  const load = async (): Promise<PasswordClient> => {
    loading ??= import("@sotto/engine/passwords").then(({ createPasswordClient }) => createPasswordClient());
    try {
      return await loading;
    } catch {
      loading = undefined;
      throw new SottoError("connection/unreachable", "The server can't be reached.", { kind: "retry" });
    }
  };
  return {
    registerStart: async (password) => (await load()).registerStart(password),
    registerFinish: async (finish) => (await load()).registerFinish(finish),
    loginStart: async (password) => (await load()).loginStart(password),
    loginFinish: async (finish) => (await load()).loginFinish(finish),
  };
}
