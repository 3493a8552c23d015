import { FAR_BEHIND_COMMITS, KIND, SottoError, type ConversationId, type Result } from "@sotto/protocol";
import type { Actors } from "./conversation/actors.ts";
import { uploadArchive } from "./history/archive-records.ts";
import { settlePendingCommit } from "./conversation/commit-flow.ts";
import { RefusedError } from "./connection.ts";
import type { Context } from "./context.ts";
import type { ConversationActor } from "./conversation/conversation-actor.ts";
import { listConversations, loadConversation, saveConversation } from "./conversation/conversation-record.ts";
import { commitsBehind, isSetAside, setAside } from "./history/far-behind.ts";
import { inboxPosition, saveInboxPosition } from "./account/identity-record.ts";
import { joinExternally, joinWelcome, lookIn, newRecord } from "./conversation/join.ts";
import { learnMembers, learnWhatChanged } from "./people/learn.ts";
import { waits } from "./conversation/outbox.ts";
import { afterReaders, readPreview } from "./history/preview.ts";
import type { Schedule } from "./schedule.ts";
import { isRequest } from "./requests/requests.ts";
import { noteServed } from "./conversation/unserved.ts";
import { sendPosts } from "./conversation/send-posts.ts";
import { SYNC } from "./sync/sync-state.ts";
import type { Upkeep } from "./upkeep.ts";

/** What bringing a device up to date needs beside its context. */
export type Synchronizing = {
  context: Context;
  actors: Actors;
  schedule: Schedule;
  upkeep: Upkeep;
  /** The conversation has been read to where it was when this life began: from here on entries go in batches. */
  caughtUp: (conversation: ConversationId) => void;
  /** This device is in its account's own conversation now. */
  enteredSelf: () => Promise<void>;
  /** Not everything could be done now. */
  tryAgain: (afterMs: number | undefined) => void;
  /** Somebody waits for this conversation in front of a screen. */
  isLookedAt: (conversation: ConversationId) => boolean;
};

type Listed = Result<"conversation.list">["conversations"][number];

/** Brings everything up to date: welcomes, the list of conversations, their logs, what waits to be sent. One at a time. */
export async function synchronize(self: Synchronizing): Promise<void> {
  const { context } = self;
  // In this order: what the list names has its Welcome in the inbox by now. Entered by itself instead, a device would lack the
  // keys of all that was written since it was added.
  const connection = context.connectionNumber();
  const { conversations } = await context.online().request("conversation.list", {});
  const listed = new Set(conversations.map(({ conversation }) => conversation));
  for (const conversation of context.previews.keys())
    if (!listed.has(conversation)) context.previews.delete(conversation);
  await learnWhatChanged(context, self.schedule);
  await readInbox(self);
  await bringAllUpToDate(self, conversations, connection);
  await settleUnlisted(self, listed);
  await uploadArchive(context);
}

/** So many at a time: a server far away is waited for once and not for each. */
const AT_ONCE = 4;
const PREVIEWS_MIN = 3;

/**
 * What own devices share first: it says what is pinned, what has been read and who is trusted. Then the others, those first that somebody is
 * looking at.
 */
async function bringAllUpToDate(
  self: Synchronizing,
  conversations: readonly Listed[],
  connection: number,
): Promise<void> {
  const { context, schedule } = self;
  const bring = (listed: Listed): Promise<void> =>
    self.upkeep
      .entering(listed.conversation, () => bringUpToDate(self, listed, connection))
      .then(() => shownFromNowOn(context, listed.conversation))
      .catch((error: unknown) => {
        if (!context.isOnline()) throw error;
        schedule.failed("catch-up", error);
        // What is only too much at once goes on a little later.
        if (error instanceof SottoError && error.remedy.kind === "retry") self.tryAgain(error.remedy.afterMs);
      });
  const waiting = new Map(conversations.map((listed) => [listed.conversation, listed]));
  const own = conversations.find(({ kind }) => kind === KIND.self);
  if (own !== undefined) {
    waiting.delete(own.conversation);
    const isNew = loadConversation(context.store, own.conversation)?.state.kind !== "open";
    await bring(own);
    if (isNew) await self.enteredSelf();
  }
  const pinned = new Set(conversations.filter(({ conversation }) => context.sync.get(SYNC.pin(conversation)) === true));
  const inOrder = [...waiting.values()].sort((a, b) => Number(pinned.has(b)) - Number(pinned.has(a)));
  await previewAll(self, inOrder);
  const take = (): Listed | undefined => {
    const next =
      inOrder.find(({ conversation }) => waiting.has(conversation) && self.isLookedAt(conversation)) ??
      inOrder.find(({ conversation }) => waiting.has(conversation));
    if (next !== undefined) waiting.delete(next.conversation);
    return next;
  };
  const work = async (): Promise<void> => {
    for (let next = take(); next !== undefined; next = take()) {
      await bring(next);
      await afterReaders(context);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** What this device hasn't entered yet is shown before it does: that takes a fraction of the time. */
async function previewAll(
  { context, schedule, isLookedAt }: Synchronizing,
  conversations: readonly Listed[],
): Promise<void> {
  const rest = conversations.filter(({ conversation, kind, room }) => {
    const record = loadConversation(context.store, conversation) ?? newRecord(conversation, kind, room, 0);
    return record.state.kind === "joining" && !context.previews.has(conversation) && !isRequest(context, record);
  });
  // A few are entered as fast as they are looked into.
  if (rest.length < PREVIEWS_MIN) return;
  const take = (): Listed | undefined => {
    const looked = rest.findIndex(({ conversation }) => isLookedAt(conversation));
    return rest.splice(Math.max(0, looked), 1)[0];
  };
  const work = async (): Promise<void> => {
    for (let next = take(); next !== undefined; next = take()) {
      const preview = await readPreview(context, schedule, next).catch((error: unknown) => {
        if (!context.isOnline()) throw error;
        schedule.failed("preview", error);
        return undefined;
      });
      if (preview === undefined) continue;
      context.previews.set(next.conversation, preview);
      context.emit({ kind: "conversations" });
      await afterReaders(context);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** It has been entered, and what was written last has been read. */
function shownFromNowOn(context: Context, conversation: ConversationId): void {
  if (loadConversation(context.store, conversation)?.state.kind === "joining") return;
  if (context.previews.delete(conversation)) context.emit({ kind: "conversations" });
}

async function readInbox({ context, actors, schedule }: Synchronizing): Promise<void> {
  const { store } = context;
  for (;;) {
    const { items, more } = await context.online().request("inbox.page", { after: inboxPosition(store), limit: 16 });
    for (const item of items) {
      const actor = actors.of(item.conversation);
      const joined = await actor
        .exclusive(() => joinWelcome(context, actor, item))
        .catch((error: unknown) => {
          if (!(error instanceof RefusedError) || error.remedy.kind === "retry") throw error;
          schedule.failed("welcome", error);
          return false;
        });
      if (!joined && loadConversation(store, item.conversation) === undefined) actors.forget(item.conversation);
      if (joined) await learnMembers(context, schedule, item.conversation);
      saveInboxPosition(store, item.position);
    }
    const last = items.at(-1);
    if (last !== undefined) await context.online().request("inbox.acknowledge", { upTo: last.position });
    if (!more || last === undefined) return;
  }
}

/** @param connection on which the server listed it: a list from before a reconnection says nothing of what came since */
async function bringUpToDate(self: Synchronizing, listed: Listed, connection: number): Promise<void> {
  const { context, actors, upkeep } = self;
  const { store, ports } = context;
  noteServed(store, listed.conversation, true);
  const known = loadConversation(store, listed.conversation);
  const isQuiet =
    known?.state.kind === "open" &&
    known.cursor >= listed.lastSeq &&
    !waits(store, listed.conversation) &&
    known.latestCommit === known.applied;
  if (isQuiet) {
    actors.get(listed.conversation).noteRead(connection);
    return self.caughtUp(listed.conversation);
  }
  if (known === undefined) {
    // When something happened there last is known once it has been read.
    const fresh = { ...newRecord(listed.conversation, listed.kind, listed.room, ports.clock.now()), activeAt: 0 };
    store.transaction(() => saveConversation(store, fresh));
  }
  const actor = actors.get(listed.conversation);
  await actor.exclusive(async () => {
    const { record } = actor.live();
    const rejoins =
      record.state.kind === "stopped" &&
      record.state.because === "frozen" &&
      !isRequest(context, record) &&
      mayRejoin(record.rejoinedAt, ports.clock.now());
    if (record.state.kind === "left" || (record.state.kind === "stopped" && !rejoins)) return;
    if (rejoins) {
      const next = { ...record, state: { kind: "joining" } as const, rejoinedAt: ports.clock.now() };
      store.transaction(() => saveConversation(store, next));
      actor.replace({ record: next, group: undefined, pending: undefined });
    }
    if (isFarBehind(context, actor, listed)) setAside(context, actor);
    const { record: entering, group: left } = actor.live();
    const isOutside = left === undefined && entering.state.kind === "joining";
    // To enter is to be seen. Whoever only has added the account sees no device of it come.
    if (isOutside && isRequest(context, entering)) {
      if (listed.kind !== KIND.direct || listed.lastSeq > 1) await lookIn(context, actor);
      return;
    }
    if (rejoins || isOutside) await joinExternally(context, actor);
    await settlePendingCommit(actor);
    if (actor.live().record.cursor < listed.lastSeq) await actor.catchUp();
    await sendPosts(actor);
    upkeep.heal(actor);
  });
  self.caughtUp(listed.conversation);
  await learnMembers(context, self.schedule, listed.conversation);
}

function isFarBehind(context: Context, actor: ConversationActor, listed: Listed): boolean {
  const { record, group, pending } = actor.live();
  if (record.state.kind !== "open" || group === undefined || pending !== undefined) return false;
  if (isRequest(context, record)) return false;
  if (record.policy.history !== "archive" || isSetAside(context.store, actor.id)) return false;
  const { clock, farBehindCommits = FAR_BEHIND_COMMITS } = context.ports;
  return commitsBehind({ record, group }, listed) > farBehindCommits && mayRejoin(record.rejoinedAt, clock.now());
}

/** Own commits whose conversation the server doesn't list: a creation that never arrived, or one that was removed. */
async function settleUnlisted(
  { context, actors, schedule }: Synchronizing,
  listed: ReadonlySet<string>,
): Promise<void> {
  for (const record of listConversations(context.store)) {
    if (listed.has(record.id)) continue;
    const actor = actors.get(record.id);
    await actor
      .exclusive(async () => {
        // While this waited its turn, a join or a creation may have been given up.
        if (loadConversation(context.store, record.id) === undefined) return;
        const settled = await settlePendingCommit(actor);
        // A room that the person asked for, and others changed at the same time.
        const { record: now } = actor.live();
        if (settled === "superseded" && now.state.kind === "joining" && now.askedFor)
          await joinExternally(context, actor);
        if (now.state.kind === "open") await askIfServed(context, actor);
      })
      .catch((error: unknown) => schedule.failed("settle", error));
  }
}

/** It wasn't among those that the server listed: does it say so itself when it is asked for this one? */
async function askIfServed(context: Context, actor: ConversationActor): Promise<void> {
  const served = await actor.catchUp().then(
    () => true,
    (error: unknown) => {
      if (
        error instanceof RefusedError &&
        (error.code === "conversation/not-a-member" || error.code === "conversation/unknown")
      )
        return false;
      throw error;
    },
  );
  if (noteServed(context.store, actor.id, served)) context.emit({ kind: "conversations" });
}

const REJOIN_INTERVAL_MS = 60 * 60 * 1000;

/** One automatic rejoin an hour, however often a server provokes it (T03). */
function mayRejoin(rejoinedAt: number, now: number): boolean {
  return now - rejoinedAt >= REJOIN_INTERVAL_MS;
}
