import { GroupState } from "./group-state.ts";

/** For tests that look for what should be erased: what a group's state holds that must be gone after its use: of the epoch as a whole, and of each leaf's ratchet for posts. */
export function secretsOfGroup(group: GroupState): { epoch: Uint8Array[]; ratchets: Uint8Array[] } {
  const { mls } = GroupState.inside(group);
  const ratchets = mls.secretTree.flatMap(({ application }) =>
    application.secret.length > 0 ? [application.secret] : [],
  );
  return { epoch: Object.values(mls.keySchedule), ratchets };
}
