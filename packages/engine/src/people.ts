import { SottoError, type AccountId } from "@sotto/protocol";
import {
  decodeChain,
  encodeChain,
  extendsChain,
  fingerprint,
  sealMaterialOfAccount,
  verifyChain,
  type VerifiedChain,
} from "@sotto/crypto";
import type { Person, PersonDetails, Trust } from "./api.ts";
import type { Store } from "./ports.ts";
import { bytesOf, textOf, textOrNull } from "./rows.ts";

/**
 * What this device knows about people: the longest chain that it verified (the pin), the name that the server gives the
 * account, and what they call themselves. One place decides whether a chain replaces the pin.
 */
export class People {
  readonly #store: Store;
  readonly #own: AccountId;
  readonly #cache = new Map<AccountId, Person>();
  /** Names from posts that were read before their author's identity was fetched. */
  readonly #heard = new Map<AccountId, string | null>();
  constructor(store: Store, own: AccountId) {
    this.#store = store;
    this.#own = own;
  }

  /**
   * Verifies a chain and pins it if it continues what is pinned. A shorter prefix of the pin is no news; it is returned
   * as the pin. @throws SottoError chain/invalid, chain/rolled-back (`strict` only), chain/forked
   */
  learn(account: AccountId, statements: readonly Uint8Array[], username: string | null, strict = false): VerifiedChain {
    const verified = verifyChain(statements);
    if (verified.kind === "invalid")
      throw new SottoError("chain/invalid", "An identity that the server sent doesn't verify.");
    if (verified.chain.account !== account)
      throw new SottoError("chain/invalid", "The server sent another account's identity.");
    const pinned = this.chain(account);
    if (pinned === undefined) {
      this.#save(account, username ?? "", encodeChain(statements));
      return verified.chain;
    }
    switch (extendsChain(pinned, verified.chain)) {
      case "same":
        if (username !== null) this.#rename(account, username);
        return pinned;
      case "longer":
        this.#store.run("update people set chain = ? where account = ?", [encodeChain(statements), account]);
        if (username !== null) this.#rename(account, username);
        this.#cache.delete(account);
        return verified.chain;
      case "rolled-back":
        if (strict)
          throw new SottoError(
            "chain/rolled-back",
            "The server sent an older version of an identity that this device knows.",
          );
        return pinned;
      case "forked":
        throw new SottoError(
          "chain/forked",
          "The server sent an identity that contradicts the one that this device knows.",
        );
    }
  }

  /** The pinned chain. */
  chain(account: AccountId): VerifiedChain | undefined {
    const bytes = this.chainBytes(account);
    if (bytes === undefined) return undefined;
    const statements = decodeChain(bytes);
    const verified = statements === undefined ? undefined : verifyChain(statements);
    if (verified === undefined || verified.kind === "invalid") throw new Error("a pinned chain doesn't verify");
    return verified.chain;
  }

  /** The account that a username led to before. */
  accountCalled(username: string): AccountId | undefined {
    const row = this.#store.all("select account from people where username = ?", [username])[0];
    return row === undefined ? undefined : (textOf(row, "account") as AccountId);
  }

  chainBytes(account: AccountId): Uint8Array | undefined {
    const row = this.#store.all("select chain from people where account = ?", [account])[0];
    return row === undefined ? undefined : bytesOf(row, "chain");
  }

  /** What they called themselves in a post that we could read. */
  setDisplayName(account: AccountId, name: string | null): void {
    if (this.chainBytes(account) === undefined) return void this.#heard.set(account, name);
    const current = this.#cache.get(account) ?? this.person(account);
    if (current.displayName === name) return;
    this.#store.run("update people set display_name = ? where account = ?", [name, account]);
    this.#cache.delete(account);
  }

  person(account: AccountId): Person {
    const cached = this.#cache.get(account);
    if (cached !== undefined) return cached;
    const row = this.#store.all("select username, display_name, trust from people where account = ?", [account])[0];
    const chain = this.chain(account);
    const person: Person = {
      account,
      username: row === undefined ? "" : textOf(row, "username"),
      displayName: row === undefined ? null : textOrNull(row, "display_name"),
      trust: account === this.#own ? "self" : row === undefined ? "unverified" : (textOf(row, "trust") as Trust),
      seal: sealMaterialOfAccount(account, chain?.accountKey ?? new Uint8Array(32)),
    };
    this.#cache.set(account, person);
    return person;
  }

  details(account: AccountId): PersonDetails {
    const chain = this.chain(account);
    return {
      ...this.person(account),
      fingerprint: chain === undefined ? "" : fingerprint(chain.accountKey),
      devices: (chain?.devices ?? []).map((device) => ({
        device: device.device,
        kind: device.kind,
        addedAt: device.addedAt * 1000,
        active: device.active,
        fingerprint: fingerprint(device.leafKey),
      })),
    };
  }

  /** A cache is only as good as the last committed transaction: call after one was rolled back. */
  forgetCache(): void {
    this.#cache.clear();
  }

  #save(account: AccountId, username: string, chain: Uint8Array): void {
    const name = this.#heard.get(account) ?? null;
    this.#store.run(
      "insert into people (account, username, display_name, chain, trust) values (?, ?, ?, ?, 'unverified')",
      [account, username, name, chain],
    );
    this.#cache.delete(account);
  }

  #rename(account: AccountId, username: string): void {
    this.#store.run("update people set username = ? where account = ? and username <> ?", [
      username,
      account,
      username,
    ]);
    this.#cache.delete(account);
  }
}
