import { members, type GroupState, type Leaf } from "@sotto/mls";
import type { Context } from "../context.ts";
import type { Outcome } from "../conversation/read-entry.ts";

/** Learns identities from the leaves themselves: whatever the server tells or withholds, this is whom one encrypts to. */
export function learnFromGroup(context: Context, group: GroupState): void {
  learnFromLeaves(context, members(group));
}

/**
 * The same for the leaves that commits brought or changed. In the transaction that makes the new state count, so that no post is
 * sealed for a leaf before it is known whose it is.
 */
export function learnFromCommits(context: Context, outcomes: readonly Outcome[], group: GroupState | undefined): void {
  const commits = outcomes.flatMap((outcome) => (outcome.kind === "commit" ? [outcome] : []));
  if (group === undefined || commits.length === 0) return;
  if (commits.some(({ change, own }) => own && change.external)) return learnFromGroup(context, group);
  const touched = new Set(
    commits.flatMap(({ change }) => [change.committer.device, ...change.added.map(({ device }) => device)]),
  );
  learnFromLeaves(
    context,
    members(group).filter(({ identity }) => touched.has(identity.device)),
  );
}

function learnFromLeaves(context: Context, leaves: readonly Leaf[]): void {
  for (const { identity, chain } of leaves) context.people.learnFromLeaf(identity.account, chain);
}
