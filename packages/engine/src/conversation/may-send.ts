import { KIND, SottoError, type AccountId } from "@sotto/protocol";
import { isCloned } from "../account/account-notices.ts";
import type { ConversationState } from "../api.ts";
import { assertNotCloned } from "../clone-guard.ts";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "./conversation-record.ts";
import { isUnserved } from "./unserved.ts";
import { isRequest } from "../requests/requests.ts";

/** Members whom the person had verified and whose identity is another now. */
function changedMembers({ people }: Context, { members }: ConversationRecord): AccountId[] {
  const changed = people.withTrust("changed");
  return members.map(({ account }) => account).filter((account) => changed.has(account));
}

/**
 * May one write here, and if not, why? The one place that decides it: what is shown follows from it, and so does whether anything of
 * the person's is sealed. Computed each time: trust is never a stored state.
 */
export function conversationState(context: Context, record: ConversationRecord): ConversationState {
  if (record.state.kind !== "open") return record.state;
  if (isCloned(context.store)) return { kind: "stopped", because: "clone", code: "device/cloned" };
  if (record.kind === KIND.self) return record.state;
  if (isUnserved(context.store, record.id)) return { kind: "left", because: "removed" };
  if (record.kind === KIND.direct) {
    const other = record.members.find(({ account }) => account !== context.account)?.account;
    // Nobody would ever read it.
    if (other !== undefined && context.people.isGone(other)) return { kind: "left", because: "closed" };
    if (other !== undefined && context.people.trust(other) === "blocked") return { kind: "blocked" };
  }
  const changed = changedMembers(context, record);
  return changed.length === 0
    ? { kind: "open" }
    : { kind: "paused", because: "identity-changed", people: changed.map((account) => context.people.person(account)) };
}

/** Is what waits held back until the person has decided? Then nothing at all is sealed. */
export function isHeldBack(context: Context, record: ConversationRecord): boolean {
  const { kind } = conversationState(context, record);
  return kind === "paused" || kind === "blocked" || kind === "left" || isRequest(context, record);
}

/** Why a post here would have no reader; undefined where it has. */
export function closedConversation(context: Context, record: ConversationRecord): SottoError | undefined {
  const state = conversationState(context, record);
  if (state.kind === "left" && state.because === "removed" && record.state.kind === "open")
    return new SottoError("conversation/left", "You aren't in this conversation any more.");
  if (state.kind !== "left" || state.because !== "closed") return undefined;
  return new SottoError("conversation/left", "The other account is closed: nobody would read this.", {
    kind: "person",
    do: "Write to them under the account that they have now.",
  });
}

/** @throws SottoError device/cloned, conversation/left; member/blocked: nothing is to wait here for a day that the person hasn't chosen */
export function assertMayWrite(context: Context, record: ConversationRecord): void {
  assertNotCloned(context);
  const closed = closedConversation(context, record);
  if (closed !== undefined) throw closed;
  if (conversationState(context, record).kind === "blocked")
    throw new SottoError("member/blocked", "You have blocked this person.", {
      kind: "person",
      do: "Unblock them to write to them.",
    });
}

/** @throws SottoError conversation/identity-changed, member/blocked: whom nobody brings into a conversation without having decided */
export function assertMayAdd({ people }: Context, account: AccountId): void {
  const trust = people.trust(account);
  if (trust === "blocked")
    throw new SottoError("member/blocked", "You have blocked this person.", {
      kind: "person",
      do: "Unblock them first.",
    });
  if (trust === "changed")
    throw new SottoError("conversation/identity-changed", "Somebody whom you verified has another identity now.", {
      kind: "person",
      do: "Compare again, or go on without, on their page.",
    });
}
