import { expect, test } from "vitest";
import fc from "fast-check";
import {
  KIND,
  LEAVES_MAX,
  ROLE,
  accountIdOf,
  isManager,
  type AccountId,
  type ConversationKind,
  type Role,
  type Roster,
} from "@sotto/protocol";
import { mayBeBorn, mayChange } from "./roster-rules.ts";

const id = (n: number): AccountId =>
  accountIdOf(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? n & 0xff : index === 1 ? n >> 8 : 7)));
const [ada, ben, cyd, dan] = [id(1), id(2), id(3), id(4)];
const { banned, member, admin, owner } = ROLE;
const nobody = (): boolean => false;

test.each<[string, ConversationKind, AccountId | null, Roster, string]>([
  [
    "a group by its admin",
    KIND.group,
    null,
    [
      [ada, admin],
      [ben, member],
    ],
    "allowed",
  ],
  [
    "a group with two admins",
    KIND.group,
    null,
    [
      [ada, admin],
      [ben, admin],
    ],
    "allowed",
  ],
  ["a group without its creator", KIND.group, null, [[ben, admin]], "forbidden"],
  [
    "a group whose creator is no admin",
    KIND.group,
    null,
    [
      [ada, member],
      [ben, admin],
    ],
    "forbidden",
  ],
  [
    "a room by its admin, with bans",
    KIND.room,
    null,
    [
      [ada, admin],
      [ben, banned],
    ],
    "allowed",
  ],
  [
    "a direct conversation of its pair",
    KIND.direct,
    ben,
    [
      [ada, member],
      [ben, member],
    ],
    "allowed",
  ],
  [
    "a direct conversation of three",
    KIND.direct,
    ben,
    [
      [ada, member],
      [ben, member],
      [cyd, member],
    ],
    "forbidden",
  ],
  [
    "a direct conversation with someone else",
    KIND.direct,
    ben,
    [
      [ada, member],
      [cyd, member],
    ],
    "forbidden",
  ],
  [
    "a direct conversation with oneself",
    KIND.direct,
    ada,
    [
      [ada, member],
      [ben, member],
    ],
    "forbidden",
  ],
  [
    "a direct conversation that bans the other",
    KIND.direct,
    ben,
    [
      [ada, member],
      [ben, banned],
    ],
    "forbidden",
  ],
  ["notes to oneself", KIND.self, null, [[ada, admin]], "allowed"],
  [
    "notes with a guest",
    KIND.self,
    null,
    [
      [ada, admin],
      [ben, member],
    ],
    "forbidden",
  ],
])("[DL5] T01 born: %s", (_title, kind, pair, roster, verdict) => {
  expect(mayBeBorn(kind, ada, pair, roster)).toBe(verdict);
});

const base: Roster = [
  [ada, admin],
  [ben, member],
  [cyd, member],
];
test.each<[string, AccountId, Roster, Roster, string]>([
  [
    "an admin removes a member",
    ada,
    base,
    [
      [ada, admin],
      [ben, member],
    ],
    "allowed",
  ],
  [
    "an admin makes an admin",
    ada,
    base,
    [
      [ada, admin],
      [ben, admin],
      [cyd, member],
    ],
    "allowed",
  ],
  [
    "an admin bans",
    ada,
    base,
    [
      [ada, admin],
      [ben, banned],
      [cyd, member],
    ],
    "allowed",
  ],
  [
    "an admin steps down",
    ada,
    base,
    [
      [ada, member],
      [ben, admin],
      [cyd, member],
    ],
    "allowed",
  ],
  [
    "an admin removes itself",
    ada,
    base,
    [
      [ben, member],
      [cyd, member],
    ],
    "forbidden",
  ],
  ["a member adds a member", ben, base, [...base, [dan, member]], "allowed"],
  ["a member adds an admin", ben, base, [...base, [dan, admin]], "forbidden"],
  ["a member adds a ban", ben, base, [...base, [dan, banned]], "forbidden"],
  [
    "a member removes a member",
    ben,
    base,
    [
      [ada, admin],
      [ben, member],
    ],
    "forbidden",
  ],
  [
    "a member removes the admin",
    ben,
    base,
    [
      [ben, member],
      [cyd, member],
    ],
    "forbidden",
  ],
  [
    "a member makes itself admin",
    ben,
    base,
    [
      [ada, admin],
      [ben, admin],
      [cyd, member],
    ],
    "forbidden",
  ],
  [
    "a member takes the admin's role",
    ben,
    base,
    [
      [ada, member],
      [ben, member],
      [cyd, member],
    ],
    "forbidden",
  ],
  [
    "a member lifts a ban",
    ben,
    [
      [ada, admin],
      [ben, member],
      [cyd, banned],
    ],
    [
      [ada, admin],
      [ben, member],
    ],
    "forbidden",
  ],
  ["a member changes nothing", ben, base, base, "allowed"],
  ["a stranger joins", dan, base, [...base, [dan, member]], "forbidden"],
  ["a stranger changes nothing", dan, base, base, "forbidden"],
  [
    "a banned account changes nothing",
    cyd,
    [
      [ada, admin],
      [cyd, banned],
    ],
    [
      [ada, admin],
      [cyd, banned],
    ],
    "forbidden",
  ],
])("[DL6] T14 in a group: %s", (_title, actor, before, after, verdict) => {
  expect(mayChange(KIND.group, actor, before, after, nobody)).toBe(verdict);
});

test.each<[string, AccountId, Roster, string]>([
  ["joins as member", dan, [...base, [dan, member]], "allowed"],
  ["joins as admin", dan, [...base, [dan, admin]], "forbidden"],
  ["brings a friend", dan, [...base, [dan, member], [id(5), member]], "forbidden"],
  [
    "removes someone on the way in",
    dan,
    [
      [ada, admin],
      [ben, member],
      [dan, member],
    ],
    "forbidden",
  ],
  ["adds someone else", dan, [...base, [id(5), member]], "forbidden"],
])("[DL6] T14 a stranger in an open room %s", (_title, actor, after, verdict) => {
  expect(mayChange(KIND.room, actor, base, after, nobody)).toBe(verdict);
});

test("[DL6] anyone takes out who left or closed, and nobody else with it", () => {
  const after: Roster = [
    [ada, admin],
    [ben, member],
  ];
  expect(mayChange(KIND.group, ben, base, after, (account) => account === cyd)).toBe("allowed");
  expect(mayChange(KIND.group, ben, base, [[ben, member]], (account) => account === cyd)).toBe("forbidden");
});

test("[DL6] T14 the roster of a direct conversation never changes", () => {
  const pair: Roster = [
    [ada, admin],
    [ben, member],
  ];
  expect(mayChange(KIND.direct, ada, pair, pair, nobody)).toBe("allowed");
  for (const after of [
    [...pair, [cyd, member]],
    [[ada, admin]],
    [
      [ada, admin],
      [ben, admin],
    ],
  ] satisfies Roster[])
    expect(mayChange(KIND.direct, ada, pair, after, nobody)).toBe("forbidden");
});

test("[DL6] a conversation holds so many people and no more; bans don't count", () => {
  const full: Roster = [
    [ada, admin],
    ...Array.from({ length: LEAVES_MAX - 1 }, (_, n): [AccountId, Role] => [id(n + 10), member]),
  ];
  expect(mayChange(KIND.group, ada, base, full, nobody)).toBe("allowed");
  expect(mayChange(KIND.group, ada, full, [...full, [id(2_000), member]], nobody)).toBe("full");
  expect(mayChange(KIND.group, ada, full, [...full, [id(2_000), banned]], nobody)).toBe("allowed");
});

const owned: Roster = [
  [ada, owner],
  [ben, admin],
  [cyd, member],
];
const rolesOf = (a: Role | null, b: Role | null, c: Role | null, d: Role | null = null): Roster =>
  ([a, b, c, d] as const).flatMap((role, n): Roster => (role === null ? [] : [[[ada, ben, cyd, dan][n]!, role]]));

test.each<[string, AccountId, Roster, string]>([
  ["the owner makes an owner", ada, rolesOf(owner, owner, member), "allowed"],
  ["the owner hands over", ada, rolesOf(admin, admin, owner), "allowed"],
  ["the owner removes an admin", ada, rolesOf(owner, null, member), "allowed"],
  ["the owner leaves nobody who manages", ada, rolesOf(member, member, member), "forbidden"],
  ["an admin removes a member", ben, rolesOf(owner, admin, null), "allowed"],
  ["an admin bans a member", ben, rolesOf(owner, admin, banned), "allowed"],
  ["an admin bans a stranger", ben, rolesOf(owner, admin, member, banned), "allowed"],
  ["an admin makes an admin", ben, rolesOf(owner, admin, admin), "forbidden"],
  ["an admin adds an admin", ben, rolesOf(owner, admin, member, admin), "forbidden"],
  ["an admin makes itself owner", ben, rolesOf(owner, owner, member), "forbidden"],
  ["an admin removes the owner", ben, rolesOf(null, admin, member), "forbidden"],
  ["an admin bans the owner", ben, rolesOf(banned, admin, member), "forbidden"],
  ["an admin lowers the owner", ben, rolesOf(member, admin, member), "forbidden"],
  ["an admin steps down", ben, rolesOf(owner, member, member), "allowed"],
  ["a member makes itself owner", cyd, rolesOf(owner, admin, owner), "forbidden"],
  ["a member removes an admin", cyd, rolesOf(owner, null, member), "forbidden"],
])("[DL6] T14 where there is an owner: %s", (_title, actor, after, verdict) => {
  expect(mayChange(KIND.group, actor, owned, after, nobody)).toBe(verdict);
});

const anyRoster = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(...Object.values(ROLE))), {
    selector: ([n]) => n,
    maxLength: 6,
  })
  .map((rows): Roster => rows.map(([n, role]) => [id(n), role]));

test("[DL6] T14 whatever the rosters: who manages nothing raises nobody, lowers nobody and throws nobody out", () => {
  fc.assert(
    fc.property(anyRoster, anyRoster, fc.integer({ min: 1, max: 6 }), (before, after, n) => {
      const actor = id(n);
      const [was, is] = [new Map(before), new Map(after)];
      if (isManager(was.get(actor)) || mayChange(KIND.room, actor, before, after, nobody) !== "allowed") return;
      expect(was.get(actor)).not.toBe(banned);
      for (const [account, role] of was) expect(is.get(account)).toBe(role);
      for (const [account, role] of is) if (!was.has(account)) expect(role).toBe(member);
    }),
    { numRuns: 2_000 },
  );
});

test("[DL6] T14 whatever the rosters: below an owner an admin raises nobody and lowers nobody who manages, but itself", () => {
  fc.assert(
    fc.property(anyRoster, anyRoster, fc.integer({ min: 1, max: 6 }), (before, after, n) => {
      const actor = id(n);
      const [was, is] = [new Map(before), new Map(after)];
      if (was.get(actor) !== admin || ![...was.values()].includes(owner)) return;
      if (mayChange(KIND.group, actor, before, after, nobody) !== "allowed") return;
      for (const account of new Set([...was.keys(), ...is.keys()])) {
        const [from, to] = [was.get(account), is.get(account)];
        if (from === to) continue;
        expect(isManager(to)).toBe(false);
        if (isManager(from)) expect(account).toBe(actor);
      }
    }),
    { numRuns: 4_000 },
  );
});
