import {
  type ConversationExtension,
  encodeRoster,
  type Evidence,
  KIND,
  type Role,
  concat,
  idBytes,
} from "@sotto/protocol";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import type { Leaf } from "./leaf.ts";
import { type Change, type GroupView, judgeCommit, LEAVE_EPOCHS_MAX } from "./policy.ts";
import { rosterOfGroup } from "./roster.ts";
import { accountOf, chainOf, CONVERSATION, deviceOf, judge, leaveStatement, listOf, ROLE } from "./testing.ts";

const { admin, member, banned } = ROLE;

/** A leaf of `name`, device 1 unless told. */
function leaf(name: string, leafIndex: number, device = 1, end: "" | "revoked" = ""): Leaf {
  const identity = { account: accountOf(name), device: deviceOf(name, device) };
  const signatureKey = sha256(concat(idBytes(identity.account), Uint8Array.of(device)));
  return { leafIndex, identity, signatureKey, chain: chainOf(identity, signatureKey, end) };
}

const [ann, ben, cleo, dan] = [leaf("ann", 0), leaf("ben", 1), leaf("cleo", 2), leaf("dan", 3)];
const ben2 = leaf("ben", 4, 2);
const EPOCH = 100n;
const groupList = listOf({ ann: admin, ben: member, cleo: member });
const group: GroupView = { conversation: CONVERSATION, epoch: EPOCH, extension: groupList, leaves: [ann, ben, cleo] };
const membersMayAdd: GroupView = {
  ...group,
  extension: listOf({ ann: admin, ben: member, cleo: member }, { add: "members" }),
};
const room: GroupView = { ...group, extension: listOf({ ann: admin, mallory: banned }, {}, KIND.room) };
const pair: GroupView = {
  ...group,
  extension: listOf({ ann: admin, ben: admin }, {}, KIND.direct),
  leaves: [ann, ben],
};

type Deed = {
  by: Leaf;
  external?: boolean;
  added?: Leaf[];
  removed?: Leaf[];
  extension?: ConversationExtension;
  evidence?: Evidence[];
};

function judged(before: GroupView, deed: Deed, bend: (change: Change) => Change = (change) => change): string {
  const { by, external = false, added = [], removed = [], extension = before.extension, evidence = [] } = deed;
  const remaining = before.leaves.filter((each) => !removed.includes(each));
  const leaves = [...remaining, ...added, ...(external ? [by] : [])];
  const roster = encodeRoster(rosterOfGroup(extension, leaves));
  const change: Change = {
    committer: by,
    external,
    added,
    removed,
    extension,
    leaves,
    data: { rosterHash: sha256(roster), evidence },
    roster,
  };
  const judgement = judgeCommit(before, bend(change), judge);
  return judgement.kind === "allowed" ? "allowed" : judgement.because;
}

const left = (name: string, epoch = Number(EPOCH) - 1): Evidence => ({
  kind: "leave",
  statement: leaveStatement(name, epoch),
});
const revoked = (gone: Leaf): Evidence => ({
  kind: "chain",
  statements: [chainOf(gone.identity, gone.signatureKey, "revoked")],
});
const with3 = (ben: Role, cleo: Role, more: Record<string, Role> = {}) => listOf({ ann: admin, ben, cleo, ...more });
const timer = { ...groupList, policy: { ...groupList.policy, timerSeconds: 60 } };

type Row = [what: string, before: GroupView, deed: Deed, answer: string];
const rows: Row[] = [
  ["anyone re-keys", group, { by: ben }, "allowed"],
  // Adding
  [
    "an admin adds an account with its device",
    group,
    { by: ann, added: [dan], extension: with3(member, member, { dan: member }) },
    "allowed",
  ],
  [
    "an admin adds an account without a device",
    group,
    { by: ann, extension: with3(member, member, { dan: member }) },
    "allowed",
  ],
  ["an admin adds an admin", group, { by: ann, extension: with3(member, member, { dan: admin }) }, "allowed"],
  [
    "a member adds an account",
    group,
    { by: ben, extension: with3(member, member, { dan: member }) },
    "may-not-change-list",
  ],
  [
    "a member adds an account where members may",
    membersMayAdd,
    {
      by: ben,
      added: [dan],
      extension: { ...membersMayAdd.extension, accounts: with3(member, member, { dan: member }).accounts },
    },
    "allowed",
  ],
  [
    "a member adds an admin where members may add",
    membersMayAdd,
    { by: ben, extension: { ...membersMayAdd.extension, accounts: with3(member, member, { dan: admin }).accounts } },
    "may-not-change-list",
  ],
  ["a device of an account that isn't listed", group, { by: ann, added: [dan] }, "not-listed"],
  ["a member adds its own second device", group, { by: ben, added: [ben2] }, "allowed"],
  ["a member adds the device of a listed account", group, { by: cleo, added: [ben2] }, "allowed"],
  [
    "a device that is revoked at the head of its chain",
    group,
    { by: ben, added: [leaf("ben", 4, 2, "revoked")] },
    "device-not-active",
  ],
  [
    "T04 a device whose chain binds another key",
    group,
    { by: ben, added: [{ ...ben2, chain: cleo.chain }] },
    "device-not-active",
  ],
  ["the same device twice", group, { by: ben, added: [{ ...ben, leafIndex: 4 }] }, "duplicate-device"],
  [
    "an eleventh device",
    { ...group, leaves: [...group.leaves, ...Array.from({ length: 9 }, (_, i) => leaf("ben", 10 + i, 10 + i))] },
    { by: ben, added: [ben2] },
    "too-many-devices",
  ],
  // Removing
  [
    "an admin removes a member with its row",
    group,
    { by: ann, removed: [ben], extension: listOf({ ann: admin, cleo: member }) },
    "allowed",
  ],
  ["an admin removes one device", group, { by: ann, removed: [ben] }, "allowed"],
  ["T14 a member removes another", group, { by: ben, removed: [cleo] }, "may-not-remove"],
  ["T14 a member removes the admin", group, { by: ben, removed: [ann] }, "may-not-remove"],
  [
    "one removes one's own other device",
    { ...group, leaves: [...group.leaves, ben2] },
    { by: ben, removed: [ben2] },
    "allowed",
  ],
  [
    "who said that they leave",
    group,
    { by: ben, removed: [cleo], evidence: [left("cleo")], extension: listOf({ ann: admin, ben: member }) },
    "allowed",
  ],
  [
    "who said so in this very epoch",
    group,
    { by: ben, removed: [cleo], evidence: [left("cleo", Number(EPOCH))] },
    "allowed",
  ],
  ["T14 by the leave of someone else", group, { by: ben, removed: [cleo], evidence: [left("ann")] }, "may-not-remove"],
  [
    "T14 a leave from the future",
    group,
    { by: ben, removed: [cleo], evidence: [left("cleo", Number(EPOCH) + 1)] },
    "may-not-remove",
  ],
  [
    "T14 a leave as old as can be",
    group,
    { by: ben, removed: [cleo], evidence: [left("cleo", Number(EPOCH - LEAVE_EPOCHS_MAX))] },
    "allowed",
  ],
  [
    "T14 a leave that is too old, replayed",
    group,
    { by: ben, removed: [cleo], evidence: [left("cleo", Number(EPOCH - LEAVE_EPOCHS_MAX) - 1)] },
    "may-not-remove",
  ],
  ["a device that its chain revokes", group, { by: ben, removed: [cleo], evidence: [revoked(cleo)] }, "allowed"],
  [
    "T14 a device by another's revocation",
    group,
    { by: ben, removed: [cleo], evidence: [revoked(ben2)] },
    "may-not-remove",
  ],
  [
    "T14 the row of an account of which one device is revoked",
    group,
    { by: ben, removed: [cleo], evidence: [revoked(cleo)], extension: listOf({ ann: admin, ben: member }) },
    "may-not-change-list",
  ],
  [
    "T14 a row dropped while its device stays",
    group,
    { by: ann, extension: listOf({ ann: admin, ben: member }) },
    "not-listed",
  ],
  // Roles and policy
  ["an admin makes a member an admin", group, { by: ann, extension: with3(admin, member) }, "allowed"],
  ["T14 a member makes itself an admin", group, { by: ben, extension: with3(admin, member) }, "may-not-change-list"],
  [
    "T14 a member demotes the admin",
    group,
    { by: ben, extension: listOf({ ann: member, ben: admin, cleo: member }) },
    "may-not-change-list",
  ],
  ["an admin hands over", group, { by: ann, extension: listOf({ ann: member, ben: admin, cleo: member }) }, "allowed"],
  [
    "T14 the last admin steps down and nobody takes over",
    group,
    { by: ann, extension: listOf({ ann: member, ben: member, cleo: member }) },
    "unfit-list",
  ],
  [
    "T14 the last admin leaves and its row with it",
    group,
    { by: ben, removed: [ann], evidence: [left("ann")], extension: listOf({ ben: member, cleo: member }) },
    "unfit-list",
  ],
  ["an admin bans, and removes", group, { by: ann, removed: [ben], extension: with3(banned, member) }, "allowed"],
  ["T14 a banned account keeps its device", group, { by: ann, extension: with3(banned, member) }, "not-listed"],
  ["an admin sets the timer", group, { by: ann, extension: timer }, "allowed"],
  ["T14 a member sets the timer", group, { by: ben, extension: timer }, "may-not-change-policy"],
  [
    "an admin has a conversation archived that wasn't",
    { ...group, extension: { ...groupList, policy: { ...groupList.policy, history: "device-only" } } },
    { by: ann, extension: groupList },
    "may-not-change-policy",
  ],
  [
    "T14 a member changes the profile",
    group,
    { by: ben, extension: { ...groupList, profileHash: new Uint8Array(32) } },
    "may-not-change-policy",
  ],
  ["T14 a group becomes a room", group, { by: ann, extension: listOf({ ann: admin }, {}, KIND.room) }, "kind-changed"],
  // Direct conversations are closed at two
  [
    "either of two sets the timer",
    pair,
    { by: ben, extension: { ...pair.extension, policy: { ...pair.extension.policy, timerSeconds: 5 } } },
    "allowed",
  ],
  [
    "T14 a third is let into a pair",
    pair,
    {
      by: ann,
      extension: { ...pair.extension, accounts: listOf({ ann: admin, cleo: admin }).accounts },
      removed: [ben],
    },
    "may-not-remove",
  ],
  [
    "T14 a pair changes roles",
    pair,
    { by: ann, extension: { ...pair.extension, accounts: listOf({ ann: admin, ben: member }).accounts } },
    "may-not-change-list",
  ],
  ["T14 one removes the other", pair, { by: ann, removed: [ben] }, "may-not-remove"],
  ["a revoked device leaves a pair", pair, { by: ann, removed: [ben], evidence: [revoked(ben)] }, "allowed"],
  ["the other's second device", pair, { by: ann, added: [ben2] }, "allowed"],
  ["T14 a stranger's device in a pair", pair, { by: ann, added: [dan] }, "not-listed"],
  // External commits
  ["a listed account's new device enters", group, { by: ben2, external: true }, "allowed"],
  [
    "a device comes back and takes its older leaf away",
    group,
    { by: { ...ben, leafIndex: 1 }, external: true, removed: [ben] },
    "allowed",
  ],
  ["T04 a stranger enters a closed group", group, { by: dan, external: true }, "not-listed"],
  ["T04 a stranger enters a pair", pair, { by: dan, external: true }, "not-listed"],
  ["T04 a joiner removes someone else", group, { by: ben2, external: true, removed: [cleo] }, "external-remove"],
  [
    "T04 a joiner removes its account's other device",
    group,
    { by: ben2, external: true, removed: [ben] },
    "external-remove",
  ],
  [
    "T04 an admin's new device removes someone",
    group,
    { by: leaf("ann", 4, 2), external: true, removed: [ben] },
    "external-remove",
  ],
  ["T04 a joiner removes two", group, { by: ben, external: true, removed: [ben, cleo] }, "external-remove"],
  [
    "T04 a joiner changes the list",
    group,
    { by: leaf("ann", 4, 2), external: true, extension: with3(admin, member) },
    "external-with-changes",
  ],
  [
    "T04 a joiner brings someone",
    group,
    { by: leaf("ann", 4, 2), external: true, added: [ben2] },
    "external-with-changes",
  ],
  [
    "T04 a joiner with a revoked device",
    group,
    { by: leaf("ben", 4, 2, "revoked"), external: true },
    "device-not-active",
  ],
  [
    "T04 a device enters beside its older leaf",
    group,
    { by: { ...ben, leafIndex: 4 }, external: true },
    "duplicate-device",
  ],
  // Rooms
  ["anyone enters a room", room, { by: dan, external: true }, "allowed"],
  ["T04 a banned account enters a room", room, { by: leaf("mallory", 4), external: true }, "not-listed"],
  ["T14 a member brings a stranger into a room", room, { by: ben, added: [dan] }, "may-not-add"],
  ["an admin brings someone into a room", room, { by: ann, added: [dan] }, "allowed"],
  ["a member opens the door for another's second device", room, { by: cleo, added: [ben2] }, "allowed"],
  ["who leaves a room", room, { by: ben, removed: [cleo], evidence: [left("cleo")] }, "allowed"],
  [
    "T14 a member bans in a room",
    room,
    { by: ben, extension: listOf({ ann: admin, mallory: banned, dan: banned }, {}, KIND.room) },
    "may-not-change-list",
  ],
];

describe("rights", () => {
  test.each(rows)("%s", (_, before, deed, answer) => expect(judged(before, deed)).toBe(answer));
});

describe("the roster is what the group is", () => {
  const deed = { by: ann };
  const other = encodeRoster([[accountOf("ann"), admin]]);
  test("one that names others", () =>
    expect(judged(group, deed, (change) => ({ ...change, roster: other }))).toBe("roster-mismatch"));
  test("one that was given to the server only", () => {
    const data = { rosterHash: sha256(other), evidence: [] };
    expect(judged(group, deed, (change) => ({ ...change, data }))).toBe("roster-mismatch");
    expect(judged(group, deed, (change) => ({ ...change, data, roster: other }))).toBe("roster-mismatch");
  });
  test("a room's holds everyone who has a leaf, and the exceptions", () => {
    const roster = rosterOfGroup(room.extension, room.leaves);
    expect(new Map(roster)).toEqual(
      new Map([
        [accountOf("ann"), admin],
        [accountOf("ben"), member],
        [accountOf("cleo"), member],
        [accountOf("mallory"), banned],
      ]),
    );
  });
});

const { owner } = ROLE;
const owned = listOf({ ann: owner, ben: admin, cleo: member });
const ownedGroup: GroupView = { ...group, extension: owned };
const roles = (list: Record<string, Role>): ConversationExtension => ({ ...owned, accounts: listOf(list).accounts });

describe("[T14] a group with an owner", () => {
  test.each<[what: string, deed: Deed, answer: string]>([
    ["the owner makes an admin", { by: ann, extension: roles({ ann: owner, ben: admin, cleo: admin }) }, "allowed"],
    [
      "the owner makes another owner",
      { by: ann, extension: roles({ ann: owner, ben: owner, cleo: member }) },
      "allowed",
    ],
    [
      "the owner takes an admin's role and hands over in one go",
      { by: ann, extension: roles({ ann: admin, ben: member, cleo: owner }) },
      "allowed",
    ],
    [
      "the owner steps down among admins",
      { by: ann, extension: roles({ ann: member, ben: admin, cleo: member }) },
      "allowed",
    ],
    [
      "the last who manages steps down",
      { by: ann, extension: roles({ ann: member, ben: member, cleo: member }) },
      "unfit-list",
    ],
    [
      "the owner removes an admin",
      { by: ann, removed: [ben], extension: roles({ ann: owner, cleo: member }) },
      "allowed",
    ],
    [
      "an admin removes a member",
      { by: ben, removed: [cleo], extension: roles({ ann: owner, ben: admin }) },
      "allowed",
    ],
    [
      "an admin bans a member",
      { by: ben, removed: [cleo], extension: roles({ ann: owner, ben: admin, cleo: banned }) },
      "allowed",
    ],
    [
      "an admin adds a member",
      { by: ben, added: [dan], extension: roles({ ann: owner, ben: admin, cleo: member, dan: member }) },
      "allowed",
    ],
    [
      "an admin adds an admin",
      { by: ben, extension: roles({ ann: owner, ben: admin, cleo: member, dan: admin }) },
      "may-not-change-list",
    ],
    [
      "an admin makes an admin",
      { by: ben, extension: roles({ ann: owner, ben: admin, cleo: admin }) },
      "may-not-change-list",
    ],
    [
      "an admin makes itself owner",
      { by: ben, extension: roles({ ann: owner, ben: owner, cleo: member }) },
      "may-not-change-list",
    ],
    [
      "an admin takes the owner's role",
      { by: ben, extension: roles({ ann: member, ben: admin, cleo: member }) },
      "may-not-change-list",
    ],
    [
      "an admin removes the owner",
      { by: ben, removed: [ann], extension: roles({ ben: admin, cleo: member }) },
      "may-not-remove",
    ],
    ["an admin takes a device of the owner out", { by: ben, removed: [ann] }, "may-not-remove"],
    [
      "an admin takes the owner from the list alone",
      { by: cleo, extension: roles({ ann: owner, ben: banned, cleo: member }) },
      "not-listed",
    ],
    ["an admin steps down", { by: ben, extension: roles({ ann: owner, ben: member, cleo: member }) }, "allowed"],
    ["an admin bans itself", { by: ben, extension: roles({ ann: owner, ben: banned, cleo: member }) }, "not-listed"],
    [
      "an admin changes a rule",
      { by: ben, extension: { ...owned, policy: { ...owned.policy, post: "admins" } } },
      "allowed",
    ],
    ["an admin names it", { by: ben, extension: { ...owned, profileHash: new Uint8Array(32) } }, "allowed"],
    [
      "a member changes a rule",
      { by: cleo, extension: { ...owned, policy: { ...owned.policy, pin: "admins" } } },
      "may-not-change-policy",
    ],
    [
      "a member names it",
      { by: cleo, extension: { ...owned, profileHash: new Uint8Array(32) } },
      "may-not-change-policy",
    ],
    [
      "a member makes itself admin",
      { by: cleo, extension: roles({ ann: owner, ben: admin, cleo: admin }) },
      "may-not-change-list",
    ],
    [
      "whoever finds that the owner left takes it out",
      { by: cleo, removed: [ann], evidence: [left("ann")], extension: roles({ ben: admin, cleo: member }) },
      "allowed",
    ],
  ])("%s", (_what, deed, answer) => {
    expect(judged(ownedGroup, deed)).toBe(answer);
  });

  test("an admin lifts a ban, a member doesn't", () => {
    const view = { ...ownedGroup, extension: roles({ ann: owner, ben: admin, cleo: member, dan: banned }) };
    expect(judged(view, { by: ben, extension: owned })).toBe("allowed");
    expect(judged(view, { by: cleo, extension: owned })).toBe("may-not-change-list");
    const open = {
      ...view,
      extension: { ...view.extension, policy: { ...view.extension.policy, add: "members" as const } },
    };
    // Adding is for members there; somebody who is banned isn't added.
    const back = {
      ...open.extension,
      accounts: listOf({ ann: owner, ben: admin, cleo: member, dan: member }).accounts,
    };
    expect(judged(open, { by: cleo, added: [dan], extension: back })).toBe("may-not-change-list");
    expect(judged(open, { by: ben, added: [dan], extension: back })).toBe("allowed");
  });

  test("in a room an admin removes members by a ban and nobody who manages", () => {
    const view: GroupView = { ...group, extension: listOf({ ann: owner, ben: admin }, {}, KIND.room) };
    const after = (list: Record<string, Role>) => listOf(list, {}, KIND.room);
    const ban = { by: ben, removed: [cleo], extension: after({ ann: owner, ben: admin, cleo: banned }) };
    expect(judged(view, ban)).toBe("allowed");
    expect(judged(view, { by: ben, removed: [ann], extension: after({ ann: banned, ben: admin }) })).toBe(
      "may-not-remove",
    );
    expect(judged(view, { by: ben, extension: after({ ben: admin }) })).toBe("may-not-change-list");
    expect(judged(view, { by: cleo, extension: after({ ann: owner, ben: admin, cleo: admin }) })).toBe(
      "may-not-change-list",
    );
  });
});
