import { expect, test } from "vitest";
import type { ConversationDetails, Failure, Member, SystemLine } from "@sotto/engine";
import { ERROR_CODES, ROLE } from "@sotto/protocol";
import { closedBecause } from "./connection-words.ts";
import { conversationRows, countsOf, isShown, knownPeople, windowTitle } from "./conversation-rows.ts";
import type { ConversationFilter } from "./conversation-rows.ts";
import { asFailure, failureSentence, failureWords, notSentBecause } from "./failure-words.ts";
import { isLastAdmin, memberRows, readersOf, subtitleOf } from "./members.ts";
import { asRoomName, asUsername, passwordVerdict, roomNameProblem, usernameProblem } from "./password-words.ts";
import { ADA, conversationOf, GRACE, personOf, YOU } from "./people.test-data.ts";
import { initialsOf, nameOf, peopleInWords, resembled, resemblanceWords, titleOf, trustInWords } from "./person.ts";
import { previewOf } from "./readable.ts";
import { hexLines, serverRows, sizeInWords } from "./server-words.ts";
import { plain, systemWords } from "./system-line.ts";

const CONTROLS = /[\p{Cc}\u202A-\u202E\u2066-\u2069\u200E\u200F\u200B\uFEFF]/u;
const place = { locale: "en-GB", timeZone: "UTC" };
const now = Date.UTC(2026, 2, 4, 12);

test.each([
  ["Ada\u202EecalevoL", "AdaecalevoL"],
  ["\u200B\u200BAda\uFEFF", "Ada"],
  ["Ada\n\nLovelace", "Ada Lovelace"],
  ["<script>alert(1)</script>", "<script>alert(1)</script>"],
  [`A${"\u0301".repeat(500)}`, "Á\u0301\u0301\u0301"],
  ["\u2066\u202E\u200F", "@ada"],
  ["   ", "@ada"],
])("[T51] [T53] a display name as it is shown: %j", (given, shown) => {
  const name = nameOf(personOf("ada", given));
  expect(name).toBe(shown);
  expect(name).not.toMatch(CONTROLS);
});

test("[T53] a name that is easily taken for another one is said to be another person's", () => {
  const spoof = personOf("eve", "\u0410da L\u043Evelace");
  expect(resembled(spoof, [GRACE, ADA])).toBe(ADA);
  expect(resemblanceWords(ADA)).toBe("This name resembles that of @ada. It is a different person.");
  expect(resembled(ADA, [GRACE, ADA])).toBeNull();
  expect(resembled(personOf("eve", null), [ADA])).toBeNull();
});

test("[T53] no name anywhere brings its controls into a sentence, a title or a preview", () => {
  const eve = personOf("eve", "Eve\u202E\u0000\u2066");
  const lines: SystemLine[] = [
    { kind: "created", by: eve },
    { kind: "added", by: eve, people: [eve, ADA] },
    { kind: "removed", by: eve, people: [eve] },
    { kind: "left", people: [eve] },
    { kind: "renamed", by: eve, name: "x\u202Ey\u0007" },
    { kind: "role", by: eve, person: eve, role: ROLE.admin },
    { kind: "alarm", alarm: "fork", claimedBy: eve },
  ];
  for (const line of lines) expect(plain(systemWords(line, "group").words)).not.toMatch(CONTROLS);
  const conversation = conversationOf({
    kind: "group",
    name: "G\u202E\u0000",
    people: [eve],
    preview: { kind: "post", sender: eve, text: "a\u202E\u0000b\u2066", state: { kind: "received" }, what: "text" },
  });
  expect(titleOf(conversation)).toBe("G");
  const [row] = conversationRows([conversation], { now, place, open: null });
  expect(`${row?.title}${row?.preview.lead}${row?.preview.text}`).not.toMatch(CONTROLS);
  expect(previewOf("\u202E".repeat(100_000))).toBe("");
});

test("system lines in words", () => {
  const say = (line: SystemLine) => plain(systemWords(line, "group").words);
  expect(say({ kind: "added", by: ADA, people: [GRACE] })).toBe("Ada added Grace · seal changed");
  expect(say({ kind: "added", by: ADA, people: [YOU] })).toBe("Ada added you · seal changed");
  expect(say({ kind: "left", people: [GRACE] })).toBe("Grace left · seal changed");
  expect(say({ kind: "removed", by: YOU, people: [ADA] })).toBe(
    "You removed Ada. They cannot read what is sent from now on.",
  );
  expect(say({ kind: "removed", by: ADA, people: [YOU] })).toBe(
    "Ada removed you. You cannot read what is sent from now on.",
  );
  expect(say({ kind: "role", by: ADA, person: GRACE, role: ROLE.banned })).toBe("Ada banned Grace from this group");
  expect(say({ kind: "joined-here", because: "signed-in-here" })).toContain("From before you signed in here");
  expect(systemWords({ kind: "alarm", alarm: "gap", claimedBy: null }, "group").tone).toBe("alarm");
  expect(say({ kind: "device-added", by: ADA })).toBe("Ada added a device");
  expect(say({ kind: "identity-changed", person: ADA })).toContain("Ada’s keys changed.");
  expect(systemWords({ kind: "name-moved", person: ADA, username: "ada" }, "direct").tone).toBe("alarm");
  expect(say({ kind: "keys-missing", entries: 1, state: "not-a-member" })).toBe(
    "1 message from before you were here. It was not sealed for you.",
  );
  expect(say({ kind: "keys-missing", entries: 7, state: "asking" })).toContain("Asking the others");
  expect(say({ kind: "keys-missing", entries: 7, state: "unanswered" })).toContain("asks again every day");
  expect(say({ kind: "mended", because: "rejoined" })).toContain("Nothing is lost");
  expect(say({ kind: "unreadable", because: "revoked-device" })).toContain("removed");
});

test("names, initials and people in words", () => {
  expect([ADA, personOf("g_hopper"), personOf("x", "\u{1F98B}")].map(initialsOf)).toEqual(["AL", "GH", ""]);
  expect(peopleInWords(["Ada"])).toBe("Ada");
  expect(peopleInWords(["Ada", "Grace"])).toBe("Ada and Grace");
  expect(peopleInWords(["Ada", "Grace"], 5)).toBe("Ada, Grace and 3 others");
  expect(titleOf(conversationOf({ kind: "room", name: "general" }))).toBe("#general");
  expect(titleOf(conversationOf({ kind: "group", name: null, people: [ADA, GRACE] }))).toBe("Ada and Grace");
  expect(trustInWords("unverified", ADA).sentence).toContain("You have not checked yet");
});

test("the name that one gave somebody stands before the name they gave themselves, and is nobody's to imitate", () => {
  const mine = { ...personOf("ada", "Countess"), contactName: "Ada from work" };
  expect(nameOf(mine)).toBe("Ada from work");
  expect(nameOf({ ...mine, contactName: "\u202E" })).toBe("Countess");
  expect(resembled({ ...personOf("eve", "Ada Lovelace"), contactName: "Eve" }, [ADA])).toBeNull();
});

test("trust in words: each state has a shape of its own; the past of a name is called that", () => {
  const tones = (["unverified", "verified", "changed", "blocked", "self"] as const).map(
    (trust) => trustInWords(trust, ADA).tone,
  );
  expect(tones).toEqual(["unverified", "verified", "changed", "danger", "self"]);
  expect(trustInWords("unverified", { ...ADA, replaced: true }).words).toBe("Former account");
});

test("the list: pinned before all, muted calls for nobody, paused and blocked are said", () => {
  const pinned = conversationOf({ name: "p", activeAt: 1, pinned: true, muted: true, notify: "none", unread: 9 });
  const paused = conversationOf({
    name: "q",
    activeAt: 5,
    draft: "kept",
    state: { kind: "paused", because: "identity-changed", people: [ADA] },
  });
  const blocked = conversationOf({ name: "r", activeAt: 7, state: { kind: "blocked" } });
  const rows = conversationRows([paused, blocked, pinned], { now, place, open: null });
  expect(rows.map(({ preview, pinned: up }) => [preview.text, preview.tone, up])).toEqual([
    ["No messages yet", "plain", true],
    ["Blocked", "plain", false],
    ["Keys changed. Sending is paused.", "changed", false],
  ]);
  expect(windowTitle([pinned], null)).toBe("Sotto");
  expect(closedBecause({ kind: "blocked" })?.words).toContain("blocked");
  expect(closedBecause(paused.state)?.words).toContain("paused");
});

test("the list: newest first, drafts elsewhere only, alarms before everything", () => {
  const draft = conversationOf({ name: "a", activeAt: 5, draft: "not yet" });
  const newer = conversationOf({
    name: "b",
    activeAt: 9,
    kind: "group",
    preview: {
      kind: "post",
      sender: YOU,
      text: "hi\nthere",
      what: "text",
      state: { kind: "failed", failure: { code: "request/timeout", message: "", remedy: { kind: "none" } } },
    },
  });
  const stopped = conversationOf({
    name: "c",
    activeAt: 1,
    draft: "x",
    state: { kind: "stopped", because: "fork", code: "conversation/fork" },
  });
  const rows = conversationRows([draft, newer, stopped], { now, place, open: null });
  expect(rows.map(({ preview }) => [preview.lead, preview.text, preview.tone])).toEqual([
    ["You:", "hi there", "plain"],
    ["Draft", "not yet", "draft"],
    ["", "Something is wrong here. Sending is stopped.", "stopped"],
  ]);
  expect(rows[0]?.mark).toBe("failed");
  expect(conversationRows([draft], { now, place, open: draft.conversation })[0]?.preview.text).toBe("No messages yet");
  expect(isShown(draft, "groups", "")).toBe(false);
  expect(isShown(draft, "all", "@ad")).toBe(true);
  expect(isShown(draft, "all", "grace")).toBe(false);
  expect(windowTitle([conversationOf({ unread: 2 }), conversationOf({ unread: 1 })], "Ada")).toBe("(3) Ada · Sotto");
  expect(windowTitle([], null)).toBe("Sotto");
  expect(knownPeople([conversationOf({ people: [GRACE, YOU, ADA] }), conversationOf()])).toEqual([ADA, GRACE]);
});

const member = (person: Member | typeof ADA, role: Member["role"], devices = 1): Member => ({
  ...person,
  role,
  devices,
  may: { remove: true, ban: false, roles: [] },
});
const details = (change: Partial<ConversationDetails>): ConversationDetails => ({
  ...conversationOf({ kind: "group", name: "Engine", peopleCount: 3 }),
  members: [member(GRACE, ROLE.member), member(YOU, ROLE.admin), member(ADA, ROLE.member, 0)],
  ownRole: ROLE.admin,
  topic: "",
  banned: [],
  rules: { add: "admins", post: "members", pin: "members", mentionAll: "members", timerSeconds: 0 },
  may: { add: true, remove: true, post: true, pin: true, mentionAll: true, manage: true, timer: true, leave: true },
  joinRequests: 0,
  mayAdd: true,
  mayRemove: true,
  history: "device-only",
  isPublic: false,
  ...change,
});

test("members: oneself first, who may be removed, and the last admin stays", () => {
  const rows = memberRows(details({}));
  expect(rows.map(({ name, own, mayRemove }) => [name, own, mayRemove])).toEqual([
    ["Joan Clarke", true, false],
    ["Ada Lovelace", false, true],
    ["Grace Hopper", false, true],
  ]);
  expect(rows[1]?.note).toBe("Not here with any device yet");
  expect(isLastAdmin(details({}))).toBe(true);
  expect(isLastAdmin(details({ members: [member(YOU, ROLE.admin), member(ADA, ROLE.admin)] }))).toBe(false);
  const owned = [member(YOU, ROLE.owner), member(ADA, ROLE.admin), member(GRACE, ROLE.member)];
  expect(isLastAdmin(details({ ownRole: ROLE.owner, members: owned }))).toBe(true);
  expect(
    isLastAdmin(
      details({
        ownRole: ROLE.owner,
        members: [...owned, member(personOf("eve", "Eve", "unverified"), ROLE.owner)],
      }),
    ),
  ).toBe(false);
  expect(isLastAdmin(details({ members: [member(YOU, ROLE.admin), member(ADA, ROLE.owner)] }))).toBe(false);
  expect(subtitleOf(details({})).words).toBe("3 people · 1 of 2 verified");
  expect(readersOf(details({ kind: "direct" }))).toBe("Only Ada and you can read this.");
});

test("every code has words of its own, or the server's sentence", () => {
  for (const code of ERROR_CODES) {
    const failure: Failure = { code, message: "The sentence of the code.", remedy: { kind: "none" } };
    expect(failureWords(failure).what).not.toBe("");
    expect(notSentBecause(failure)).toMatch(/^Not sent/u);
  }
  expect(failureSentence({ code: "request/too-many", message: "", remedy: { kind: "retry", afterMs: 29_500 } })).toBe(
    "Too many tries. Wait 30 seconds, then try again.",
  );
  expect(asFailure({ code: "account/name-taken", message: "m", remedy: { kind: "person", do: "x" } })).toEqual({
    code: "account/name-taken",
    message: "m",
    remedy: { kind: "person", do: "x" },
  });
  for (const thrown of [null, undefined, "text", new Error("secret"), { code: "constructor" }, { code: 3 }])
    expect(asFailure(thrown).code).toBe("internal/unexpected");
  expect(asFailure(new Error("secret")).message).toBe("");
});

test("passwords and names in words", () => {
  expect(passwordVerdict("", null)).toMatchObject({ accepted: false, word: "" });
  expect(passwordVerdict("password1", { score: 0, found: "common" })).toEqual({
    filled: 1,
    word: "Weak.",
    advice: "A common password. Try four unrelated words.",
    accepted: false,
  });
  expect(passwordVerdict("x!9Qz", { score: 3, found: "nothing" })).toMatchObject({
    accepted: false,
    advice: "Fewer than 8 characters. Try four unrelated words.",
  });
  expect(passwordVerdict("bombe rotor", { score: 2, found: "nothing" })).toMatchObject({
    accepted: true,
    word: "Fair.",
  });
  expect(passwordVerdict("lamp oil before the long gallery", { score: 4, found: "nothing" })).toMatchObject({
    filled: 4,
    word: "Strong.",
  });
  expect(asUsername(" @Ada ")).toBe("ada");
  expect(asRoomName("#General Talk")).toBe("general-talk");
  expect(
    [usernameProblem("ada"), usernameProblem("ab"), usernameProblem("ada!")].map((problem) => problem === null),
  ).toEqual([true, false, false]);
  expect(
    [roomNameProblem("general"), roomNameProblem("x"), roomNameProblem("a_b")].map((problem) => problem === null),
  ).toEqual([true, false, false]);
});

test("why one can't write here", () => {
  expect(closedBecause({ kind: "open" })).toBeNull();
  expect(closedBecause({ kind: "left", because: "removed" })?.words).toContain("You were removed");
  expect(closedBecause({ kind: "stopped", because: "clone", code: "conversation/clone" })?.tone).toBe("danger");
});

test("the stored bytes as a dump", () => {
  const { lines, restBytes } = hexLines(
    Uint8Array.from({ length: 40 }, (_, at) => at),
    2,
  );
  expect(lines).toEqual([
    "0000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f",
    "0010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f",
  ]);
  expect(restBytes).toBe(8);
  expect([1, 812, 1_240, 2_500_000].map(sizeInWords)).toEqual(["1 byte", "812 bytes", "1.2 KB", "2.5 MB"]);
  const rows = serverRows({
    conversation: conversationOf().conversation,
    seq: 4,
    kind: "application",
    epoch: "7",
    seen: 3,
    applied: 3,
    acceptedAt: 0,
    sizeBytes: 812,
    envelope: new Uint8Array(812),
    hash: Uint8Array.of(1, 255),
    matchesLocal: true,
  });
  expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toMatchObject({
    Epoch: "7",
    Size: "812 bytes",
    "SHA-256": "01ff",
  });
});

test.each([
  // Who has lost all ten has nothing to sign out on.
  ["account/too-many-devices", /sign one of them out/i, /recovery key/i],
  ["account/clock-off", /clock/i, /date and time/i],
  ["account/chain-full", /can be signed out|can still be signed out/i, /deleted/i],
] as const)("%s says what to do", (code, ...says) => {
  const { what, next } = failureWords(asFailure({ code }));
  for (const words of says) expect(`${what} ${next}`).toMatch(words);
});

test("what is archived or only asks to talk stands apart, and folders hold what was put into them", () => {
  const one = conversationOf({ name: "one", unread: 1 });
  const archived = conversationOf({ name: "archived", kind: "group", archived: true, unread: 2, favourite: true });
  const request = conversationOf({ name: "request", request: true, unread: 3 });
  const marked = conversationOf({ name: "marked", markedUnread: true, notify: "mentions", mentions: 0 });
  const all = [one, archived, request, marked];
  const folders = [{ folder: "f", name: "Work", conversations: [marked.conversation, archived.conversation] }];
  const shown = (filter: ConversationFilter, typed = "") =>
    all.filter((each) => isShown(each, filter, typed, folders)).map(({ name }) => name);
  expect(shown("all")).toEqual(["one", "marked"]);
  expect(shown("unread")).toEqual(["one", "marked"]);
  expect(shown("archived")).toEqual(["archived"]);
  expect(shown("requests")).toEqual(["request"]);
  expect(shown("favourites")).toEqual([]);
  expect(shown("folder:f")).toEqual(["marked"]);
  expect(shown("folder:gone")).toEqual([]);
  expect(shown("all", "arch")).toEqual(["archived"]);
  expect(countsOf(all)).toEqual({ unread: 2, requests: 1 });
  expect(windowTitle(all, null)).toBe("(3) Sotto");
  const [row] = conversationRows([request], { now, place, open: null });
  expect(row?.preview.text).toBe("Wants to talk");
});
