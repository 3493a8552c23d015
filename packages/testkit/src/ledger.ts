import type { AccountId, ConversationId, PostId } from "@sotto/protocol";
import type { Store } from "@sotto/engine";
import type { SimulatedDevice } from "./simulated-device.ts";

/** What a device put under a send id. `post`: null for what has no line of its own, such as a group's name, or a `mark` on another post. */
export type Sent = {
  device: string;
  account: AccountId;
  conversation: ConversationId;
  post: PostId | null;
  mark: PostId | null;
  /** As it was written first. */
  text: string | null;
};

/** What really happened, read off the devices' databases while it happens: nothing of it comes from the server. */
export class Ledger {
  readonly sends = new Map<string, Sent>();
  /** `conversation hash` of a ciphertext to the key of its send. */
  readonly ciphertexts = new Map<string, string>();
  /** Hashes of entries that a device was told to be accepted, with who was told. */
  readonly accepted = new Map<string, { device: string; account: AccountId | undefined }>();
  /** Hashes of commits made by modified clients: honest ones skip them. */
  readonly hostileCommits = new Set<string>();
  /** Versions that people have made of their own posts: `account post` to their texts. */
  readonly #versions = new Map<string, Set<string>>();

  /** Somebody is about to make a version of their own post. */
  noteEdit(account: AccountId, post: PostId, text: string): void {
    const texts = this.#versions.get(`${account} ${post}`) ?? new Set<string>();
    this.#versions.set(`${account} ${post}`, texts.add(text));
  }

  /** Has the author of a post ever made it say this? */
  isVersion(author: AccountId, post: PostId, text: string): boolean {
    return this.#versions.get(`${author} ${post}`)?.has(text) === true;
  }

  readonly observe = (device: SimulatedDevice, store: Store, tables: ReadonlySet<string>): void => {
    if (tables.has("outbox")) this.#readOutbox(device, store);
    if (tables.has("journal")) this.#readJournal(device, store);
  };

  sentIn(conversation: ConversationId, hash: string): (Sent & { key: string }) | undefined {
    const key = this.ciphertexts.get(`${conversation} ${hash}`);
    const sent = key === undefined ? undefined : this.sends.get(key);
    return key === undefined || sent === undefined ? undefined : { ...sent, key };
  }

  #readOutbox(device: SimulatedDevice, store: Store): void {
    const account = store.all("select account from session")[0]?.["account"] as AccountId | undefined;
    if (account === undefined) return;
    const rows = store.all(
      "select o.send, o.conversation, o.post, i.post as line, i.text from outbox o left join items i on i.conversation = o.conversation and i.post = o.post",
    );
    for (const row of rows) {
      const key = keyOf(device, row["send"]);
      // An edit shows before it is sent, and before what it edits is.
      if (this.sends.has(key)) continue;
      const post = row["post"] as PostId | null;
      const isLine = row["line"] !== null;
      this.sends.set(key, {
        device: device.name,
        account,
        conversation: row["conversation"] as ConversationId,
        post: isLine ? post : null,
        mark: isLine ? null : post,
        text: row["text"] as string | null,
      });
    }
  }

  #readJournal(device: SimulatedDevice, store: Store): void {
    for (const row of store.all("select conversation, hash, send from journal")) {
      this.ciphertexts.set(`${String(row["conversation"])} ${String(row["hash"])}`, keyOf(device, row["send"]));
    }
  }
}

const keyOf = (device: SimulatedDevice, send: unknown): string => `${device.name} ${String(send)}`;
