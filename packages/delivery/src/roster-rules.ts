import {
  hasOwner,
  isManager,
  KIND,
  LEAVES_MAX,
  mayChangeRole,
  mayStepDown,
  ROLE,
  type AccountId,
  type ConversationKind,
  type Role,
  type Roster,
} from "@sotto/protocol";

export type RosterVerdict = "allowed" | "forbidden" | "full";

/** What a roster changed in another. Banned rows count like any other row. */
export type RosterChange = {
  added: { account: AccountId; role: Role }[];
  removed: AccountId[];
  changed: { account: AccountId; from: Role; to: Role }[];
};

export function rosterChange(before: Roster, after: Roster): RosterChange {
  const old = new Map(before);
  const change: RosterChange = { added: [], removed: [], changed: [] };
  for (const [account, role] of after) {
    const was = old.get(account);
    if (was === undefined) change.added.push({ account, role });
    else if (was !== role) change.changed.push({ account, from: was, to: role });
    old.delete(account);
  }
  change.removed = [...old.keys()];
  return change;
}

/** Whether a conversation may be born with this roster (DL5). `pair`: the other account of a direct conversation. */
export function mayBeBorn(
  kind: ConversationKind,
  creator: AccountId,
  pair: AccountId | null,
  roster: Roster,
): RosterVerdict {
  const roles = new Map(roster);
  const creatorRole = roles.get(creator);
  if (creatorRole === undefined || creatorRole === ROLE.banned) return "forbidden";
  if (isTooLarge(roster)) return "full";
  switch (kind) {
    case KIND.self:
      return roster.length === 1 ? "allowed" : "forbidden";
    case KIND.direct: {
      const other = pair === null ? undefined : roles.get(pair);
      return pair !== creator && roster.length === 2 && other !== undefined && other !== ROLE.banned
        ? "allowed"
        : "forbidden";
    }
    case KIND.group:
    case KIND.room:
      return isManager(creatorRole) ? "allowed" : "forbidden";
  }
}

/**
 * Whether an account may make this change (DL6). The conversation's policy is sealed from the server: what only the
 * policy forbids (a member who adds people where only admins may), clients judge. `mayGo`: accounts that left or are closed.
 */
export function mayChange(
  kind: ConversationKind,
  actor: AccountId,
  before: Roster,
  after: Roster,
  mayGo: (account: AccountId) => boolean,
): RosterVerdict {
  const change = rosterChange(before, after);
  const isUnchanged = change.added.length + change.removed.length + change.changed.length === 0;
  const roles = new Map(before);
  const role = roles.get(actor);
  if (role === ROLE.banned) return "forbidden";
  if (role === undefined) return kind === KIND.room && joinsAlone(change, actor) ? sized(after) : "forbidden";
  if (isUnchanged) return "allowed";
  if (kind === KIND.direct || kind === KIND.self) return "forbidden";
  // Nobody takes the account that commits out of the roster: MLS has no commit that removes its author.
  if (change.removed.includes(actor)) return "forbidden";
  const by = { role, owned: hasOwner(before) };
  const isAllowed =
    change.added.every((added) => added.role === ROLE.member || mayChangeRole(by, undefined, added.role)) &&
    change.changed.every(
      ({ account, from, to }) => mayChangeRole(by, from, to) || (account === actor && mayStepDown(from, to)),
    ) &&
    change.removed.every((gone) => {
      const was = roles.get(gone);
      return mayChangeRole(by, was, undefined) || (was !== ROLE.banned && mayGo(gone));
    });
  return isAllowed && after.some(([, left]) => isManager(left)) ? sized(after) : "forbidden";
}

const joinsAlone = ({ added, removed, changed }: RosterChange, actor: AccountId): boolean =>
  added.length === 1 &&
  added[0]?.account === actor &&
  added[0].role === ROLE.member &&
  removed.length === 0 &&
  changed.length === 0;

const isTooLarge = (roster: Roster): boolean => roster.filter(([, role]) => role !== ROLE.banned).length > LEAVES_MAX;
const sized = (roster: Roster): RosterVerdict => (isTooLarge(roster) ? "full" : "allowed");
