import { verifyLeave } from "@sotto/crypto/verify";
import { KIND } from "@sotto/protocol";
import { readable } from "./conversations.ts";
import { openIdentity } from "./identity.ts";
import { Refused, refuse, tooMany } from "./refusal.ts";
import type { DeviceHandler } from "./service.ts";

/**
 * The account leaves: nothing of the conversation is served to it from here on, whatever the tree still says. The
 * statement is kept for the member who commits the Remove (DL8). A repeat finds no access and is told so.
 */
export const leave: DeviceHandler<"conversation.leave"> = async (
  service,
  { identity },
  { conversation, statement },
) => {
  const { ports, hall, limiters } = service;
  const wait = limiters.commits.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  if (row.kind === KIND.direct || row.kind === KIND.self) return refuse("conversation/forbidden-change");
  const [account] = await ports.store.accounts([identity.account]);
  const chain = account === undefined ? undefined : openIdentity(account.chain);
  if (chain === undefined || verifyLeave(statement, conversation, chain) === undefined)
    return refuse("account/bad-statement");
  if (!(await ports.store.leave(row.key, identity.accountKey, statement))) return refuse("conversation/not-a-member");
  const members = [...(hall.channel(row.key)?.sessions ?? [])];
  hall.withdraw(row.key, [identity.accountKey]);
  for (const member of members)
    if (member.identity?.accountKey !== identity.accountKey) hall.tell(member, { event: "conversations" });
  return {};
};
