import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import * as v from "valibot";
import { nextHead } from "@sotto/crypto";
import { ENTRY_KIND, KIND, Username, encodeEnvelope } from "@sotto/protocol";
import { openSqliteStore } from "./sqlite-store.ts";
import { accountId, conversationId, deviceId } from "./test/store-contract.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A file that the first release wrote: three people (one closed), a group of two, a conversation with oneself. */
function firstRelease(): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-migration-"));
  folders.push(folder);
  const path = join(folder, "old.sqlite");
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec(readFileSync(join(import.meta.dirname, "test", "first-release.sql"), "utf8"));
  database.close();
  return path;
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

test("data of the first release opens with everything that was in it", async () => {
  const path = firstRelease();
  const store = await openSqliteStore(path, () => 0);
  try {
    const [ada, ben, cyd] = await store.accounts([1, 2, 3].map(accountId));
    if (ada === undefined || ben === undefined || cyd === undefined) throw new Error("somebody is missing");
    expect([ada, ben, cyd].map(({ username, isClosed, replacedBy }) => [username, isClosed, replacedBy])).toEqual([
      ["person1", false, null],
      ["person2", false, null],
      ["person3", true, null],
    ]);
    expect(ada.chain.map(({ length }) => length)).toEqual([40, 50]);
    expect(await store.secretsOf(ada.key)).toMatchObject({ passwordRecord: "record" });
    const device = await store.device(ada.account, deviceId(1));
    expect(device).toMatchObject({ isActive: true, isReplaced: false, keyPackagesLeft: 1, lastSeenAt: null });
    const conversations = await store.conversationsOf(ada.key);
    expect(
      conversations.map(({ conversation, kind, commits, lastSeq }) => [conversation, kind, commits, lastSeq]),
    ).toEqual([
      [conversationId(1), KIND.group, 2, 5],
      [conversationId(2), KIND.self, 1, 1],
    ]);
    // Of the one that was erased only the hash is left.
    const { rows } = await store.logPage(1, 0, 10, 1_000_000);
    const [own] = (await store.logPage(2, 0, 10, 1_000_000)).rows;
    const bytes = [...rows, ...(own === undefined ? [] : [own])].map((row) =>
      row.kind === "stored" ? row.envelope.length : 0,
    );
    expect(await store.holdings(ada.key)).toContainEqual({
      what: "log entries in conversations",
      rows: 6,
      bytes: bytes.reduce((sum, each) => sum + each, 0),
    });
    expect((await store.inboxPage(2, 0, 10, 1_000_000)).items.map(({ position }) => position)).toEqual([1, 2, 3]);
    const keys = (await store.archivePage(ada.key, conversationId(1), 0, 9)).records.map(({ key }) => key);
    expect(await store.archiveFind(ada.key, conversationId(1), keys, 10_000)).toHaveLength(2);
  } finally {
    store.close();
  }
});

test("heads of a log from before are those that the next entries continue", async () => {
  const path = firstRelease();
  const store = await openSqliteStore(path, () => 0);
  try {
    let head: Uint8Array = new Uint8Array(32);
    const { rows } = await store.logPage(1, 0, 10, 1_000_000);
    expect(rows.map(({ kind }) => kind)).toEqual(["stored", "erased", "stored", "stored", "stored"]);
    for (const row of rows) {
      const kind = row.kind === "erased" ? row.entry : (row.envelope[1] ?? 0);
      head = nextHead(head, row.seq, kind, row.kind === "erased" ? row.hash : sha256(row.envelope));
      expect(new Uint8Array((await store.logHead(1, row.seq)) ?? [])).toEqual(head);
    }
    const envelope = encodeEnvelope({ kind: ENTRY_KIND.application, seen: 4, applied: 4, body: new Uint8Array(9) });
    const hash = sha256(envelope);
    const arrival = { conversation: 1, account: 1, device: 1, send: new Uint8Array(16), seen: 4, applied: 4 };
    const [outcome] = await store.append(
      [{ ...arrival, kind: ENTRY_KIND.application, envelope, hash, parts: null }],
      9,
    );
    expect(outcome).toMatchObject({ kind: "stored", seq: 6 });
    expect(new Uint8Array((await store.logHead(1, 6)) ?? [])).toEqual(nextHead(head, 6, ENTRY_KIND.application, hash));
  } finally {
    store.close();
  }
});

test("what the new schema holds against, it holds against for old rows too; a second opening changes nothing", async () => {
  const path = firstRelease();
  (await openSqliteStore(path, () => 0)).close();
  const store = await openSqliteStore(path, () => 0);
  try {
    const device = { device: deviceId(9), signInKey: new Uint8Array(32), keyPackages: [], lastResort: null };
    const account = {
      account: accountId(9),
      passwordRecord: "r",
      vault: new Uint8Array(1),
      chain: [new Uint8Array(9)],
    };
    for (const name of ["person1", "person3"]) {
      const username = v.parse(Username, name);
      expect(await store.createAccount({ ...account, username, device }, null)).toEqual({ kind: "name-taken" });
    }
    const birth = { conversation: conversationId(9), kind: KIND.self, pair: null, room: null } as const;
    const envelope = encodeEnvelope({ kind: ENTRY_KIND.commit, seen: 0, applied: 0, body: new Uint8Array(9) });
    const parts = { roster: [], groupInfo: envelope, treeChunks: [], newChunks: [], welcomes: [], welcomeFor: [] };
    const [outcome] = await store.append(
      [
        {
          conversation: birth,
          account: 1,
          device: 1,
          send: new Uint8Array(16),
          kind: ENTRY_KIND.commit,
          seen: 0,
          applied: 0,
          envelope,
          hash: sha256(envelope),
          parts,
        },
      ],
      9,
    );
    expect(outcome).toEqual({ kind: "self-exists", conversation: conversationId(2) });
  } finally {
    store.close();
  }
});

test("a migration that can't be finished leaves the data as it was", async () => {
  const path = firstRelease();
  const broken = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  broken.exec("insert into inbox (device, position, welcome) values (2, 9, 999)");
  const tables = (database: DatabaseSync) =>
    database.prepare("select name, sql from sqlite_schema order by name").all();
  const before = tables(broken);
  broken.close();
  await expect(openSqliteStore(path, () => 0)).rejects.toThrow("leads nowhere");
  const after = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  expect(tables(after)).toEqual(before);
  after.exec("delete from inbox where welcome = 999");
  after.close();
  const store = await openSqliteStore(path, () => 0);
  expect(await store.accounts([accountId(1)])).toHaveLength(1);
  store.close();
});
