import {
  encodeRoster,
  KIND,
  MEMBERS_MAY,
  ROLE,
  sortRoster,
  type AccountId,
  type Role,
  type Roster,
} from "@sotto/protocol";
import { sha256 } from "@sotto/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mayChange } from "../../delivery/src/roster-rules.ts";
import { isWellFormed } from "../../mls/src/context-extensions.ts";
import type { Leaf } from "../../mls/src/leaf.ts";
import { judgeCommit } from "../../mls/src/policy.ts";
import { rosterOfGroup } from "../../mls/src/roster.ts";
import { accountOf, chainOf, CONVERSATION, deviceOf, judge } from "../../mls/src/testing.ts";

const NAMES = ["ann", "ben", "cleo", "dan"];
const leafOf = (account: AccountId, leafIndex: number): Leaf => {
  const identity = { account, device: deviceOf(account, 1) };
  const signatureKey = sha256(new Uint8Array([leafIndex]));
  return { leafIndex, identity, signatureKey, chain: chainOf(identity, signatureKey) };
};

const role = fc.constantFrom<Role | null>(null, ...Object.values(ROLE));
const list = fc
  .tuple(role, role, role, role)
  .map((roles): Roster =>
    sortRoster(roles.flatMap((one, n) => (one === null ? [] : [[accountOf(NAMES[n]!), one] as [AccountId, Role]]))),
  );
const kinds = fc.constantFrom(KIND.group, KIND.room);

/** What a commit that only changes the list is to the members, and what its roster is to the delivery service. */
function judged(
  kind: typeof KIND.group | typeof KIND.room,
  add: "admins" | "members",
  before: Roster,
  after: Roster,
  by: number,
) {
  const policy = {
    add,
    ...MEMBERS_MAY,
    join: kind === KIND.room ? "open" : "closed",
    history: "archive",
    timerSeconds: 0,
  } as const;
  const extension = { kind, accounts: before, policy, profileHash: null };
  const changed = { ...extension, accounts: after };
  if (!isWellFormed(extension) || !isWellFormed(changed)) return undefined;
  const [was, is] = [new Map(before), new Map(after)];
  const leaves = NAMES.map(accountOf).flatMap((account, n) => {
    const listed = was.get(account);
    const isMember = kind === KIND.room ? listed !== ROLE.banned : listed !== undefined && listed !== ROLE.banned;
    return isMember ? [leafOf(account, n)] : [];
  });
  const staying = leaves.filter(({ identity }) => {
    const listed = is.get(identity.account);
    return kind === KIND.room ? listed !== ROLE.banned : listed !== undefined && listed !== ROLE.banned;
  });
  const committer = leaves.find(({ leafIndex }) => leafIndex === by);
  if (committer === undefined || !staying.includes(committer)) return undefined;
  const roster = encodeRoster(rosterOfGroup(changed, staying));
  const judgement = judgeCommit(
    { conversation: CONVERSATION, epoch: 3n, extension, leaves },
    {
      committer,
      external: false,
      added: [],
      removed: leaves.filter((leaf) => !staying.includes(leaf)),
      extension: changed,
      leaves: staying,
      data: { rosterHash: sha256(roster), evidence: [] },
      roster,
    },
    judge,
  );
  const served = mayChange(
    kind,
    committer.identity.account,
    rosterOfGroup(extension, leaves),
    rosterOfGroup(changed, staying),
    () => false,
  );
  return { members: judgement.kind, server: served };
}

test("[T14] whatever the change of a list: what members take the server takes, and what it refuses they skip", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      kinds,
      fc.constantFrom("admins" as const, "members" as const),
      list,
      list,
      fc.nat(3),
      (kind, add, before, after, by) => {
        const verdict = judged(kind, add, before, after, by);
        if (verdict === undefined) return;
        const name = `${verdict.members} ${verdict.server}`;
        seen.set(name, (seen.get(name) ?? 0) + 1);
        if (verdict.members === "allowed") expect(verdict.server).toBe("allowed");
        // The rule about adding is sealed from the server, and so are rows of an open room's list that change nobody's role.
        if (kind === KIND.group && add === "members" && verdict.server === "allowed")
          expect(verdict.members).toBe("allowed");
      },
    ),
    { numRuns: 6_000 },
  );
  expect(seen.get("allowed allowed") ?? 0).toBeGreaterThan(30);
  expect(seen.get("refused forbidden") ?? 0).toBeGreaterThan(30);
});
