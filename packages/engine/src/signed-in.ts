import { chainJudge, sessionChallengeMessage } from "@sotto/crypto";
import {
  KIND,
  SottoError,
  type AccountId,
  type ConversationId,
  type ErrorCode,
  type Result,
  type ServerEvent,
} from "@sotto/protocol";
import type { Effects } from "./apply-outcome.ts";
import { uploadArchive } from "./archive-records.ts";
import { conversationsUnderAttempt } from "./attempts.ts";
import type { Change, ConnectionState } from "./api.ts";
import { commit, settlePendingCommit } from "./commit-flow.ts";
import { Connection, RefusedError, unreachable } from "./connection.ts";
import type { Context } from "./context.ts";
import { ConversationActor } from "./conversation-actor.ts";
import {
  listConversations,
  loadConversation,
  saveConversation,
  type ConversationRecord,
} from "./conversation-record.ts";
import { joinExternally, joinWelcome, newRecord } from "./join.ts";
import { topUpKeyPackages } from "./key-packages.ts";
import { People } from "./people.ts";
import type { Ports, Store } from "./ports.ts";
import { announceProfile } from "./profile.ts";
import { inboxPosition, loadIdentity, saveInboxPosition, type ArchiveKey, type Identity } from "./identity-record.ts";
import { waits } from "./outbox.ts";
import { sendPosts } from "./send-posts.ts";
import { tidy } from "./tidy.ts";

type Listed = Result<"conversation.list">["conversations"][number];

const RETRY_MS = 5_000;
const AUTHENTICATE_RETRY_MS = 3_000;

/** The engine of a signed-in device: its connection, its conversations, and the work that goes on by itself. */
export class SignedIn {
  readonly context: Context;
  readonly identity: Identity;
  #connection: Connection;
  #isOnline = false;
  #state: ConnectionState = "connecting";
  #isCaughtUp = false;
  /** Why the server doesn't let this device in any more. */
  refusedBecause: ErrorCode | null = null;
  #closed = false;
  readonly #actors = new Map<ConversationId, ConversationActor>();
  readonly #careful: Set<ConversationId> | undefined;
  #syncing: Promise<void> | undefined;
  #syncAgain = false;
  readonly #timers = new Map<string, () => void>();

  constructor(options: { ports: Ports; store: Store; unclean: boolean; emit: (change: Change) => void }) {
    const { ports, store } = options;
    const identity = loadIdentity(store);
    if (identity === undefined) throw new Error("a signed-in engine without an identity");
    this.identity = identity;
    this.#careful = options.unclean
      ? new Set([...listConversations(store).map(({ id }) => id), ...conversationsUnderAttempt(store)])
      : undefined;
    this.context = {
      ports,
      store,
      account: identity.account,
      device: identity.device,
      leafKey: identity.leafKey,
      judge: chainJudge,
      people: new People(store, identity.account),
      ownChain: () => this.context.people.chainBytes(identity.account) ?? identity.chain,
      displayName: () => this.context.people.person(identity.account).displayName,
      archiveKey: () => newestArchiveKey(identity),
      online: () => {
        if (!this.#isOnline) throw unreachable();
        return this.#connection;
      },
      isOnline: () => this.#isOnline,
      emit: options.emit,
      careful: (conversation) => this.#careful?.has(conversation) ?? false,
    };
    this.#connection = new Connection(ports.transport, ports.clock, {
      opened: () => void this.#authenticate(),
      closed: () => this.#setState("offline"),
      entry: (entry) => {
        const actor = this.#known(entry.conversation);
        if (actor === undefined) this.#soon("sync", 0, () => this.sync());
        else
          actor.arrive({
            kind: "stored",
            seq: entry.seq,
            acceptedAt: entry.acceptedAt,
            envelope: entry.envelope.slice(),
          });
      },
      event: (event) => this.#hint(event),
      malformed: () => ports.log("error", "connection/malformed", {}),
    });
  }

  get connectionState(): ConnectionState {
    return this.#state;
  }

  /** Whether what the server held when this device came online has been read. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  wake(): void {
    if (!this.#isOnline) this.#connection.reconnect();
  }

  /** Stops everything. Jobs under way end with the next thing that they ask of the server. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#isOnline = false;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#connection.close();
    await Promise.allSettled([...this.#actors.values()].map((actor) => actor.exclusive(async () => undefined)));
  }

  /** The one actor of a conversation that this device knows. @throws SottoError conversation/unknown */
  actor(conversation: ConversationId): ConversationActor {
    const actor = this.#known(conversation);
    if (actor === undefined)
      throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
    return actor;
  }

  #known(conversation: ConversationId): ConversationActor | undefined {
    const actor = this.#actors.get(conversation);
    if (actor !== undefined) return actor;
    return loadConversation(this.context.store, conversation) === undefined ? undefined : this.#make(conversation);
  }

  #make(conversation: ConversationId): ConversationActor {
    const existing = this.#actors.get(conversation);
    if (existing !== undefined) return existing;
    const actor = new ConversationActor(this.context, conversation, (self, effects) => this.#after(self, effects));
    this.#actors.set(conversation, actor);
    return actor;
  }

  forgetActor(conversation: ConversationId): void {
    this.#actors.delete(conversation);
  }

  actorFor(conversation: ConversationId): ConversationActor {
    return this.#make(conversation);
  }

  /**
   * The server says that this device was signed out. It is believed as far as it can't be helped: nothing more comes from it.
   * What is on this device stays; only the person wipes it.
   */
  #refuse(code: ErrorCode): void {
    this.refusedBecause = code;
    this.#setState("offline");
    this.context.emit({ kind: "session" });
  }

  #setState(state: ConnectionState): void {
    this.#isOnline = state === "online";
    if (!this.#isOnline) this.#isCaughtUp = false;
    if (this.#state === state) return;
    this.#state = state;
    this.context.emit({ kind: "session" });
  }

  /** Runs `work` once after a delay; a second call under the same name waits with the first. */
  #soon(name: string, delayMs: number, work: () => Promise<void>): void {
    if (this.#closed || this.#timers.has(name)) return;
    this.#timers.set(
      name,
      this.context.ports.clock.after(delayMs, () => {
        this.#timers.delete(name);
        if (this.#closed) return;
        work().catch((error: unknown) => this.#failed(name, error));
      }),
    );
  }

  #failed(name: string, error: unknown): void {
    // Work that was under way when the engine was closed finds its store closed.
    if (this.#closed) return;
    const code = error instanceof SottoError ? error.code : "internal/unexpected";
    this.context.ports.log(code === "connection/unreachable" ? "debug" : "warn", "engine/job-failed", {
      job: name,
      code,
      error: error instanceof Error ? error.message : "",
    });
  }

  async #authenticate(): Promise<void> {
    this.#setState("connecting");
    const { ports, account, device } = this.context;
    try {
      const { challenge } = await this.#connection.request("session.challenge", {});
      const message = sessionChallengeMessage({ origin: ports.transport.origin, challenge, account, device });
      const signature = await ports.signInKeys.sign(this.identity.signInKey, message);
      const answer = await this.#connection.request("session.authenticate", {
        account,
        device,
        origin: ports.transport.origin,
        signature,
      });
      this.#setState("online");
      await this.sync();
      await this.#topUp(answer.keyPackagesLeft);
    } catch (error) {
      if (error instanceof RefusedError && (error.code === "session/device-revoked" || error.code === "account/closed"))
        return this.#refuse(error.code);
      this.#failed("authenticate", error);
      if (!this.#isOnline && this.#connection.isOpen) {
        this.#setState("offline");
        this.#soon("authenticate", AUTHENTICATE_RETRY_MS, () => this.#authenticate());
      } else if (this.#isOnline) this.#soon("sync", RETRY_MS, () => this.sync());
    }
  }

  #topUp(left: number): Promise<void> {
    const { ports, store, account, device, leafKey } = this.context;
    const publish = async (parts: { keyPackages: Uint8Array[]; lastResort: Uint8Array | null }) =>
      (await this.context.online().request("key-packages.publish", parts)).left;
    return topUpKeyPackages({ ports, store, account, device, leafKey, chain: this.context.ownChain(), publish }, left);
  }

  /** Brings everything up to date: welcomes, the list of conversations, their logs, what waits to be sent. One at a time. */
  sync(): Promise<void> {
    if (this.#syncing !== undefined) {
      this.#syncAgain = true;
      return this.#syncing;
    }
    this.#syncing = this.#syncOnce().finally(() => {
      this.#syncing = undefined;
      if (this.#syncAgain) {
        this.#syncAgain = false;
        this.#soon("sync", 0, () => this.sync());
      }
    });
    return this.#syncing;
  }

  async #syncOnce(): Promise<void> {
    await this.#readInbox();
    const { conversations } = await this.context.online().request("conversation.list", {});
    for (const listed of conversations) {
      await this.#bringUpToDate(listed).catch((error: unknown) => {
        if (!this.#isOnline) throw error;
        this.#failed("catch-up", error);
      });
    }
    await this.#settleUnlisted(new Set(conversations.map(({ conversation }) => conversation)));
    await uploadArchive(this.context);
    this.#soon("tidy", this.#delay(2), () => this.#tidyAll());
    this.#isCaughtUp = this.#isOnline;
    this.context.emit({ kind: "conversations" });
  }

  async #readInbox(): Promise<void> {
    for (;;) {
      const { items, more } = await this.context
        .online()
        .request("inbox.page", { after: inboxPosition(this.context.store), limit: 16 });
      for (const item of items) {
        const actor = this.#make(item.conversation);
        const joined = await actor
          .exclusive(() => joinWelcome(this.context, actor, item))
          .catch((error: unknown) => {
            if (!(error instanceof RefusedError) || error.remedy.kind === "retry") throw error;
            this.#failed("welcome", error);
            return false;
          });
        if (!joined && loadConversation(this.context.store, item.conversation) === undefined)
          this.forgetActor(item.conversation);
        if (joined) await this.#learnMembers(item.conversation);
        saveInboxPosition(this.context.store, item.position);
      }
      const last = items.at(-1);
      if (last !== undefined) await this.context.online().request("inbox.acknowledge", { upTo: last.position });
      if (!more || last === undefined) return;
    }
  }

  async #bringUpToDate(listed: Listed): Promise<void> {
    const { store, ports } = this.context;
    const known = loadConversation(store, listed.conversation);
    const isQuiet =
      known?.state.kind === "open" &&
      known.cursor >= listed.lastSeq &&
      !waits(store, listed.conversation) &&
      !isRekeyDue(known, ports.clock.now()) &&
      known.latestCommit === known.applied;
    if (isQuiet) return void this.#careful?.delete(listed.conversation);
    if (known === undefined) {
      store.transaction(() =>
        saveConversation(store, newRecord(listed.conversation, listed.kind, listed.room, ports.clock.now())),
      );
    }
    const actor = this.actor(listed.conversation);
    await actor.exclusive(async () => {
      const { record, group } = actor.live();
      const rejoins =
        record.state.kind === "stopped" &&
        record.state.because === "frozen" &&
        mayRejoin(record.rejoinedAt, ports.clock.now());
      if (record.state.kind === "left" || (record.state.kind === "stopped" && !rejoins)) return;
      if (rejoins) {
        const next = { ...record, state: { kind: "joining" } as const, rejoinedAt: ports.clock.now() };
        store.transaction(() => saveConversation(store, next));
        actor.replace({ record: next, group: undefined, pending: undefined });
      }
      if (rejoins || (group === undefined && record.state.kind === "joining"))
        await joinExternally(this.context, actor);
      await settlePendingCommit(actor);
      if (actor.live().record.cursor < listed.lastSeq) await actor.catchUp();
      await sendPosts(actor);
      if (actor.live().record.state.kind === "open" && isRekeyDue(actor.live().record, ports.clock.now()))
        await commit(actor, () => ({}));
      this.#healLater(actor);
    });
    this.#careful?.delete(listed.conversation);
    await this.#learnMembers(listed.conversation);
  }

  /** Own commits whose conversation the server doesn't list: a creation that never arrived, or one that was removed. */
  async #settleUnlisted(listed: ReadonlySet<ConversationId>): Promise<void> {
    for (const record of listConversations(this.context.store)) {
      if (listed.has(record.id)) continue;
      const actor = this.actor(record.id);
      await actor
        .exclusive(async () => {
          // While this waited its turn, a join or a creation may have been given up.
          if (loadConversation(this.context.store, record.id) !== undefined) await settlePendingCommit(actor);
        })
        .catch((error: unknown) => this.#failed("settle", error));
    }
  }

  /** Fetches identities of members that this device doesn't know yet. Names are the server's; keys are checked against the tree. */
  async #learnMembers(conversation: ConversationId): Promise<void> {
    const record = loadConversation(this.context.store, conversation);
    if (record === undefined) return;
    const unknown = record.members
      .map(({ account }) => account)
      .filter((account) => this.context.people.chainBytes(account) === undefined);
    await this.#learn(unknown);
    if (unknown.length > 0) this.context.emit({ kind: "conversations" });
  }

  /** Fetches, verifies and pins identities. One that doesn't verify stays unknown and is reported. */
  async #learn(accounts: readonly AccountId[]): Promise<void> {
    for (let offset = 0; offset < accounts.length; offset += 100) {
      const answer = await this.context
        .online()
        .request("chain.fetch", { accounts: accounts.slice(offset, offset + 100) });
      for (const row of answer.accounts) {
        try {
          this.context.store.transaction(() => this.context.people.learn(row.account, row.chain, row.username));
        } catch (error) {
          this.#failed("learn", error);
        }
      }
    }
  }

  /** Sends what waits in one conversation, as soon as it can be. Settles after the first try and never rejects. */
  async flush(conversation: ConversationId): Promise<void> {
    if (!this.#isOnline) return;
    const actor = this.actor(conversation);
    await actor
      .exclusive(() => sendPosts(actor))
      .then(() => this.#soon("archive", 2_000, () => uploadArchive(this.context)))
      .catch((error: unknown) => {
        actor.failed(error);
        if (this.#isOnline) this.#soon(`flush ${conversation}`, RETRY_MS, () => this.flush(conversation));
      });
  }

  #after(actor: ConversationActor, effects: Effects): void {
    this.context.emit({ kind: "timeline", conversation: actor.id });
    for (const post of effects.arrived) this.context.emit({ kind: "arrived", conversation: actor.id, post });
    this.#soon("archive", 2_000, () => uploadArchive(this.context));
    const { record } = actor.live();
    if (record.state.kind === "stopped" && record.state.because === "frozen") this.#soon("sync", 0, () => this.sync());
    if (effects.skippedCommit) this.#healLater(actor);
    if (!effects.membersChanged) return;
    this.context.emit({ kind: "conversations" });
    this.#soon(`members ${actor.id}`, 0, () => this.#learnMembers(actor.id));
    this.#soon(
      `acknowledge ${actor.id}`,
      0,
      async () =>
        void (await this.context
          .online()
          .request("conversation.acknowledge", { conversation: actor.id, seq: record.applied })),
    );
    const others = effects.joiners.filter((account) => account !== this.context.account);
    if (others.length > 0 && record.kind === KIND.group) {
      this.#soon(`announce ${actor.id}`, this.#delay(record.members.length), async () => {
        if (await actor.exclusive(() => announceProfile(this.context, actor))) await this.flush(actor.id);
      });
    }
  }

  /** Follows a skipped commit with a good one, unless another member does: newcomers can't enter by what a skipped one leads to. */
  #healLater(actor: ConversationActor): void {
    const { record } = actor.live();
    if (record.state.kind !== "open" || record.latestCommit === record.applied) return;
    this.#soon(`heal ${actor.id}`, this.#delay(record.members.length), () =>
      actor.exclusive(() => commit(actor, ({ record: now }) => (now.latestCommit === now.applied ? undefined : {}))),
    );
  }

  /** A random wait that grows with the group, so that automatic work is done once and not by everybody. */
  #delay(members: number): number {
    const byte = this.context.ports.random(1)[0] ?? 0;
    return 200 + Math.floor((byte / 255) * (1_000 + 200 * members));
  }

  #hint(event: ServerEvent): void {
    switch (event.event) {
      case "inbox":
        return this.#soon("sync", 0, () => this.sync());
      case "conversations":
        this.#soon("sync", 0, () => this.sync());
        return this.#soon("tidy", this.#delay(2), () => this.#tidyAll());
      case "left":
      case "chain":
        if (event.event === "chain") this.#soon(`chain ${event.account}`, 0, () => this.#learn([event.account]));
        return this.#soon("tidy", this.#delay(2), () => this.#tidyAll());
      case "signed-out":
        return this.#refuse("session/device-revoked");
    }
  }

  async #tidyAll(): Promise<void> {
    for (const record of listConversations(this.context.store)) {
      if (record.state.kind !== "open" || record.members.length < 2) continue;
      const actor = this.actor(record.id);
      await actor.exclusive(() => tidy(actor)).catch((error: unknown) => this.#failed("tidy", error));
    }
  }
}

function newestArchiveKey(identity: Identity): ArchiveKey {
  const newest = identity.archiveKeys.at(-1);
  if (newest === undefined) throw new Error("an identity without an archive key");
  return newest;
}

const REKEY_INTERVAL_MS = 7 * 24 * 60 * 60 * 1000;

/** Every leaf gives fresh keys once a week, so that an attacker who lost access is locked out again (RFC 9420 §16.6). */
const isRekeyDue = (record: ConversationRecord, now: number): boolean => now - record.rekeyedAt >= REKEY_INTERVAL_MS;

const REJOIN_INTERVAL_MS = 60 * 60 * 1000;

/** One automatic rejoin an hour, however often a server provokes it (T03). */
function mayRejoin(rejoinedAt: number, now: number): boolean {
  return now - rejoinedAt >= REJOIN_INTERVAL_MS;
}
