import { SottoError, STATUS_LENGTH_MAX, cleanName, decodePerson, type AccountId, type DeviceId } from "@sotto/protocol";
import {
  decodeChain,
  encodeChain,
  extendsChain,
  fingerprint,
  sealMaterialOfAccount,
  verifyChain,
  type VerifiedChain,
} from "@sotto/crypto";
import type { Person, PersonDetails, PictureId, Trust } from "../api.ts";
import type { SqlRow, Store } from "../ports.ts";
import { bytesOf, numberOf, numberOrNull, textOf, textOrNull } from "../rows.ts";
import { SYNC, SyncValues, type Sync } from "../sync/sync-state.ts";
import { noteEnds, noticedEnd } from "./noticed-ends.ts";
import { dropPicture, keepPicture } from "./pictures.ts";
import { decodeDecision, trustOf, type Decision, type Pin } from "./trust.ts";

/** What is told once, in the transaction in which it was learnt. */
export type PeopleEvents = {
  /** Their account was reclaimed: it has other keys, and the old ones didn't vouch for them. */
  identityChanged(account: AccountId): void;
  /** Their name leads to another account now. */
  nameMoved(account: AccountId, username: string): void;
  /** One's own chain has more statements than `before`. Inside the transaction that pins them. */
  ownChainGrew(before: VerifiedChain, statements: readonly Uint8Array[]): void;
  /** One's own clock, ms. */
  now(): number;
};

/** For a device that isn't signed in (yet). */
export const NOTHING_TOLD: PeopleEvents = {
  identityChanged: () => undefined,
  nameMoved: () => undefined,
  ownChainGrew: () => undefined,
  now: () => 0,
};

/**
 * What this device knows about people: the longest chain that it verified (the pin), the name that the server gives the
 * account, and what they call themselves. One place decides whether a chain replaces the pin.
 */
export class People {
  readonly #store: Store;
  readonly #own: AccountId;
  readonly #sync: Pick<Sync, "get" | "list">;
  readonly #events: PeopleEvents;
  /** What is pinned, read once. Trust isn't in it: that is computed each time. */
  readonly #cache = new Map<AccountId, Known>();
  /** Names from posts that were read before their author's identity was fetched. */
  readonly #heard = new Map<AccountId, string | null>();
  constructor(
    store: Store,
    own: AccountId,
    events: PeopleEvents = NOTHING_TOLD,
    sync: Pick<Sync, "get" | "list"> = new SyncValues(store),
  ) {
    this.#store = store;
    this.#own = own;
    this.#sync = sync;
    this.#events = events;
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
      noteEnds(this.#store, undefined, verified.chain, this.#events.now());
      return verified.chain;
    }
    switch (extendsChain(pinned, verified.chain)) {
      case "same":
        if (username !== null) this.#rename(account, username);
        return pinned;
      case "longer":
        this.#store.run("update people set chain = ? where account = ?", [encodeChain(statements), account]);
        noteEnds(this.#store, pinned, verified.chain, this.#events.now());
        if (username !== null) this.#rename(account, username);
        this.#cache.delete(account);
        if (account === this.#own) this.#events.ownChainGrew(pinned, statements);
        if (verified.chain.reclaims > pinned.reclaims) {
          this.#changed(account);
          this.#events.identityChanged(account);
        }
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

  /**
   * What a leaf says about its own account: it may know more than the server told. One that contradicts the pin was signed with that
   * account's keys all the same, so it counts against the account.
   */
  learnFromLeaf(account: AccountId, chain: Uint8Array): void {
    const statements = decodeChain(chain);
    if (statements === undefined) return;
    try {
      this.learn(account, statements, null);
    } catch (error) {
      if (!(error instanceof SottoError)) throw error;
      if (error.code !== "chain/forked") return;
      if (this.#known(account)?.pin.contradicted !== false) return;
      this.#store.run("update people set contradicted = 1 where account = ?", [account]);
      this.#changed(account);
      this.#events.identityChanged(account);
    }
  }

  /** The server says that the name of this account was given to another. News once. */
  replaceBy(account: AccountId, next: AccountId): void {
    const known = this.#known(account);
    if (known === undefined || known.pin.replaced || next === account || account === this.#own) return;
    this.#store.run("update people set replaced_by = ? where account = ?", [next, account]);
    this.#changed(account);
    this.#events.nameMoved(account, known.username);
  }

  /** The person has decided about what was contradicted. */
  settle(account: AccountId): void {
    this.#store.run("update people set contradicted = 0 where account = ?", [account]);
    this.#cache.delete(account);
  }

  /** The pinned chain. */
  chain(account: AccountId): VerifiedChain | undefined {
    return this.#known(account)?.pin.chain;
  }

  /**
   * Is there nobody behind this account any more: closed by its owner, or its name given to another by the server's? The latter is the
   * server's word: whoever had verified the account decides first.
   */
  isGone(account: AccountId): boolean {
    const pin = this.#known(account)?.pin;
    return pin !== undefined && (pin.chain.closed || (pin.replaced && this.trust(account) !== "changed"));
  }

  /** What the person decided about somebody. */
  decision(account: AccountId): Decision {
    return decodeDecision(this.#sync.get(SYNC.trust(account)));
  }

  /** How much somebody is trusted, now. */
  trust(account: AccountId): Trust {
    return account === this.#own ? "self" : trustOf(this.#known(account)?.pin, this.decision(account));
  }

  /** By one's own clock, when it was noticed that the identity is another; null when it isn't. */
  changedAt(account: AccountId): number | null {
    return this.trust(account) === "changed" ? (this.#known(account)?.changedAt ?? null) : null;
  }

  /** Everybody of a trust that only the person's own decisions lead to. Its cost grows with those, not with who is known. */
  withTrust(trust: "changed" | "blocked"): Set<AccountId> {
    const prefix = SYNC.trust("" as AccountId);
    return new Set(
      this.#sync.list(prefix).flatMap(([key, value]) => {
        const account = key.slice(prefix.length) as AccountId;
        // Whom one has verified and not blocked isn't looked at for who is blocked: lists ask this for every row.
        if (trust === "blocked" && !decodeDecision(value).blocked) return [];
        return this.trust(account) === trust ? [account] : [];
      }),
    );
  }

  /** The account that a username led to before. */
  accountCalled(username: string): AccountId | undefined {
    const row = this.#store.all("select account from people where username = ? and replaced_by is null", [username])[0];
    return row === undefined ? undefined : (textOf(row, "account") as AccountId);
  }

  /** Accounts that had this username before it was given to another. */
  formerlyCalled(username: string): AccountId[] {
    return this.#store
      .all("select account from people where username = ? and replaced_by is not null", [username])
      .map((row) => textOf(row, "account") as AccountId);
  }

  /** By one's own clock, when the end of a device was learnt that was dated ahead. */
  noticedEnd(account: AccountId, device: DeviceId): number | undefined {
    return noticedEnd(this.#store, account, device);
  }

  /** Is it known who that is: identity and name? */
  isNamed(account: AccountId): boolean {
    return (this.#known(account)?.username ?? "") !== "";
  }

  /** Everybody whose identity is pinned, with the length of the pinned chain; not those whose name went to another account. */
  pinnedLengths(): { account: AccountId; length: number }[] {
    return this.#store.all("select account, chain from people where replaced_by is null").map((row) => ({
      account: textOf(row, "account") as AccountId,
      length: decodeChain(bytesOf(row, "chain"))?.length ?? 0,
    }));
  }

  chainBytes(account: AccountId): Uint8Array | undefined {
    const row = this.#store.all("select chain from people where account = ?", [account])[0];
    return row === undefined ? undefined : bytesOf(row, "chain");
  }

  /** What they called themselves in a post that we could read. */
  setDisplayName(account: AccountId, name: string | null): void {
    const known = this.#known(account);
    if (known === undefined) return void this.#heard.set(account, name);
    if (known.displayName === name) return;
    this.#store.run("update people set display_name = ? where account = ?", [name, account]);
    this.#cache.delete(account);
  }

  /**
   * How they show themselves, as they said at a time by their own clock; what was said earlier is no news, however late it comes.
   * @param profile encoded (person-content.ts); what isn't one says nothing. Inside a transaction
   */
  setProfile(account: AccountId, profile: Uint8Array, at: number): void {
    const said = decodePerson(profile);
    const known = this.#known(account);
    if (said === undefined || known === undefined || at < known.toldAt) return;
    const name = cleanName(said.name);
    this.#store.run("update people set display_name = ?, status = ?, picture = ?, told_at = ? where account = ?", [
      name === "" ? known.displayName : name,
      cleanName(said.status, STATUS_LENGTH_MAX),
      keepPicture(this.#store, said.picture),
      at,
      account,
    ]);
    dropPicture(this.#store, known.picture);
    this.#cache.delete(account);
  }

  person(account: AccountId): Person {
    const known = this.#known(account);
    const contactName = this.#sync.get(SYNC.name(account));
    return {
      account,
      username: known?.username ?? "",
      displayName: known?.displayName ?? null,
      contactName: typeof contactName === "string" ? contactName : null,
      replaced: known?.pin.replaced ?? false,
      trust: this.trust(account),
      seal: known?.seal ?? sealMaterialOfAccount(account, new Uint8Array(32)),
      picture: known?.picture ?? null,
      status: known?.status ?? "",
    };
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

  #known(account: AccountId): Known | undefined {
    const cached = this.#cache.get(account);
    if (cached !== undefined) return cached;
    const row = this.#store.all("select * from people where account = ?", [account])[0];
    if (row === undefined) return undefined;
    const known = knownOf(account, row);
    this.#cache.set(account, known);
    return known;
  }

  #changed(account: AccountId): void {
    this.#store.run("update people set changed_at = ? where account = ?", [this.#events.now(), account]);
    this.#cache.delete(account);
  }

  #save(account: AccountId, username: string, chain: Uint8Array): void {
    const name = this.#heard.get(account) ?? null;
    this.#store.run("insert into people (account, username, display_name, chain) values (?, ?, ?, ?)", [
      account,
      username,
      name,
      chain,
    ]);
    this.#cache.delete(account);
  }

  /** An account has one name for life: the server can give one that isn't known yet, and take none away. */
  #rename(account: AccountId, username: string): void {
    this.#store.run("update people set username = ? where account = ? and username = ''", [username, account]);
    this.#cache.delete(account);
  }
}

/** The same store; what these remember of it doesn't outlive a transaction that failed. */
export function forgettingOnRollback(store: Store, caches: readonly { forgetCache(): void }[]): Store {
  return {
    all: (sql, parameters) => store.all(sql, parameters),
    run: (sql, parameters) => store.run(sql, parameters),
    transaction: (work) => {
      try {
        return store.transaction(work);
      } catch (error) {
        for (const cache of caches) cache.forgetCache();
        throw error;
      }
    },
    close: () => store.close(),
  };
}

type Known = {
  pin: Pin;
  username: string;
  displayName: string | null;
  picture: PictureId | null;
  status: string;
  toldAt: number;
  changedAt: number | null;
  seal: Person["seal"];
};

function knownOf(account: AccountId, row: SqlRow): Known {
  const statements = decodeChain(bytesOf(row, "chain"));
  const verified = statements === undefined ? undefined : verifyChain(statements);
  if (verified === undefined || verified.kind === "invalid") throw new Error("a pinned chain doesn't verify");
  return {
    pin: {
      chain: verified.chain,
      replaced: textOrNull(row, "replaced_by") !== null,
      contradicted: numberOf(row, "contradicted") === 1,
    },
    username: textOf(row, "username"),
    displayName: textOrNull(row, "display_name"),
    picture: textOrNull(row, "picture"),
    status: textOf(row, "status"),
    toldAt: numberOf(row, "told_at"),
    changedAt: numberOrNull(row, "changed_at"),
    seal: sealMaterialOfAccount(account, verified.chain.accountKey),
  };
}
