import { expect, test } from "vitest";
import { paletteSections, type PaletteAction } from "./palette.ts";
import { ADA, GRACE, conversationOf } from "./people.test-data.ts";

const action = (name: string, title: string, also = ""): PaletteAction => ({
  action: name,
  title,
  hint: "",
  keys: [],
  also,
});
const conversations = [
  conversationOf({ name: null, people: [ADA], activeAt: 5 }),
  conversationOf({ name: "Difference Engine", kind: "group", people: [ADA, GRACE], activeAt: 9 }),
  conversationOf({ name: "Grace", kind: "direct", people: [GRACE], activeAt: 1 }),
];
const offered = (typed: string): string[][] =>
  paletteSections(typed, {
    conversations,
    actions: [action("devices", "Devices", "link sign out"), action("all", "Mark all as read", "unread")],
    now: 10,
    place: { locale: "en-GB", timeZone: "UTC" },
  }).map(({ items }) => items.map((item) => (item.kind === "action" ? item.action.action : item.row.title)));

test.each([
  {
    typed: "",
    found: [
      ["Difference Engine", "Ada Lovelace", "Grace Hopper"],
      ["devices", "all"],
    ],
  },
  { typed: "ada", found: [["Difference Engine", "Ada Lovelace"]] },
  { typed: "@ada", found: [["Ada Lovelace"]] },
  { typed: "#", found: [["Difference Engine"]] },
  { typed: "# ada", found: [["Difference Engine"]] },
  { typed: ">", found: [["devices", "all"]] },
  { typed: ">sign o", found: [["devices"]] },
  { typed: "mark read", found: [["all"]] },
  { typed: "xyz", found: [] },
])("“$typed” offers $found", ({ typed, found }) => expect(offered(typed)).toEqual(found));

test("a direct conversation says how far its person is to be trusted", () => {
  const [section] = paletteSections("@grace", {
    conversations,
    actions: [],
    now: 10,
    place: { locale: "en-GB", timeZone: "UTC" },
  });
  const [item] = section?.items ?? [];
  expect(item?.kind === "conversation" && item.hint).toContain("Verified");
});
