import { KIND, type AccountId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "../conversation/conversation-record.ts";
import { numberOrNull, textOf } from "../rows.ts";
import { SYNC } from "../sync/sync-state.ts";

type Asked = Pick<Context, "store" | "sync" | "people" | "account">;
type Asking = Pick<ConversationRecord, "id" | "kind" | "createdHere" | "askedFor" | "counter" | "members">;

/**
 * Did somebody with whom the person shares nothing begin this conversation, and the person hasn't decided yet? The one place that decides it.
 * [Note: Nothing goes out to strangers] Everything that leaves a device for a conversation asks here first: posts, commits that nobody asked
 * for, entering, answers about keys, profiles, receipts, typing. So whoever adds people learns nothing of whether, when and on how
 * many devices they are there (T15, T87, T93).
 *
 * What a person begins, asks for or writes in is marked as accepted for all own devices, and so is what a person enters in which somebody
 * known brought them ({@link settleIfKnown}). What isn't marked is a request.
 */
export function isRequest(context: Asked, record: Asking): boolean {
  if (record.kind !== KIND.direct && record.kind !== KIND.group) return false;
  if (record.createdHere || record.askedFor) return false;
  if (context.sync.get(SYNC.accepted(record.id)) === true) return false;
  const starter = starterOf(context, record);
  if (starter !== undefined && isChosen(context, starter)) return false;
  return !hasWritten(context, record);
}

/** Who began a direct conversation, or brought this account into a group; undefined where this device hasn't seen it. */
export function starterOf(
  { store, account }: Asked,
  record: Pick<Asking, "id" | "kind" | "members">,
): AccountId | undefined {
  const row = store.all("select account from starters where conversation = ?", [record.id])[0];
  if (row !== undefined) return textOf(row, "account") as AccountId;
  return record.kind === KIND.direct ? record.members.find((member) => member.account !== account)?.account : undefined;
}

/** Somebody whom the person has verified or given a name, or one of their own devices. */
function isChosen({ people, sync, account }: Asked, starter: AccountId): boolean {
  if (starter === account) return true;
  const { verified, blocked } = people.decision(starter);
  return !blocked && (verified !== null || typeof sync.get(SYNC.name(starter)) === "string");
}

function hasWritten({ store, account }: Asked, { id, counter }: Asking): boolean {
  if (counter > 0) return true;
  return (
    store.all("select 1 as one from counters where conversation = ? and account = ? limit 1", [id, account]).length > 0
  );
}

/**
 * Is a request something to ask the person about? Not what they have deleted, until more is said; nor what somebody brought whom they have
 * blocked; nor what was taken away again; nor a direct conversation in which nobody has written.
 */
export function isWorthAsking(context: Asked, record: ConversationRecord): boolean {
  const { store, sync, people } = context;
  if (record.state.kind === "left") return false;
  const starter = starterOf(context, record);
  if (starter !== undefined && people.trust(starter) === "blocked") return false;
  const deleted = sync.get(SYNC.accepted(record.id));
  // Who brought it isn't known as long as this device hasn't entered.
  if (record.state.kind === "joining")
    return (
      typeof deleted !== "number" &&
      record.members.length > 0 &&
      !record.members.some(({ account }) => people.trust(account) === "blocked")
    );
  const row = store.all(
    "select max(item_order) as newest from items where conversation = ?" +
      (record.kind === KIND.direct ? " and kind = 'post'" : ""),
    [record.id],
  )[0];
  const newest = (row === undefined ? null : numberOrNull(row, "newest")) ?? -1;
  return newest > (typeof deleted === "number" ? deleted : -1);
}
