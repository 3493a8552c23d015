import { entryHash, logHeadExtension, sha256 } from "@sotto/crypto";
import { advanceAfterDrop, createCommit, treeChunks, type GroupState, type Leaf } from "@sotto/mls";
import {
  ENTRY_KIND,
  SottoError,
  encodeCommitBody,
  encodeEnvelope,
  equalBytes,
  fromBase64Url,
  sendIdOf,
  toBase64Url,
  type AccountId,
  type Bundle,
  type ConversationId,
  type ConversationExtension,
  type Evidence,
} from "@sotto/protocol";
import { assertNotCloned } from "../clone-guard.ts";
import { RefusedError } from "../connection.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { saveGroup } from "./group-store.ts";
import { dropPendingCommit, loadPendingRequest, savePendingCommit, type PendingRequest } from "./pending-commit.ts";
import { isRequest } from "../requests/requests.ts";
import type { Store } from "../ports.ts";
import type { Live } from "./read-entry.ts";

/** What a commit is to change. All empty: a self-update, which heals. */
export type Plan = {
  add?: readonly Uint8Array[];
  remove?: readonly number[];
  extension?: ConversationExtension;
  evidence?: readonly Evidence[];
  /** Accounts whose signed leave is among the evidence. */
  leavers?: readonly AccountId[];
};

const ATTEMPTS_MAX = 8;

/**
 * Makes a commit and sees it through: of two racing commits one wins, the loser reads the winner's and plans anew from what
 * the person asked for. Only inside the actor's exclusive section.
 * @param plan looks at the newest state; undefined when there is nothing left to do.
 * @throws SottoError what the server refused, or connection/unreachable (then the commit is kept and settled on reconnection)
 */
export async function commit(
  actor: ConversationActor,
  plan: (live: Live, group: GroupState) => Promise<Plan | undefined> | Plan | undefined,
): Promise<void> {
  await settlePendingCommit(actor);
  await actor.readToEnd();
  assertNotCloned(actor.context);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const live = actor.live();
    if (live.group === undefined || live.record.state.kind !== "open") {
      throw new SottoError("conversation/left", "This device isn't in the conversation any more.");
    }
    // Whoever makes commits by itself has looked before; what a person wants is said to them.
    if (isRequest(actor.context, live.record))
      throw new SottoError("conversation/forbidden-change", "This is a request that nobody has answered yet.", {
        kind: "person",
        do: "Accept it first.",
      });
    const planned = await plan(live, live.group);
    if (planned === undefined) return;
    await prepareCommit(actor, live, live.group, planned);
    if ((await settlePendingCommit(actor)) === "accepted") return;
  }
  throw new SottoError("request/too-many", "Others changed this conversation at the same time, again and again.", {
    kind: "retry",
    afterMs: 5_000,
  });
}

async function prepareCommit(actor: ConversationActor, live: Live, group: GroupState, plan: Plan): Promise<void> {
  const { context } = actor;
  const { record } = live;
  const made = await createCommit(group, {
    add: plan.add ?? [],
    remove: plan.remove ?? [],
    ...(plan.extension === undefined ? {} : { extension: plan.extension }),
    evidence: plan.evidence ?? [],
    logHead: logHeadExtension(record.cursor, record.head),
    judge: context.judge,
  });
  if (made.kind === "refused") {
    const mayNot = made.because.startsWith("may-not");
    throw new SottoError(
      mayNot ? "conversation/forbidden-change" : "member/not-addable",
      mayNot ? "You may not change this in this conversation." : `That change can't be made (${made.because}).`,
    );
  }
  const bundle = bundleOf(context.ports.random, { ...made, seen: record.latestCommit, applied: record.applied }, group);
  const request: PendingRequest = { operation: "conversation.commit", parameters: { conversation: record.id, bundle } };
  rememberPending(actor, request, made.next, plan.leavers);
}

/** Writes the bundle and the state that it leads to, before any byte of it leaves. */
export function rememberPending(
  actor: ConversationActor,
  request: PendingRequest,
  next: GroupState,
  leavers: readonly AccountId[] = [],
): void {
  const hash = toBase64Url(entryHash(request.parameters.bundle.envelope));
  actor.context.store.transaction(() => savePendingCommit(actor.context.store, actor.id, hash, request, next, leavers));
  actor.replace({ ...actor.live(), pending: { hash, next, leavers } });
}

/** Everything that stands or falls with a commit. Chunks of the tree that the old epoch had are not sent again. */
export function bundleOf(
  random: (length: number) => Uint8Array,
  made: {
    commit: Uint8Array;
    roster: Uint8Array;
    groupInfo: Uint8Array;
    welcome?: Uint8Array | undefined;
    added: readonly Leaf[];
    treeChunks: readonly Uint8Array[];
    next: GroupState;
    seen: number;
    applied: number;
  },
  old: GroupState | undefined,
): Bundle {
  const known = new Set(old === undefined ? [] : treeChunks(old).map((chunk) => toBase64Url(sha256(chunk))));
  const chunks = made.treeChunks.map((chunk) => ({ chunk, hash: sha256(chunk) }));
  const body = encodeCommitBody({ commit: made.commit, roster: made.roster });
  return {
    send: sendIdOf(random(16)),
    envelope: encodeEnvelope({ kind: ENTRY_KIND.commit, seen: made.seen, applied: made.applied, body }),
    groupInfo: made.groupInfo,
    treeChunks: chunks.map(({ hash }) => hash),
    newChunks: chunks.filter(({ hash }) => !known.has(toBase64Url(hash))).map(({ chunk }) => chunk),
    welcomes: made.welcome === undefined ? [] : [made.welcome],
    welcomeFor: made.welcome === undefined ? [] : made.added.map(({ identity }) => ({ ...identity, welcome: 0 })),
  };
}

/**
 * Asks for the verdict on the commit that waits, if one does, and reads the log up to it. The same bytes may be sent any number
 * of times; the server answers with the place that the first had.
 * @returns "superseded" when another commit won or the server no longer knows this one; the state has then moved on.
 */
export async function settlePendingCommit(actor: ConversationActor): Promise<"none" | "accepted" | "superseded"> {
  const { store } = actor.context;
  const { pending } = actor.live();
  if (pending === undefined) return "none";
  const connection = actor.context.online();
  try {
    // A state that was put back may hold a commit that was made and followed by others long ago.
    if (actor.live().group !== undefined) await actor.readToEnd();
    if (actor.live().pending === undefined) return isInLog(store, actor.id, pending.hash) ? "accepted" : "superseded";
    assertNotCloned(actor.context);
    const request = loadPendingRequest(store, actor.id);
    if (request === undefined) return "none";
    const accepted =
      request.operation === "conversation.commit"
        ? await connection.request("conversation.commit", request.parameters)
        : await connection.request("conversation.create", request.parameters);
    if (!equalBytes(accepted.hash, entryHash(request.parameters.bundle.envelope))) {
      actor.context.ports.log("error", "conversation/foreign-acceptance", {
        conversation: actor.id,
        seq: accepted.seq,
      });
    }
    await actor.catchUp();
    if (actor.live().pending === undefined) return "accepted";
    await dropPending(actor);
    return "superseded";
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.code === "conversation/stale-epoch") {
      await actor.catchUp();
      await dropPending(actor);
      return "superseded";
    }
    if (error.remedy.kind !== "retry") await dropPending(actor);
    throw error;
  }
}

const isInLog = (store: Store, conversation: ConversationId, hash: string): boolean =>
  store.all("select 1 as one from log where conversation = ? and hash = ?", [conversation, fromBase64Url(hash) ?? null])
    .length > 0;

/** Gives up a commit that can't be stored any more. Its handshake generation is spent: two commits must never share one. */
async function dropPending(actor: ConversationActor): Promise<void> {
  const live = actor.live();
  if (live.pending === undefined) return;
  const { store } = actor.context;
  const advanced = live.group === undefined ? undefined : await advanceAfterDrop(live.group);
  store.transaction(() => {
    dropPendingCommit(store, actor.id);
    if (live.group !== undefined && advanced !== undefined) saveGroup(store, actor.id, live.group, advanced);
  });
  actor.replace({ ...live, group: advanced, pending: undefined });
}
