import { sha256 } from "@noble/hashes/sha2.js";
import {
  type CommitData,
  type ConversationExtension,
  encodeCommitData,
  encodeRoster,
  type Evidence,
  EXTENSION,
} from "@sotto/protocol";
import { createGroupInfoWithExternalPub } from "ts-mls/createCommit.js";
import { conversationOf, epoch, extensionOf, type GroupState, members } from "./group-state.ts";
import { GroupState as Group } from "./group-state.ts";
import type { LeafIdentity } from "./identity.ts";
import { type Extension, groupInfoBytes } from "./library.ts";
import type { GroupView } from "./policy.ts";
import { rosterOfGroup } from "./roster.ts";

/** The log head that goes into GroupInfo and Welcome, signed. */
export function logHeadExtension(logHead: Uint8Array): Extension {
  return { extensionType: EXTENSION.logHead, extensionData: logHead };
}

/** GroupInfo with which others enter by external commit (RFC 9420 §12.4.3.2); signed over `logHead`, the tree travels apart. */
export async function groupInfo(state: GroupState, logHead: Uint8Array): Promise<Uint8Array> {
  const { provider, mls } = Group.inside(state);
  return groupInfoBytes(await createGroupInfoWithExternalPub(mls, [logHeadExtension(logHead)], provider.suite));
}

export function viewOf(state: GroupState): GroupView {
  return {
    conversation: conversationOf(state),
    epoch: epoch(state),
    extension: extensionOf(state),
    leaves: members(state),
  };
}

/** Roster and authenticated data of a commit, from what will result of it. */
export function announce(
  extension: ConversationExtension,
  leaves: readonly { identity: LeafIdentity }[],
  evidence: readonly Evidence[],
) {
  const roster = encodeRoster(rosterOfGroup(extension, leaves));
  const data: CommitData = { rosterHash: sha256(roster), evidence: [...evidence] };
  return { roster, data, authenticatedData: encodeCommitData(data) };
}
