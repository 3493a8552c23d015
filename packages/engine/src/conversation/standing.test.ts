import { KIND, MEMBERS_MAY, ROLE } from "@sotto/protocol";
import { expect, test } from "vitest";
import { RIGHT, rightsOf, standingBelieved, type Standing } from "./standing.ts";

const standing = (role: Standing["role"], rule: "admins" | "members"): Standing => ({
  kind: KIND.group,
  role,
  policy: {
    ...MEMBERS_MAY,
    pin: rule,
    mentionAll: rule,
    add: "admins",
    join: "closed",
    history: "archive",
    timerSeconds: 0,
  },
});

test("[T13] whoever gives keys of a past epoch can't make anybody more in it than they are now", () => {
  const member = standing(ROLE.member, "admins");
  for (const role of [ROLE.admin, ROLE.owner]) {
    expect(rightsOf(standingBelieved(standing(role, "members"), member))).toBe(0);
    const admin = standing(ROLE.admin, "admins");
    expect(rightsOf(standingBelieved(standing(role, "members"), admin)) & RIGHT.deleteOthers).toBe(RIGHT.deleteOthers);
  }
  // What was less then is less.
  expect(rightsOf(standingBelieved(member, standing(ROLE.owner, "members")))).toBe(0);
});
