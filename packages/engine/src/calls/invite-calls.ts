import type { RulesApi } from "../api-rules.ts";
import type { Desk } from "./desk.ts";
import { notBuilt } from "./not-built.ts";

export function inviteCalls(
  _desk: Desk,
): Pick<
  RulesApi,
  "createInvite" | "invites" | "revokeInvite" | "lookAtInvite" | "acceptInvite" | "joinRequests" | "answerJoinRequest"
> {
  return {
    createInvite: notBuilt,
    invites: notBuilt,
    revokeInvite: notBuilt,
    lookAtInvite: notBuilt,
    acceptInvite: notBuilt,
    joinRequests: notBuilt,
    answerJoinRequest: notBuilt,
  };
}
