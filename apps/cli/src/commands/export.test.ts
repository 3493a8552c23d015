import type { ConversationDetails, Engine } from "@sotto/engine";
import { ROLE } from "@sotto/protocol";
import { readExport } from "@sotto/views";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SIGNED_IN, directWith, fakeEngine, personCalled, post } from "../../test/fake-engine.ts";
import { fakeRun } from "../../test/fake-run.ts";
import { EXIT } from "../exit.ts";
import { exportAll } from "./export.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sotto-export-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An engine with one conversation of 450 posts. */
function exportingEngine() {
  const fake = fakeEngine();
  const bob = personCalled("bob");
  const summary = directWith(bob);
  const details: ConversationDetails = {
    ...summary,
    members: [{ ...bob, role: ROLE.member, devices: 1, may: { remove: false, ban: false, roles: [] } }],
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
  };
  fake.world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
  fake.world.conversations = [summary];
  fake.world.items = Array.from({ length: 450 }, (_, at) => post(at + 1, at + 1));
  Object.assign(fake.engine, { conversation: async () => details } satisfies Partial<Engine>);
  return fake;
}

const posts = (file: string): number =>
  readExport(readFileSync(join(folder, file), "utf8"))?.items.filter(({ kind }) => kind === "post").length ?? 0;

test("all of a conversation is written, page by page", async () => {
  const { run, screen } = fakeRun(exportingEngine().engine);
  expect(await exportAll(run, folder)).toBe(EXIT.done);
  expect(readdirSync(folder).toSorted()).toEqual(["001-bob.html", "001-bob.json", "README.txt", "index.html"]);
  expect(posts("001-bob.json")).toBe(450);
  expect(screen()).toContain("1 of 1  @bob  450 messages");
});

test("what stands in a thread is written with the post on which it stands", async () => {
  const { engine, world } = exportingEngine();
  const root = post(1, 1);
  root.marks = { ...root.marks, replies: { count: 1, newestAt: 2, people: [] } };
  const inside = { ...post(2, 2), text: "inside" };
  world.items = [root];
  const main = engine.timeline.bind(engine);
  engine.timeline = async (request) => {
    const page = await main(request);
    return request.thread === root.post ? { ...page, items: [root, inside] } : page;
  };
  const { run, screen } = fakeRun(engine);
  expect(await exportAll(run, folder)).toBe(EXIT.done);
  expect(readExport(readFileSync(join(folder, "001-bob.json"), "utf8"))?.items).toMatchObject([
    { text: "post 1", thread: null },
    { text: "inside", thread: root.post },
  ]);
  expect(screen()).toContain("2 messages");
});

test("a folder with anything in it is left alone", async () => {
  writeFileSync(join(folder, "mine"), "x");
  const { run } = fakeRun(exportingEngine().engine);
  await expect(exportAll(run, folder)).rejects.toMatchObject({ exit: EXIT.failed });
  expect(readdirSync(folder)).toEqual(["mine"]);
});

test("what stands in the way is never written through", async () => {
  const { engine, world } = exportingEngine();
  const target = join(folder, "elsewhere");
  writeFileSync(target, "untouched");
  const into = join(folder, "export");
  const { run } = fakeRun(engine);
  // Put there while the export runs: by then the folder has been found empty.
  const conversations = world.conversations;
  engine.conversations = async () => {
    mkdirSync(into, { recursive: true });
    symlinkSync(target, join(into, "001-bob.html"));
    return conversations;
  };
  await expect(exportAll(run, into)).rejects.toMatchObject({ exit: EXIT.failed });
  expect(readFileSync(target, "utf8")).toBe("untouched");
});

test("history that can't be fetched is said in the file, in the index and by the exit code", async () => {
  const { engine, world } = exportingEngine();
  const whole = engine.timeline.bind(engine);
  let asked = 0;
  engine.timeline = async (request) => {
    const page = await whole(request);
    if (request.beforeOrder === undefined) return page;
    asked++;
    return { ...page, items: [], more: true, unreachable: true };
  };
  world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
  const { run, screen } = fakeRun(engine);
  expect(await exportAll(run, folder)).toBe(EXIT.failed);
  expect(asked).toBeGreaterThan(1);
  expect(posts("001-bob.json")).toBe(200);
  expect(readExport(readFileSync(join(folder, "001-bob.json"), "utf8"))?.complete).toBe(false);
  expect(readFileSync(join(folder, "index.html"), "utf8")).toContain("not whole");
  expect(screen()).toContain("Not whole: 1 of 1");
});
