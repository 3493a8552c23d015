import { expect, test } from "vitest";
import { accountIdOf, conversationIdOf, postIdOf } from "@sotto/protocol";
import { fragmentOf, routeOf } from "./route.ts";
import type { Route } from "./route.ts";

const conversation = conversationIdOf(new Uint8Array(16).fill(7));
const account = accountIdOf(new Uint8Array(32).fill(9));
const post = postIdOf(new Uint8Array(32).fill(5));

test.each<Route>([
  { kind: "list" },
  { kind: "conversation", conversation, panel: null },
  { kind: "conversation", conversation, panel: { kind: "details" } },
  { kind: "conversation", conversation, panel: { kind: "person", account } },
  { kind: "conversation", conversation, panel: { kind: "thread", post } },
  { kind: "saved" },
  { kind: "join", invite: `${conversation}/${account}` },
  { kind: "settings", page: "menu" },
  { kind: "settings", page: "privacy" },
  { kind: "settings", page: "recovery" },
])("what is open survives the address: $kind", (route) => {
  expect(routeOf(fragmentOf(route))).toEqual(route);
});

test.each([
  "",
  "#",
  "#/nowhere",
  "#/c/",
  "#/c/short",
  "#/c/../../x",
  `#/c/${"A".repeat(43)}`,
  "#/c/<script>",
  "#join/short/short",
  "#join",
])("[T51] an address that means nothing is the list: %s", (fragment) => {
  expect(routeOf(fragment)).toEqual({ kind: "list" });
});

test("a person who is no account id leaves the conversation open", () => {
  expect(routeOf(`#/c/${conversation}/person/javascript:alert(1)`)).toEqual({
    kind: "conversation",
    conversation,
    panel: null,
  });
  expect(routeOf("#/settings/root")).toEqual({ kind: "settings", page: "menu" });
});
