import { SottoError } from "@sotto/protocol";
import type { Linking } from "../api.ts";
import { failureOf } from "../failure.ts";

/** A link under way, as the shell of either side sees it. */
export type LinkUnderWay = {
  cancel: () => void;
  /** Signed-in side: the digits were compared and are the same. */
  admit?: (password: string) => Promise<void>;
};

/** Where the one link of this device stands. What comes of a link that was ended is ignored. */
export class LinkDesk {
  readonly #changed: () => void;
  #state: Linking = { kind: "none" };
  #current: LinkUnderWay | undefined;
  #number = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get state(): Linking {
    return this.#state;
  }

  get current(): LinkUnderWay | undefined {
    return this.#current;
  }

  /**
   * Begins a link in the place of whatever was there.
   * @param open shows where the link stands; what it rejects with is shown and thrown on
   */
  async begin(open: (show: (state: Linking) => void) => Promise<LinkUnderWay>): Promise<void> {
    this.cancel();
    const number = this.#number;
    try {
      const opened = await open((state) => {
        if (number === this.#number) this.#show(state);
      });
      if (number === this.#number) this.#current = opened;
      else opened.cancel();
    } catch (error) {
      if (number === this.#number) this.#show({ kind: "failed", failure: failureOf(error) });
      throw error;
    }
  }

  /** Ends what is under way and clears what is shown. */
  cancel(): void {
    this.#number++;
    this.#current?.cancel();
    this.#current = undefined;
    if (this.#state.kind !== "none") this.#show({ kind: "none" });
  }

  #show(state: Linking): void {
    this.#state = state;
    this.#changed();
  }
}

export const linkExpired = (): SottoError =>
  new SottoError("link/expired", "The time for linking is over, or the other device ended it. Nothing was changed.", {
    kind: "person",
    do: "Begin again on the new device.",
  });

export const linkMismatch = (): SottoError =>
  new SottoError("link/mismatch", "The two devices don't see the same thing, so somebody may be between them.", {
    kind: "person",
    do: "Begin again, on a network that you trust.",
  });

/** A code that is none, was used before, or is too old: one can't tell which. */
export const linkUnknown = (): SottoError =>
  new SottoError("link/unknown", "No device is waiting under that code.", {
    kind: "person",
    do: "Show a new code on the new device: each works once, for a minute.",
  });
