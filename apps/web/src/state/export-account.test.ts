import { expect, test } from "vitest";
import type { ConversationDetails, Engine, Person, TimelineItem } from "@sotto/engine";
import { NO_MARKS } from "@sotto/views";
import { accountIdOf, conversationIdOf, postIdOf } from "@sotto/protocol";
import { exportAccount } from "./export-account.ts";
import type { ExportSink } from "./export-account.ts";

const account = accountIdOf(new Uint8Array(32).fill(7));

function conversation(number: number): ConversationDetails {
  return {
    conversation: conversationIdOf(new Uint8Array(16).fill(number)),
    kind: "group",
    name: `Group ${number}`,
    seal: { id: new Uint8Array(2), key: new Uint8Array(18) },
    people: [],
    peopleCount: 1,
    activeAt: 0,
    preview: null,
    draft: "",
    unread: 0,
    mentions: 0,
    threads: [],
    markedUnread: false,
    notify: "all",
    muted: false,
    pinned: false,
    archived: false,
    favourite: false,
    request: false,
    picture: null,
    state: { kind: "open" },
    members: [],
    ownRole: null,
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
  };
}

/** An engine with so many conversations of 300 lines; what lies before the newest page can't be had for `down` more tries. */
function engineOf(count: number, state: { down: number; asked: number }) {
  const all = Array.from({ length: count }, (_, at) => conversation(at + 1));
  const lines = Array.from({ length: 300 }, (_, at): TimelineItem => ({
    kind: "system",
    key: `${at}`,
    order: at + 1,
    seq: at + 1,
    at: at * 1000,
    line: { kind: "joined-here", because: "added" },
  }));
  const engine: Pick<Engine, "conversations" | "conversation" | "timeline"> = {
    conversations: async () => all,
    conversation: async (id) => all.find((one) => one.conversation === id) ?? conversation(0),
    timeline: async ({ beforeOrder = Infinity, limit }) => {
      state.asked += 1;
      const before = lines.filter(({ order }) => order < beforeOrder);
      if (beforeOrder !== Infinity && state.down > 0) {
        state.down -= 1;
        return { items: [], more: true, moreAfter: false, unreachable: true, unreadAfter: null };
      }
      const items = before.slice(-limit);
      return { items, more: before.length > items.length, moreAfter: false, unreachable: false, unreadAfter: null };
    },
  };
  return engine as Engine;
}

function memorySink() {
  const files = new Map<string, string>();
  const state = { finished: false, abandoned: false };
  const sink: ExportSink = {
    write: async (path, text) => void files.set(path, text),
    finish: async () => {
      state.finished = true;
    },
    abandon: async () => {
      state.abandoned = true;
      files.clear();
    },
  };
  return { files, state, sink };
}

const request = (signal: AbortSignal, onItems: (items: number) => void = () => undefined) => ({
  session: { account, username: "joan" },
  server: "http://localhost",
  place: { locale: "en-GB", timeZone: "UTC" },
  signal,
  pause: async () => undefined,
  onProgress: ({ items }: { items: number }) => onItems(items),
});

test("every conversation back to its first line, the index last", async () => {
  const { files, state, sink } = memorySink();
  const partial = await exportAccount(engineOf(2, { down: 0, asked: 0 }), sink, request(new AbortController().signal));
  expect(partial).toBe(0);
  expect(state).toEqual({ finished: true, abandoned: false });
  expect([...files.keys()]).toEqual([
    "001-group-1.html",
    "001-group-1.json",
    "002-group-2.html",
    "002-group-2.json",
    "index.html",
    "README.txt",
  ]);
  const data: unknown = JSON.parse(files.get("001-group-1.json") ?? "");
  expect(data).toMatchObject({ complete: true, items: { length: 300 } });
});

test("what stands in a thread is written with the post on which it stands", async () => {
  const { files, sink } = memorySink();
  const root = postIdOf(new Uint8Array(32).fill(1));
  const person: Person = {
    account,
    username: "joan",
    displayName: null,
    contactName: null,
    replaced: false,
    trust: "self",
    seal: { id: new Uint8Array(2), key: new Uint8Array(18) },
    picture: null,
    status: "",
  };
  const post = (order: number, text: string): TimelineItem => ({
    kind: "post",
    key: `post ${order}`,
    order,
    seq: order,
    at: order,
    post: order === 1 ? root : postIdOf(new Uint8Array(32).fill(order)),
    sender: person,
    own: true,
    text,
    state: { kind: "sent" },
    marks: { ...NO_MARKS, replies: order === 1 ? { count: 1, newestAt: 2, people: [] } : null },
  });
  const engine = engineOf(1, { down: 0, asked: 0 });
  engine.timeline = async ({ thread }) => ({
    items: thread === root ? [post(1, "root"), post(2, "inside")] : [post(1, "root")],
    more: false,
    moreAfter: false,
    unreachable: false,
    unreadAfter: null,
  });
  expect(await exportAccount(engine, sink, request(new AbortController().signal))).toBe(0);
  expect(JSON.parse(files.get("001-group-1.json") ?? "")).toMatchObject({
    items: [
      { text: "root", thread: null },
      { text: "inside", thread: root },
    ],
  });
  expect(files.get("001-group-1.html")).toContain("own thread");
});

test("what can't be reached is asked for again; what stays out of reach is said, and the rest is saved", async () => {
  const mended = memorySink();
  const signal = new AbortController().signal;
  expect(await exportAccount(engineOf(1, { down: 2, asked: 0 }), mended.sink, request(signal))).toBe(0);
  const away = memorySink();
  expect(await exportAccount(engineOf(1, { down: 99, asked: 0 }), away.sink, request(signal))).toBe(1);
  expect(JSON.parse(away.files.get("001-group-1.json") ?? "")).toMatchObject({ complete: false });
  expect(away.files.get("README.txt")).toContain("Not whole");
});

test("stopped in the middle: nothing more is asked, and nothing stays", async () => {
  const controller = new AbortController();
  const asked = { down: 0, asked: 0 };
  const { files, state, sink } = memorySink();
  const work = exportAccount(
    engineOf(5, asked),
    sink,
    request(controller.signal, (items) => items > 0 && controller.abort()),
  );
  await expect(work).rejects.toMatchObject({ name: "AbortError" });
  expect(state).toEqual({ finished: false, abandoned: true });
  expect(asked.asked).toBe(1);
  expect(files.size).toBe(0);
});
