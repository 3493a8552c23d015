import type { Change } from "../api.ts";
import type { SignedIn } from "../signed-in.ts";

/** What the calls of the engine's face have in common. */
export type Desk = {
  /** @throws SottoError request/not-signed-in */
  current: () => SignedIn;
  emit: (change: Change) => void;
  /** Everything local goes; nobody is signed in afterwards. */
  wipe: () => Promise<void>;
};
