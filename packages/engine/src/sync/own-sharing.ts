import type { AccountId, ConversationId, DeviceId } from "@sotto/protocol";
import type { Change } from "../api.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import type { Schedule } from "../schedule.ts";
import { catchUpSelf, shareSync } from "./self-conversation.ts";
import { SYNC } from "./sync-state.ts";

/** Changes of one moment travel together. What somebody types changes with every key. */
const SHARE_DELAY_MS = 1_000;
const DRAFT_DELAY_MS = 2_000;
const RETRY_MS = 5_000;
const DRAFTS = SYNC.draft("" as ConversationId);
const CATCH_UP_TRIES = 5;
const CATCH_UP_RETRY_MS = 10_000;

type Hooks = {
  actorFor: (conversation: ConversationId) => ConversationActor;
  sync: () => Promise<void>;
  archive: () => void;
  learnNow: (accounts: readonly AccountId[]) => Promise<void>;
  /** Sends what a decision no longer holds back. */
  release: () => void;
};

/** When a device tells the other own devices what has changed, reads what they said, and shows it. */
export class OwnSharing {
  readonly #context: Context;
  readonly #schedule: Schedule;
  readonly #hooks: Hooks;

  constructor(context: Context, schedule: Schedule, hooks: Hooks) {
    this.#context = context;
    this.#schedule = schedule;
    this.#hooks = hooks;
  }

  /** This device wrote a key of the shared map. */
  written(key: string): void {
    this.#soon(key.startsWith(DRAFTS) ? DRAFT_DELAY_MS : SHARE_DELAY_MS);
  }

  /** What still waits travels in a moment. */
  waiting(): void {
    if (this.#context.sync.isWaiting) this.#soon(SHARE_DELAY_MS);
  }

  /** Tells what waits. */
  now(): Promise<void> {
    return shareSync(this.#context, this.#hooks.actorFor, this.#hooks.sync);
  }

  #soon(delayMs: number): void {
    this.#schedule.soon("share", delayMs, () =>
      this.now()
        .then(() => this.#hooks.archive())
        .catch((error: unknown) => {
          this.#schedule.failed("share", error);
          if (this.#context.isOnline()) this.#soon(RETRY_MS);
        }),
    );
  }

  /** What the own devices said before this one came: what isn't in the archive yet may be a little later. */
  catchUp(triesLeft = CATCH_UP_TRIES): void {
    this.#schedule.soon("shared", triesLeft === CATCH_UP_TRIES ? 0 : CATCH_UP_RETRY_MS, async () => {
      const isDone = await catchUpSelf(this.#context, triesLeft <= 1);
      if (!isDone) return this.catchUp(triesLeft - 1);
    });
  }

  /** What another own device has changed is shown here, and what it decided counts here. */
  watch(): void {
    const { people, sync, account } = this.#context;
    const { displayName } = people.person(account);
    if (displayName !== null && sync.get(SYNC.displayName) === undefined) sync.set(SYNC.displayName, displayName);
    // A new device hears of everything at once; shells hear of each kind of it once.
    const due = new Map<Change["kind"], Change>();
    const told = (prefix: string, ...changes: Change[]) =>
      sync.onChange(prefix, () => {
        for (const change of changes) due.set(change.kind, change);
        this.#schedule.soon("told", 0, async () => {
          const now = [...due.values()];
          due.clear();
          for (const change of now) this.#context.emit(change);
        });
      });
    for (const each of ["read", "threads", "draft", "mute", "pin", "notify", "shelf", "favourite", "unread"] as const)
      told(SYNC[each]("" as ConversationId), { kind: "conversations" });
    for (const kind of ["gone", "star", "unread"])
      sync.onChange(`${kind}/`, (key) => {
        const conversation = key.split("/")[1] as ConversationId;
        this.#schedule.soon(`told ${conversation}`, 0, async () =>
          this.#context.emit({ kind: "timeline", conversation }),
        );
      });
    told(SYNC.name("" as AccountId), { kind: "people" }, { kind: "conversations" });
    told(SYNC.device("" as DeviceId), { kind: "devices" });
    told(SYNC.folder(""), { kind: "folders" });
    told(SYNC.preference(""), { kind: "preferences" });
    for (const key of [SYNC.displayName, SYNC.status, SYNC.picture])
      told(key, { kind: "session" }, { kind: "people" }, { kind: "conversations" });
    told(SYNC.accepted("" as ConversationId), { kind: "people" }, { kind: "conversations" });
    // What the person let in elsewhere is entered here, and what waited for it goes on.
    sync.onChange(SYNC.accepted("" as ConversationId), () =>
      this.#schedule.soon("accepted", 0, async () => {
        this.#hooks.release();
        await this.#hooks.sync();
      }),
    );
    told(SYNC.trust("" as AccountId), { kind: "people" }, { kind: "conversations" });
    this.#watchDecisions();
  }

  #watchDecisions(): void {
    const prefix = SYNC.trust("" as AccountId);
    const decided = new Set<AccountId>();
    this.#context.sync.onChange(prefix, (key) => {
      // The other device may have compared a longer chain than the one that is pinned here.
      decided.add(key.slice(prefix.length) as AccountId);
      this.#schedule.soon("decided", 0, async () => {
        const accounts = [...decided];
        decided.clear();
        await this.#hooks.learnNow(accounts);
        this.#hooks.release();
        this.#context.emit({ kind: "conversations" });
      });
    });
  }
}
