import { CANARY } from "./canary.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

/** How many of one's passwords or keys one still tries: a change that was cut short may have happened or not. */
const TRIED_MAX = 60;

/** Somebody with devices, and what they have in their head and in their drawer. */
export class Person {
  readonly username: string;
  readonly displayName: string;
  devices: SimulatedDevice[] = [];
  /** The one that is most likely right. */
  password: string;
  /** All that may be right, newest first. */
  passwords: readonly string[];
  /** Recovery keys that were written down, newest first. */
  recoveryKeys: string[] = [];
  #made = 0;

  constructor(username: string) {
    this.username = username;
    this.displayName = `${username} ${CANARY}`;
    this.password = `${CANARY} ${username}'s password`;
    this.passwords = [this.password];
  }

  /** Thinks of a new password; the old ones may still be the right ones. */
  thinkOfPassword(): string {
    const password = `${CANARY} ${this.username}'s password ${++this.#made}`;
    this.passwords = [password, ...this.passwords].slice(0, TRIED_MAX);
    this.password = password;
    return password;
  }

  /** It was asked for and was right. */
  confirmPassword(password: string): void {
    this.passwords = [password, ...this.passwords.filter((each) => each !== password)];
    this.password = password;
  }

  writeDown(recoveryKey: string): void {
    this.recoveryKeys = [recoveryKey, ...this.recoveryKeys.filter((each) => each !== recoveryKey)].slice(0, TRIED_MAX);
  }
}
