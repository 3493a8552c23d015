import { SottoError } from "@sotto/protocol";

/** Stands where a call is still being built. */
export const notBuilt = async (): Promise<never> => {
  throw new SottoError("internal/unexpected", "This call isn't built yet.");
};
