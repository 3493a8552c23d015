import type { ConversationDetails, Person, PostMarks, SystemLine, TimelineItem, TimelinePage } from "@sotto/engine";
import { accountIdOf, conversationIdOf, postIdOf, ROLE, type PostId } from "@sotto/protocol";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { EXPORT_STYLE } from "./export-html.ts";
import {
  ExportedConversation,
  exportConversation,
  exportedConversation,
  exportIndex,
  exportNames,
  exportPage,
  readExport,
  wholeTimeline,
  type PageAt,
} from "./export.ts";
import { NO_MARKS } from "./no-marks.ts";
import { ADA, GRACE, YOU, conversationOf, personOf, postAt } from "./people.test-data.ts";

const place = { locale: "en-GB", timeZone: "UTC" };
const NOON = Date.UTC(2026, 2, 4, 12);
const HOSTILE = `</title></style></p><script>alert(1)</script><img src=x onerror="alert(2)">'\`&\u202e`;

function detailsOf(change: Partial<ConversationDetails> = {}): ConversationDetails {
  return {
    ...conversationOf({ kind: "group", name: "Difference Engine", people: [ADA, GRACE] }),
    members: [YOU, ADA, GRACE].map((person) => ({
      ...person,
      role: ROLE.member,
      devices: 1,
      may: { remove: false, ban: false, roles: [] },
    })),
    ownRole: ROLE.member,
    topic: "",
    banned: [],
    rules: { add: "admins", post: "members", pin: "members", mentionAll: "members", timerSeconds: 0 },
    may: {
      add: false,
      remove: false,
      post: true,
      pin: true,
      mentionAll: true,
      manage: false,
      timer: false,
      leave: true,
    },
    joinRequests: 0,
    mayAdd: false,
    mayRemove: false,
    history: "archive",
    isPublic: false,
    ...change,
  };
}

function lineAt(order: number, line: SystemLine): TimelineItem {
  return { kind: "system", key: `line ${order}`, order, seq: order, at: NOON + order, line };
}

const exported = (
  items: TimelineItem[],
  change: Partial<ConversationDetails> = {},
  complete = true,
  threads: ReadonlyMap<string, PostId> = new Map(),
) =>
  exportedConversation({
    conversation: detailsOf(change),
    items,
    threads,
    complete,
    account: YOU.account,
    server: "https://chat.example.org",
    exportedAt: NOON + 86_400_000,
  });

const GONE = personOf("mallory", "Mallory");
const ITEMS: TimelineItem[] = [
  lineAt(1, { kind: "created", by: ADA }),
  lineAt(2, { kind: "keys-missing", entries: 3, state: "asking" }),
  postAt(3, NOON, GRACE, "The relay label is printed.\n\tSee https://a.example/x?y=1&z=2."),
  postAt(4, NOON + 60_000, GRACE, "Second."),
  { ...postAt(5, Number.NaN, YOU, "Mine"), seq: null, state: { kind: "sending" } },
  {
    kind: "unsupported",
    key: "u",
    order: 6,
    seq: 6,
    at: NOON + 86_400_000,
    post: postAt(6, 0, ADA).post,
    sender: ADA,
    own: false,
  },
  lineAt(7, { kind: "removed", by: ADA, people: [GONE] }),
  lineAt(8, { kind: "alarm", alarm: "order", claimedBy: null }),
];

test("the JSON file parses by its schema, holds nothing beside it, and everybody whom it names", () => {
  const data = exported(ITEMS);
  const [, json] = exportConversation(data, { name: "001-x", place }).files;
  const read = v.parse(ExportedConversation, JSON.parse(json?.text ?? ""));
  // The schema drops what it doesn't know: nothing was dropped.
  expect(read).toEqual(data);
  expect(read).toEqual(JSON.parse(json?.text ?? ""));
  expect(read.people.map(({ username, role, trust }) => [username, role, trust])).toEqual([
    ["joan", "member", "self"],
    ["ada", "member", "unverified"],
    ["grace", "member", "verified"],
    ["mallory", null, "unverified"],
  ]);
  const named = new Set(read.people.map(({ account }) => account));
  for (const item of read.items)
    for (const account of item.kind === "system" ? item.people : [item.sender]) expect(named).toContain(account);
  expect(read.items[1]).toMatchObject({ kind: "system", event: "keys-missing", missing: 3, tone: "notice" });
  expect(read.items[4]).toMatchObject({ seq: null, state: "sending", time: "1970-01-01T00:00:00.000Z" });
});

test("a file that is no export, or of a later version, is read as nothing", () => {
  const text = exportConversation(exported(ITEMS), { name: "001", place }).files[1]?.text ?? "";
  expect(readExport(text)).toEqual(exported(ITEMS));
  for (const other of ["", "[]", "{}", text.slice(1), text.replace('"version": 2', '"version": 3')])
    expect(readExport(other)).toBeUndefined();
});

test("a file of the first version is still read, as what it is", () => {
  const item = { key: "a", seq: 1, time: "2026-03-04T12:00:00.000Z", sender: ADA.account, own: false };
  const { items: _, ...head } = exported([]);
  const first = {
    ...head,
    version: 1,
    items: [
      { ...item, kind: "post", text: "x", state: "received" },
      { ...item, kind: "unsupported" },
    ],
  };
  expect(readExport(JSON.stringify(first))).toEqual(first);
  // Its posts have nothing that the second version asks for.
  expect(readExport(JSON.stringify({ ...first, version: 2 }))).toBeUndefined();
});

const marked = (
  post: Extract<TimelineItem, { kind: "post" }>,
  marks: Partial<PostMarks>,
): Extract<TimelineItem, { kind: "post" }> => ({ ...post, marks: { ...NO_MARKS, ...marks } });
const gone = (order: number, sender: Person, by: Person): TimelineItem => ({
  kind: "deleted",
  key: `gone ${order}`,
  order,
  seq: order,
  at: NOON + order,
  post: postIdOf(new Uint8Array(32).fill(order)),
  sender,
  own: sender === YOU,
  by,
});
const ROOT = marked(postAt(1, NOON, ADA, "The root"), { replies: { count: 2, newestAt: NOON, people: [GRACE] } });
const OTHER = postAt(2, NOON + 1, ADA, "Beside it");
const REPLY = marked(postAt(3, NOON + 2, GRACE, "Inside"), {
  thread: ROOT.post,
  replyTo: { post: ROOT.post, kind: "post", sender: ADA, own: false, text: "The root" },
  editedAt: NOON + 60_000,
  forwarded: true,
  expiresAt: NOON + 86_400_000,
  reactions: [{ emoji: "👍", count: 22, own: false, people: [ADA, personOf("eve", "Eve")] }],
});
const IN_THREAD = [REPLY, gone(4, GRACE, ADA)];
const POLL = marked(postAt(5, NOON + 5, GRACE, "When?"), {
  pinned: true,
  poll: {
    question: "When?",
    options: [
      { text: "Today", votes: 1, own: false, people: [personOf("zoe", "Zoe")] },
      { text: "Later", votes: 0, own: false, people: [] },
    ],
    multiple: false,
    closed: true,
    voters: 1,
    mayClose: false,
  },
});
const MARKED: TimelineItem[] = [ROOT, OTHER, ...IN_THREAD, POLL, gone(6, YOU, YOU)];
const THREADS = new Map(IN_THREAD.map(({ key }) => [key, ROOT.post]));

test("what belongs to a post is in the data: its thread, what it answers, its marks, and who took it away", () => {
  const data = exported(MARKED, {}, true, THREADS);
  const read = readExport(exportConversation(data, { name: "001", place }).files[1]?.text ?? "");
  expect(read).toEqual(data);
  expect(data.items[2]).toMatchObject({
    kind: "post",
    thread: ROOT.post,
    replyTo: { post: ROOT.post, kind: "post", sender: ADA.account },
    editedAt: "2026-03-04T12:01:00.000Z",
    expiresAt: "2026-03-05T12:00:00.000Z",
    forwarded: true,
    reactions: [{ emoji: "👍", count: 22, people: [ADA.account, personOf("eve").account] }],
  });
  expect(data.items[3]).toMatchObject({
    kind: "deleted",
    thread: ROOT.post,
    sender: GRACE.account,
    by: ADA.account,
  });
  expect(data.items[4]).toMatchObject({
    pinned: true,
    thread: null,
    poll: {
      closed: true,
      voters: 1,
      options: [
        { text: "Today", votes: 1 },
        { text: "Later", votes: 0, people: [] },
      ],
    },
  });
  // Who only reacted or voted is somebody, too.
  expect(data.people.map(({ username }) => username)).toEqual(expect.arrayContaining(["eve", "zoe"]));
});

test("the page has a thread under its first message, what was deleted by whom, and the votes", () => {
  const page = exportPage(exported(MARKED, {}, true, THREADS), place).replaceAll(/\s+/gu, " ");
  const order = [
    '<p dir="auto">The root',
    '<p dir="auto">Inside',
    "Ada Lovelace deleted a message by Grace",
    "Beside it",
  ];
  expect(order.map((text) => page.indexOf(text)).every((at, index, all) => at > (all[index - 1] ?? -1))).toBe(true);
  expect(page.match(/class="other thread"/gu)).toHaveLength(2);
  for (const wanted of [
    "↪ <bdi>Ada Lovelace</bdi>: The root",
    "Forwarded · Edited 4 March 2026",
    "Gone after 5 March 2026",
    "<bdi>👍</bdi> 22 (Ada Lovelace, Eve and 20 others)",
    "Today",
    "1 vote<",
    "Closed",
    "You deleted this message",
    "6 messages.",
  ])
    expect(page).toContain(wanted);
});

test("threads that hang on themselves, on each other or on nothing stand among the others, once", () => {
  const one = postAt(61, NOON, ADA, "one");
  const two = postAt(62, NOON, ADA, "two");
  const self = postAt(63, NOON, ADA, "three");
  const lost = postAt(64, NOON, ADA, "four");
  const deep = postAt(65, NOON, ADA, "five");
  const items = [
    marked(one, { thread: two.post }),
    marked(two, { thread: one.post }),
    marked(self, { thread: self.post }),
    marked(lost, { thread: postIdOf(new Uint8Array(32).fill(99)) }),
    marked(ROOT, {}),
    marked(OTHER, { thread: ROOT.post }),
    marked(deep, { thread: OTHER.post }),
  ];
  const page = exportPage(exported(items.map((item, at) => ({ ...item, key: String(at) }))), place);
  for (const word of ["one", "two", "three", "four", "five", "The root"])
    expect(page.match(new RegExp(`<p dir="auto">${word}</p>`, "gu"))).toHaveLength(1);
});

test("every key of the JSON file is explained in docs/spec/export.md", () => {
  const doc = readFileSync(new URL("../../../docs/spec/export.md", import.meta.url), "utf8");
  const keys = new Set<string>();
  const some = marked(POLL, {
    ...REPLY.marks,
    preview: { url: "https://a.example", title: "A", description: "B" },
  });
  JSON.stringify(exported([...ITEMS, ...MARKED, some], {}, true, THREADS), (key, value: unknown) => {
    if (key !== "" && !/^\d+$/u.test(key)) keys.add(key);
    return value;
  });
  expect([...keys].filter((key) => !doc.includes(`\`${key}\``))).toEqual([]);
});

test("the page says who, when and what in words, and where something is missing", () => {
  const page = exportPage(exported(ITEMS, {}, false), place).replaceAll(/\s+/gu, " ");
  for (const wanted of [
    "<h1><bdi>Difference Engine</bdi></h1>",
    "4 messages. Exported by @joan from https://chat.example.org on 5 March 2026 at 12:00.",
    "<h2>Wednesday, 4 March 2026</h2>",
    "<h2>Thursday, 5 March 2026</h2>",
    "This is not the beginning.",
    "3 messages from a time when none of your devices was here.",
    'class="verified">✓ verified<',
    'href="https://a.example/x?y=1&amp;z=2"',
    "not sent yet",
    "A newer version of Sotto is needed",
    'class="system alarm"',
    GRACE.account,
    "Mallory",
    "not here any more",
  ])
    expect(page).toContain(wanted);
  expect(exportPage(exported(ITEMS), place)).not.toContain("This is not the beginning");
  expect(exportPage(exported([], { history: "device-only" }), place)).toContain("keeps no history for new devices");
  // Grace's second message stands under the name of the first.
  expect(page.match(/<h3><bdi>Grace Hopper/gu)).toHaveLength(1);
});

test("[T51] [T53] names and texts of others make no markup, in no file", () => {
  const hostile = { ...personOf("eve"), username: HOSTILE, displayName: HOSTILE, contactName: HOSTILE };
  const data = exported(
    [
      postAt(1, NOON, hostile, HOSTILE),
      { ...postAt(2, NOON, hostile, "x"), key: HOSTILE },
      lineAt(3, { kind: "renamed", by: hostile, name: HOSTILE }),
      lineAt(4, { kind: "name-moved", person: hostile, username: HOSTILE }),
      lineAt(5, { kind: "alarm", alarm: "gap", claimedBy: hostile }),
      marked(postAt(6, NOON, hostile, HOSTILE), {
        replyTo: { post: postAt(1, NOON, hostile).post, kind: "post", sender: hostile, own: false, text: HOSTILE },
        reactions: [{ emoji: HOSTILE, count: 1, own: false, people: [hostile] }],
        preview: { url: "javascript:alert(1)", title: HOSTILE, description: HOSTILE },
        editedAt: Number.NaN,
        expiresAt: Infinity,
        forwarded: true,
      }),
      marked(postAt(7, NOON, hostile, HOSTILE), {
        poll: {
          question: HOSTILE,
          options: [{ text: HOSTILE, votes: 1, own: false, people: [hostile] }],
          multiple: true,
          closed: false,
          voters: 1,
          mayClose: false,
        },
      }),
      { ...gone(8, hostile, hostile), key: HOSTILE + "8" },
    ],
    { name: HOSTILE, people: [hostile] },
  );
  const about = { username: HOSTILE, server: HOSTILE, exportedAt: NOON, place };
  const { files, entry } = exportConversation(data, { name: "001", place });
  const pages = [...files, ...exportIndex([entry], about)].filter(({ path }) => path.endsWith(".html"));
  expect(pages).toHaveLength(2);
  for (const { text } of pages) {
    expect(
      text.match(
        /<(?!\/?(?:html|head|meta|title|style|body|header|h[123]|bdi|p|main|article|span|time|table|thead|tbody|tr|t[hd]|br|code|a)[\s>])[^!]/giu,
      ),
    ).toBeNull();
    expect(text).not.toMatch(/<[^>]*\son\w+\s*=(?![^<]*&quot;)/iu);
    expect(text).not.toContain("\u202e");
    expect(text.match(/<style>/gu)).toHaveLength(1);
    expect(text.match(/<title>/gu)).toHaveLength(1);
    expect(text).toContain("&lt;/title&gt;");
    // What a mark may carry of others is an address of http and a time.
    for (const [, href = ""] of text.matchAll(/href="([^"]*)"/gu))
      expect(href).toMatch(/^(https?:\/\/|001\.(html|json)$)/u);
  }
  const json = files[1]?.text ?? "";
  expect(json).not.toMatch(/[<>&\u202e]/u);
  expect(v.parse(ExportedConversation, JSON.parse(json)).items[0]).toMatchObject({ text: HOSTILE });
});

test("[T57] a JSON file that is shown on a terminal holds no character that it acts on", () => {
  const text = "\u001b]52;c;ZXZpbA==\u0007\u009b2J\u2028\u200b\ud800 👩‍👩‍👧‍👦";
  const { files } = exportConversation(exported([postAt(1, NOON, ADA, text)]), { name: "001", place });
  const json = files[1]?.text ?? "";
  expect(json.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u200b]/u);
  expect(v.parse(ExportedConversation, JSON.parse(json)).items[0]).toMatchObject({ text });
});

test("a time far ahead, as a sender may sign it, takes no other message with it", () => {
  const page = exportPage(exported([postAt(1, Date.UTC(2999, 1, 1), ADA), postAt(2, NOON, GRACE)]), place);
  expect(page.match(/<h2>[^<]*20\d\d<\/h2>/gu)).toEqual(["<h2>Thursday, 5 March 2026</h2>"]);
});

test("a page lets in its own style and nothing else", () => {
  const page = exportPage(exported(ITEMS), place);
  const hash = createHash("sha256").update(EXPORT_STYLE).digest("base64");
  expect(page).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
  );
  expect(page).toContain(`<style>${EXPORT_STYLE}</style>`);
  expect(page).not.toMatch(/<script|\ssrc=|url\(|@import|<link|<iframe/iu);
});

test("[T53] no title leads out of the folder or over another file", () => {
  const titles = [
    "../../etc/passwd",
    "C:\\x",
    "CON",
    "",
    ".",
    "a/b",
    "A B",
    "a b",
    "é\u0301e",
    "日本語",
    "x".repeat(500),
    "\u0000\u202e",
  ];
  const names = [
    ...exportNames(
      titles.map((title, at) => ({ title, conversation: conversationIdOf(new Uint8Array(16).fill(at)) })),
    ).values(),
  ];
  for (const name of names) expect(name).toMatch(/^\d{3}-[a-z0-9][a-z0-9-]{0,39}$/u);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(titles.length);
  expect(names.slice(0, 4)).toEqual(["001-etc-passwd", "002-c-x", "003-con", "004-conversation"]);
});

test("the README says what is private about it and what isn't whole", () => {
  const { entry } = exportConversation(exported(ITEMS, {}, false), { name: "001-difference-engine", place });
  const [index, readme] = exportIndex([entry], {
    username: "joan",
    server: "https://chat.example.org",
    exportedAt: NOON,
    place,
  });
  expect(readme?.text).toContain("not encrypted");
  expect(readme?.text).toMatch(/Not whole[^]*001-difference-engine/u);
  expect(index?.text).toContain("not whole");
  expect(index?.text).toContain('href="001-difference-engine.html"');
});

/** Pages of so many items out of a log; asks of one before `failsBefore` fail that often. */
function log(count: number, { failsBefore = 0, failures = 0 } = {}) {
  let left = failures;
  return async ({ beforeOrder: before = Infinity }: PageAt): Promise<TimelinePage> => {
    const all = Array.from({ length: count }, (_, at) => postAt(at + 1, NOON, ADA, String(at + 1)));
    const unreachable = before <= failsBefore && left-- > 0;
    const items = unreachable ? [] : all.filter(({ order }) => order < before).slice(-10);
    return { items, more: unreachable || (items[0]?.order ?? 1) > 1, moreAfter: false, unreachable, unreadAfter: null };
  };
}

test("a timeline is read to its beginning, once each, in order", async () => {
  const counts: number[] = [];
  const { items, complete } = await wholeTimeline(log(35), {
    onItems: (count) => counts.push(count),
    mayRetry: async () => false,
  });
  expect(items.map(({ order }) => order)).toEqual(Array.from({ length: 35 }, (_, at) => at + 1));
  expect(complete).toBe(true);
  expect(counts).toEqual([10, 20, 30, 35]);
});

test("what can't be fetched is asked for again while that is wanted; then what is there stands as not whole", async () => {
  let tries = 0;
  const again = await wholeTimeline(log(35, { failsBefore: 16, failures: 2 }), {
    onItems: () => undefined,
    mayRetry: async () => ++tries < 5,
  });
  expect([again.complete, again.items.length, tries]).toEqual([true, 35, 2]);
  const cut = await wholeTimeline(log(35, { failsBefore: 16, failures: 9 }), {
    onItems: () => undefined,
    mayRetry: async () => false,
  });
  expect([cut.complete, cut.items[0]?.order]).toEqual([false, 16]);
});

test("a server that always says more and gives nothing doesn't keep an export for ever", async () => {
  const { complete, items } = await wholeTimeline(
    async () => ({ items: [], more: true, moreAfter: false, unreachable: false, unreadAfter: null }),
    { onItems: () => undefined, mayRetry: async () => true },
  );
  expect([complete, items]).toEqual([false, []]);
});

test("an account that isn't in the conversation any more still says whose export it is", () => {
  const account = accountIdOf(new Uint8Array(32).fill(200));
  const data = exportedConversation({
    conversation: detailsOf({ members: [] }),
    items: [],
    threads: new Map(),
    complete: true,
    account,
    server: "s",
    exportedAt: NOON,
  });
  expect(exportPage(data, place)).toContain(account);
});

test("threads are read to their beginning, too: of what has replies, of what was deleted; each once", async () => {
  const deleted = gone(9, ADA, ADA);
  const main = [ROOT, OTHER, deleted];
  const under = new Map<PostId, TimelineItem[]>([
    [ROOT.post, [ROOT, ...IN_THREAD]],
    [deleted.kind === "deleted" ? deleted.post : ROOT.post, [deleted, { ...postAt(20, NOON, YOU, "Still here") }]],
  ]);
  const asked: (PostId | undefined)[] = [];
  const counts: number[] = [];
  const { items, threads, complete } = await wholeTimeline(
    async ({ thread, beforeOrder = Infinity }) => {
      asked.push(thread);
      const all = (thread === undefined ? main : (under.get(thread) ?? [])).filter(({ order }) => order < beforeOrder);
      const page = all.slice(-2);
      return { items: page, more: all.length > 2, moreAfter: false, unreachable: false, unreadAfter: null };
    },
    { onItems: (count) => counts.push(count), mayRetry: async () => false },
  );
  expect(items.map(({ order }) => order)).toEqual([1, 2, 3, 4, 9, 20]);
  expect(new Set(threads.values())).toEqual(new Set(under.keys()));
  expect([...threads.keys()]).not.toContain(ROOT.key);
  expect(complete).toBe(true);
  // Two pages of the conversation and of the first thread; what Grace deleted in it may have had one of its own.
  expect(asked.filter((thread) => thread === OTHER.post)).toEqual([]);
  expect(asked.filter((thread) => thread === ROOT.post)).toHaveLength(2);
  expect(counts.every((count, at) => count >= (counts[at - 1] ?? 0))).toBe(true);
});

test("a thread that can't be fetched is said to be missing", async () => {
  const { items, complete } = await wholeTimeline(
    async ({ thread }) => ({
      items: thread === undefined ? [ROOT] : [],
      more: thread !== undefined,
      moreAfter: false,
      unreachable: thread !== undefined,
      unreadAfter: null,
    }),
    { onItems: () => undefined, mayRetry: async () => false },
  );
  expect([items.length, complete]).toEqual([1, false]);
});
