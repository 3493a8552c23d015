import { safetyNumber } from "@sotto/crypto";
import { SottoError, cleanName, type AccountId, type ConversationId } from "@sotto/protocol";
import type { Verification } from "../api.ts";
import type { Context } from "../context.ts";
import { arrange, setNotify } from "../sync/arrangements.ts";
import { SYNC } from "../sync/sync-state.ts";
import { encodeDecision, provesIdentity, verificationText, type Decision } from "./trust.ts";

/** @throws SottoError member/no-such-person */
function pairOf({ people, account: self }: Context, account: AccountId) {
  const [own, other] = [people.chain(self), people.chain(account)];
  if (own === undefined || other === undefined || account === self)
    throw new SottoError("member/no-such-person", "This device doesn't know that person yet.");
  return { own, other };
}

/** What two people compare, and how it stands. */
export function verificationOf(context: Context, account: AccountId): Verification {
  const { own, other } = pairOf(context, account);
  return {
    account,
    trust: context.people.trust(account),
    safetyNumber: safetyNumber(own, other),
    qr: verificationText(own, other),
    verifiedAt: context.people.decision(account).verified?.at ?? null,
    changedAt: context.people.changedAt(account),
  };
}

/**
 * The person has compared: from here on this account, as far as its chain goes now, is who they met.
 * @throws SottoError trust/mismatch: the scanned text isn't this person's, or they see another identity of ours;
 * account/replaced: the name belongs to somebody else now, and this account can't be met any more
 */
export function verify(context: Context, { account, qr }: { account: AccountId; qr?: string }): void {
  const { own, other } = pairOf(context, account);
  if (context.people.person(account).replaced)
    throw new SottoError("account/replaced", "This account has lost its name: it is the past of somebody.", {
      kind: "person",
      do: "Look the name up again and compare with the new account.",
    });
  if (qr !== undefined && !provesIdentity(qr.trim(), own, other))
    throw new SottoError("trust/mismatch", "What was scanned isn't what this device sees of this person.", {
      kind: "person",
      do: "Scan the code that they show for you. If it is that one, somebody may be in between: don't send anything that matters.",
    });
  const verified = { head: other.head, reclaims: other.reclaims, at: context.ports.clock.now() };
  decide(context, account, (decision) => ({ ...decision, verified }));
}

/** Not verified any more, by the person's own will; whatever a change held back goes out. */
export function unverify(context: Context, account: AccountId): void {
  pairOf(context, account);
  decide(context, account, (decision) => ({ ...decision, verified: null }));
}

export function setBlocked(context: Context, { account, blocked }: { account: AccountId; blocked: boolean }): void {
  pairOf(context, account);
  // Whether they are who they were is another question, and stays open.
  decide(context, account, (decision) => ({ ...decision, blocked }), { settles: false });
}

function decide(
  context: Context,
  account: AccountId,
  change: (decision: Decision) => Decision,
  { settles }: { settles: boolean } = { settles: true },
): void {
  const { people, store, sync } = context;
  store.transaction(() => {
    const next = change(people.decision(account));
    // A new decision is about what is known now.
    if (settles) people.settle(account);
    if (next.verified === null && !next.blocked) sync.delete(SYNC.trust(account));
    else sync.set(SYNC.trust(account), encodeDecision(next));
  });
  context.emit({ kind: "people" });
  context.emit({ kind: "conversations" });
}

export function setContactName(context: Context, { account, name }: { account: AccountId; name: string | null }): void {
  const clean = cleanName(name ?? "");
  if (clean === "") context.sync.delete(SYNC.name(account));
  else context.sync.set(SYNC.name(account), clean);
  context.emit({ kind: "people" });
  context.emit({ kind: "conversations" });
}

/** A mark on a conversation: it is there or not. */
export function setMark(
  context: Context,
  mark: "mute" | "pin",
  { conversation, on }: { conversation: ConversationId; on: boolean },
): void {
  if (mark === "mute") setNotify(context, { conversation, notify: on ? "none" : "all" });
  else arrange(context, mark, { conversation, on });
}
