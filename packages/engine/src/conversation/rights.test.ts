import {
  accountIdOf,
  conversationIdOf,
  encodeContent,
  KIND,
  postIdOf,
  reactionPost,
  ROLE,
  textPost,
  type AccountId,
  type Role,
} from "@sotto/protocol";
import { expect, test } from "vitest";
import type { ConversationRecord } from "./conversation-record.ts";
import { newRecord } from "./join.ts";
import { mayBeSent, memberRightsOf, rightsOf } from "./rights.ts";

const account = (n: number): AccountId => accountIdOf(new Uint8Array(32).fill(n));
const [ann, ben, cyd] = [account(1), account(2), account(3)];

function recordOf(roles: [AccountId, Role][], change: Partial<ConversationRecord> = {}): ConversationRecord {
  return {
    ...newRecord(conversationIdOf(new Uint8Array(16)), KIND.group, null, 0),
    state: { kind: "open" },
    members: roles.map(([one, role]) => ({ account: one, role, devices: 1 })),
    hasOwner: roles.some(([, role]) => role === ROLE.owner),
    ...change,
  };
}
const { member, admin, owner } = ROLE;

test("in a group of an older release, without an owner, admins act as owners do", () => {
  const old = recordOf([
    [ann, admin],
    [ben, admin],
    [cyd, member],
  ]);
  expect(memberRightsOf(old, ann, ben)).toEqual({ remove: true, ban: true, roles: [member, owner] });
  expect(memberRightsOf(old, ann, cyd)).toEqual({ remove: true, ban: true, roles: [admin, owner] });
  expect(memberRightsOf(old, cyd, ann)).toEqual({ remove: false, ban: false, roles: [] });
  expect(rightsOf(old, ann).leave).toBe(true);
  const alone = recordOf([
    [ann, admin],
    [cyd, member],
  ]);
  expect(rightsOf(alone, ann).leave).toBe(false);
  expect(memberRightsOf(alone, ann, ann).roles).toEqual([owner]);
  expect(rightsOf(recordOf([[ann, admin]]), ann).leave).toBe(true);
});

test("with an owner, admins change nobody's role but their own, downwards", () => {
  const record = recordOf([
    [ann, owner],
    [ben, admin],
    [cyd, member],
  ]);
  expect(memberRightsOf(record, ben, ann)).toEqual({ remove: false, ban: false, roles: [] });
  expect(memberRightsOf(record, ben, ben)).toEqual({ remove: false, ban: false, roles: [member] });
  expect(memberRightsOf(record, ben, cyd)).toEqual({ remove: true, ban: true, roles: [] });
  expect(memberRightsOf(record, ann, ben)).toEqual({ remove: true, ban: true, roles: [member, owner] });
  expect(rightsOf(record, ann).leave).toBe(false);
  expect([rightsOf(record, ben).leave, rightsOf(record, cyd).leave]).toEqual([true, true]);
});

test("two people have a timer and nothing to manage; who isn't in, or no longer, may nothing", () => {
  const pair = recordOf(
    [
      [ann, admin],
      [ben, admin],
    ],
    { kind: KIND.direct },
  );
  expect(rightsOf(pair, ann)).toEqual({
    add: false,
    remove: false,
    post: true,
    pin: true,
    mentionAll: false,
    manage: false,
    timer: true,
    leave: false,
  });
  const group = recordOf([[ann, owner]]);
  const none = { add: false, remove: false, post: false, pin: false, mentionAll: false, manage: false, timer: false };
  expect(rightsOf(group, ben)).toMatchObject(none);
  expect(rightsOf({ ...group, state: { kind: "left", because: "removed" } }, ann)).toEqual({ ...none, leave: false });
});

test("where only admins write, others react and take back, and their devices talk", () => {
  const { policy } = recordOf([]);
  const record = recordOf(
    [
      [ann, owner],
      [cyd, member],
    ],
    { policy: { ...policy, post: "admins" } },
  );
  const salt = new Uint8Array(16);
  const post = postIdOf(new Uint8Array(32).fill(1));
  const text = encodeContent(textPost("hello", salt));
  expect([mayBeSent(record, ann, text), mayBeSent(record, cyd, text)]).toEqual([true, false]);
  expect(mayBeSent(record, cyd, encodeContent(reactionPost(post, "👍", salt)))).toBe(true);
  expect(mayBeSent(record, cyd, new Uint8Array([1, 2, 3]))).toBe(false);
});
