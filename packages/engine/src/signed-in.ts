import { chainJudge } from "@sotto/crypto";
import type { AccountId, ConversationId, ErrorCode, ServerEvent } from "@sotto/protocol";
import { noteOwnChain, watchNotices } from "./account/account-notices.ts";
import { watchGenerations } from "./account/archive-generations.ts";
import { Actors } from "./conversation/actors.ts";
import { uploadArchive } from "./history/archive-records.ts";
import type { Change, ConnectionState, TimelinePage } from "./api.ts";
import { conversationsUnderAttempt } from "./conversation/attempts.ts";
import { authenticate, endOf, topUp } from "./account/authentication.ts";
import { Connection, unreachable } from "./connection.ts";
import type { Context } from "./context.ts";
import type { ConversationActor } from "./conversation/conversation-actor.ts";
import { listConversations, loadConversation, saveChecked } from "./conversation/conversation-record.ts";
import { timeline } from "./history/history.ts";
import { loadIdentity, newestArchiveKey, type Identity } from "./account/identity-record.ts";
import { learn } from "./people/learn.ts";
import { waits } from "./conversation/outbox.ts";
import { forgettingOnRollback, People, type PeopleEvents } from "./people/people.ts";
import { endedByAccount, followOwnChain } from "./account/own-chain-watch.ts";
import { OwnSharing } from "./sync/own-sharing.ts";
import { takeRecoveryKeySaved } from "./account/own-recovery-key.ts";
import type { Ports, Store } from "./ports.ts";
import { Expiry } from "./posts/expiry.ts";
import { Scheduled } from "./posts/scheduled.ts";
import { previewOf, previewPage } from "./history/preview.ts";
import { Schedule } from "./schedule.ts";
import { catchUpSelf } from "./sync/self-conversation.ts";
import { sendPosts } from "./conversation/send-posts.ts";
import { StatementTime } from "./account/statement-time.ts";
import { LetIn } from "./invites/let-in.ts";
import { ConversationList } from "./timeline/conversation-list.ts";
import type { StoredLine } from "./timeline/stored-line.ts";
import type { PageRequest } from "./timeline/timeline.ts";
import { SYNC, SyncState } from "./sync/sync-state.ts";
import { synchronize } from "./synchronize.ts";
import { Receipts } from "./presence/receipts.ts";
import { Typing } from "./presence/typing.ts";
import { tellAbout } from "./people/told-lines.ts";
import { Upkeep } from "./upkeep.ts";

const RETRY_MS = 5_000;
const AUTHENTICATE_RETRY_MS = 3_000;

type LinkEvent = Extract<ServerEvent, { event: "link" }>;

/** The engine of a signed-in device: its connection and its conversations. */
export class SignedIn {
  readonly context: Context;
  readonly scheduled: Scheduled;
  /** What is shown of the conversations, kept up to date. */
  readonly list: ConversationList;
  /** Who asks to be let into a group by a link. */
  readonly letIn: LetIn;
  /** Hears of messages of the other side of a link. */
  onLink: ((event: LinkEvent) => void) | undefined;
  /** Hears that the account's own chain has grown. */
  onOwnChain: (() => void) | undefined;
  #identity: Identity;
  /** Why the server doesn't let this device in any more. */
  refusedBecause: ErrorCode | null = null;
  readonly #connection: Connection;
  readonly #schedule: Schedule;
  readonly #actors: Actors;
  readonly #expiry: Expiry;
  readonly #upkeep: Upkeep;
  /** Who is writing now. */
  readonly typing: Typing;
  readonly #receipts: Receipts;
  /** Counted, so that each is heard. */
  #signals = 0;
  readonly #sharedState: SyncState;
  readonly #sharing: OwnSharing;
  /** Conversations in which what is read is marked first, since the last life ended uncleanly. */
  readonly #careful: Set<ConversationId>;
  readonly #statementTime: StatementTime;
  #isOnline = false;
  #connectionNumber = 0;
  /** What somebody asked for last: if it isn't entered yet, it is next. */
  #lookedAt: ConversationId | undefined;
  #state: ConnectionState = "connecting";
  #isCaughtUp = false;
  #syncing: Promise<void> | undefined;
  #syncAgain = false;

  constructor(options: { ports: Ports; store: Store; unclean: boolean; emit: (change: Change) => void }) {
    const { ports, store } = options;
    const identity = loadIdentity(store);
    if (identity === undefined) throw new Error("a signed-in engine without an identity");
    this.#identity = identity;
    this.#careful = new Set(
      options.unclean ? [...listConversations(store).map(({ id }) => id), ...conversationsUnderAttempt(store)] : [],
    );
    this.#sharedState = new SyncState(store, ports.clock, (key) => this.#written(key));
    const events: PeopleEvents = {
      now: () => ports.clock.now(),
      identityChanged: (person) => this.#tell(person, { kind: "identity-changed", person }),
      nameMoved: (person, username) => this.#tell(person, { kind: "name-moved", person, username }),
      ownChainGrew: (before, statements) => {
        noteOwnChain(this.context, before, statements);
        this.#schedule.soon("own chain", 0, () => this.#ownChainGrew());
      },
    };
    this.#statementTime = new StatementTime(() => ports.clock.now());
    const people = new People(store, identity.account, events, this.#sharedState);
    this.context = {
      ports,
      store: forgettingOnRollback(store, [people, this.#sharedState]),
      account: identity.account,
      device: identity.device,
      leafKey: identity.leafKey,
      judge: chainJudge,
      people,
      sync: this.#sharedState,
      previews: new Map(),
      ownChain: () => this.context.people.chainBytes(identity.account) ?? identity.chain,
      statementTime: () => this.#statementTime.seconds(),
      displayName: () => this.context.people.person(identity.account).displayName,
      archiveKey: () => newestArchiveKey(this.#identity),
      archiveKeyOf: (generation) =>
        this.#identity.archiveKeys.find((archiveKey) => archiveKey.generation === generation)?.key,
      online: () => {
        if (!this.#isOnline) throw unreachable();
        return this.#connection;
      },
      isOnline: () => this.#isOnline,
      connectionNumber: () => this.#connectionNumber,
      emit: (change) => {
        if (change.kind === "arrived") {
          this.typing.wrote(change.conversation, change.post);
          this.#receipts.due(change.conversation);
        }
        options.emit(change);
        if (change.kind === "timeline") this.#expiry.arm();
      },
      careful: (conversation) => this.#careful.has(conversation),
    };
    this.list = new ConversationList(this.context);
    this.refusedBecause = endedByAccount(this.context);
    this.#schedule = new Schedule(ports);
    this.letIn = new LetIn(this.context, this.#schedule, {
      actor: (conversation) => this.#actors.known(conversation),
      flush: (conversation) => this.flush(conversation),
    });
    this.#sharing = new OwnSharing(this.context, this.#schedule, {
      actorFor: (id) => this.#actors.of(id),
      sync: () => this.sync(),
      archive: () => this.#upkeep.archive(),
      learnNow: (accounts) => this.learnNow(accounts),
      release: () => this.release(),
    });
    watchNotices(this.context);
    this.#sharing.watch();
    watchGenerations(this);
    this.context.sync.onChange(SYNC.recoveryKeySaved, () => takeRecoveryKeySaved(this));
    this.#upkeep = new Upkeep(this.context, this.#schedule, {
      actors: () => this.#actors,
      sync: () => this.sync(),
      flush: (conversation) => this.flush(conversation),
    });
    this.#expiry = new Expiry(this.context, this.#schedule);
    this.scheduled = new Scheduled(this.context, this.#schedule, (conversation) => this.flush(conversation));
    this.#actors = new Actors(this.context, (actor, effects) => this.#upkeep.after(actor, effects));
    this.#receipts = new Receipts(this.context, this.#schedule, { flush: (id) => this.flush(id) });
    this.typing = new Typing(this.context, this.#schedule, { actor: (id) => this.#actors.known(id) });
    this.#connection = new Connection(ports.transport, ports.clock, {
      opened: () => void this.#authenticate(),
      closed: () => this.#setState("offline"),
      entry: ({ conversation, seq, acceptedAt, envelope }) => {
        const actor = this.#actors.known(conversation);
        if (actor === undefined) this.#schedule.soon("sync", 0, () => this.sync());
        else actor.arrive({ kind: "stored", seq, acceptedAt, envelope: envelope.slice() });
      },
      event: (event) => this.#hint(event),
      malformed: () => ports.log("error", "connection/malformed", {}),
    });
  }

  /** This device wrote a key of the map that own devices share. */
  #written(key: string): void {
    this.#sharing.written(key);
    const [kind, conversation] = key.split("/") as [string, ConversationId?];
    if (kind === "read" && conversation !== undefined) this.#receipts.due(conversation);
  }

  /** Who this device is, and what it has of the account's vault. */
  get identity(): Identity {
    return this.#identity;
  }

  /** After something of the identity was written. */
  identityChanged(): void {
    this.#identity = loadIdentity(this.context.store) ?? this.#identity;
    this.context.emit({ kind: "session" });
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

  /** Gives out now what would go out in a moment: what the own devices are to know, and the keys of their history. */
  async handOver(): Promise<void> {
    if (!this.#isCaughtUp) return;
    // One that fails keeps the other from nothing; both stay until they have gone out.
    await Promise.allSettled([this.#sharing.now()]);
    await Promise.allSettled([uploadArchive(this.context)]);
  }

  /** Stops everything. Jobs under way end with the next thing that they ask of the server. */
  async close(): Promise<void> {
    this.#isOnline = false;
    this.#schedule.close();
    this.#connection.close();
    await this.#actors.idle();
  }

  /** The one actor of a conversation that this device knows. @throws SottoError conversation/unknown */
  actor(conversation: ConversationId): ConversationActor {
    return this.#actors.get(conversation);
  }

  /** The same for a conversation that is being made or entered. */
  actorFor(conversation: ConversationId): ConversationActor {
    return this.#actors.of(conversation);
  }

  forgetActor(conversation: ConversationId): void {
    this.#actors.forget(conversation);
  }

  /** A page of the timeline, with what this device hasn't read of it yet. */
  timeline(request: PageRequest): Promise<TimelinePage> {
    this.#lookedAt = request.conversation;
    const preview = previewOf(this.context, request.conversation);
    if (preview !== undefined) return previewPage(this.context, preview, request);
    const actor = this.actor(request.conversation);
    return timeline(this.context, actor, request, (result) => this.#upkeep.filled(actor, result));
  }

  /** Brings everything up to date. One run at a time; a call during one leads to another after it. */
  sync(): Promise<void> {
    if (this.#syncing !== undefined) {
      this.#syncAgain = true;
      return this.#syncing;
    }
    this.#syncing = this.#syncOnce().finally(() => {
      this.#syncing = undefined;
      if (!this.#syncAgain) return;
      this.#syncAgain = false;
      this.#schedule.soon("sync", 0, () => this.sync());
    });
    return this.#syncing;
  }

  /** Sends what waits in one conversation, as soon as it can be. Settles after the first try and never rejects. */
  async flush(conversation: ConversationId): Promise<void> {
    if (!this.#isOnline) return;
    const actor = this.#actors.known(conversation);
    if (actor === undefined) return;
    await actor
      .exclusive(async () => {
        // While this waited its turn, a join or a creation may have been given up.
        if (loadConversation(this.context.store, conversation) !== undefined) await sendPosts(actor);
      })
      .then(() => this.#upkeep.archive())
      .catch((error: unknown) => {
        actor.failed(error);
        if (this.#isOnline) this.#schedule.soon(`flush ${conversation}`, RETRY_MS, () => this.flush(conversation));
      });
  }

  /** Fetches identities anew, if the server can be reached: a decision is about what is known now. */
  async learnNow(accounts: readonly AccountId[]): Promise<void> {
    if (this.#isOnline) await learn(this.context, this.#schedule, accounts);
  }

  /** The person has let a conversation in: it is entered if it isn't yet, and what waits there goes out. */
  async goOn(conversation: ConversationId): Promise<void> {
    const { kind } = loadConversation(this.context.store, conversation)?.state ?? { kind: "left" };
    if (kind === "open") return this.flush(conversation);
    if (this.#isOnline) await this.sync();
  }

  /** Sends what a person's decision no longer holds back. */
  release(): void {
    for (const { id } of listConversations(this.context.store)) if (waits(this.context.store, id)) void this.flush(id);
  }

  #tell(account: AccountId, line: StoredLine): void {
    const { context } = this;
    const told = tellAbout(context.store, account, line, context.ports.clock.now());
    this.#schedule.soon(`told ${account}`, 0, async () => {
      for (const conversation of told) context.emit({ kind: "timeline", conversation });
      context.emit({ kind: "people" });
      context.emit({ kind: "conversations" });
    });
  }

  async #ownChainGrew(): Promise<void> {
    const ended = endedByAccount(this.context);
    if (ended !== null) this.#refuse(ended);
    followOwnChain(this);
    this.#upkeep.tidyDevicesOf(this.context.account);
  }

  async #syncOnce(): Promise<void> {
    const startedAt = this.context.ports.clock.now();
    const read = new Set<ConversationId>();
    await synchronize({
      context: this.context,
      actors: this.#actors,
      schedule: this.#schedule,
      upkeep: this.#upkeep,
      caughtUp: (conversation) => {
        this.#careful.delete(conversation);
        // The first is the one that own devices share.
        if (read.size === 0) this.#sharing.catchUp();
        read.add(conversation);
      },
      enteredSelf: async () => void (await catchUpSelf(this.context, false)),
      tryAgain: (afterMs = RETRY_MS) => this.#schedule.soon("sync", Math.max(1_000, afterMs), () => this.sync()),
      isLookedAt: (conversation) => this.#lookedAt === conversation,
    });
    this.context.store.transaction(() => saveChecked(this.context.store, read, startedAt));
    // What looks like a change may be a chain that this device hasn't fetched to its end.
    const changed = [...this.context.people.withTrust("changed")];
    if (changed.length > 0) await this.learnNow(changed);
    this.#upkeep.tidy();
    this.#upkeep.seekKeys();
    this.#upkeep.rekey();
    this.letIn.lookEverywhere();
    this.#sharing.catchUp();
    this.#sharing.waiting();
    this.#receipts.again();
    this.#isCaughtUp = this.#isOnline;
    this.context.emit({ kind: "conversations" });
  }

  async #authenticate(): Promise<void> {
    const ended = endedByAccount(this.context);
    if (ended !== null) return this.#refuse(ended);
    this.#setState("connecting");
    const { context } = this;
    try {
      const answer = await authenticate(context, this.#connection, this.identity.signInKey);
      this.#statementTime.learn(answer.nowMs);
      this.refusedBecause = null;
      this.#setState("online");
      // What happened to the account while this device was away.
      await learn(context, this.#schedule, [context.account]);
      await this.sync();
      await topUp(context, answer.keyPackagesLeft);
    } catch (error) {
      const end = endOf(error);
      if (end !== undefined) return this.#refuse(end);
      this.#schedule.failed("authenticate", error);
      if (!this.#isOnline && this.#connection.isOpen) {
        this.#setState("offline");
        // The connection may be a new one by then, on which this was done meanwhile: once is all that a server takes.
        this.#schedule.soon("authenticate", AUTHENTICATE_RETRY_MS, async () => {
          if (!this.#isOnline) await this.#authenticate();
        });
      } else if (this.#isOnline) this.#schedule.soon("sync", RETRY_MS, () => this.sync());
    }
  }

  #setState(state: ConnectionState): void {
    this.#isOnline = state === "online";
    if (this.#isOnline) this.#connectionNumber++;
    if (!this.#isOnline) this.#isCaughtUp = false;
    if (this.#state === state) return;
    this.#state = state;
    this.context.emit({ kind: "session" });
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

  /** The server says that something may have changed. What did is decided from what can be verified. */
  #hint(event: ServerEvent): void {
    switch (event.event) {
      case "inbox":
        return this.#schedule.soon("sync", 0, () => this.sync());
      case "conversations":
        this.#schedule.soon("sync", 0, () => this.sync());
        return this.#upkeep.tidy();
      case "chain":
        return this.#schedule.soon(`chain ${event.account}`, 0, async () => {
          await learn(this.context, this.#schedule, [event.account]);
          this.#upkeep.tidyDevicesOf(event.account);
          this.context.emit({ kind: "people" });
          this.release();
        });
      case "left":
        return this.#upkeep.tidyIn(event.conversation);
      case "signal":
        return this.#schedule.soon(`signal ${event.conversation} ${this.#signals++}`, 0, () =>
          this.typing.hear(event.conversation, event.signal),
        );
      case "signed-out":
        return this.#refuse("session/device-revoked");
      case "asked":
        return this.letIn.look(event.conversation);
      case "link":
        return this.onLink?.(event);
    }
  }
}
