import { expect, test } from "vitest";
import * as v from "valibot";
import { nextHead } from "@sotto/crypto";
import { KIND, Username, type LogRow } from "@sotto/protocol";
import type { Birth, DeliveryStore, NewAccount, StatementEffect } from "@sotto/delivery";
import {
  accountId,
  commit,
  conversationId,
  deviceId,
  filled,
  group,
  only,
  post,
  roster,
  sha256,
  signUp,
  stored,
  type OpenedStore,
} from "./store-contract.ts";

const name = (n: number): Username => v.parse(Username, `person${n}`);
const nothing: StatementEffect = { adds: null, revokes: [], closes: false };
const self = (n: number): Birth => ({ conversation: conversationId(n), kind: KIND.self, pair: null, room: null });

/** A new account under the name of person 1. */
function successor(n: number): NewAccount {
  const device = { device: deviceId(n), signInKey: filled(32, n), keyPackages: [], lastResort: null };
  return {
    account: accountId(n),
    username: name(1),
    passwordRecord: "new",
    vault: filled(11, n),
    chain: [filled(41, n)],
    device,
  };
}

/** What every DeliveryStore does with accounts, their vaults, devices and records. @param open  a new, empty store. */
export function accountStoreContract(suite: string, open: () => Promise<OpenedStore>): void {
  const check = (title: string, work: (store: DeliveryStore, opened: OpenedStore) => Promise<void>): void =>
    test(`${suite}: ${title}`, async () => {
      const opened = await open();
      try {
        await work(opened.store, opened);
      } finally {
        opened.close();
      }
    });

  check("[DL17] a name goes to a new account by a code of the owner, once", async (store, { reopen }) => {
    const [ada, ben] = [await signUp(store, 1, [filled(5, 1)]), await signUp(store, 2)];
    const rows = roster([ada, 1], [ben, 2]);
    const welcome = { welcomes: [filled(50, 1)], welcomeFor: [{ device: ada.device, welcome: 0 }] };
    const { conversation } = await stored(
      store,
      commit({ conversation: group(1), author: ben, seen: 0 }, rows, welcome),
    );
    await stored(store, commit({ conversation: self(2), author: ada, seen: 0 }, roster([ada, 2])));
    await store.archiveStore(ada.key, ada.device, [
      { conversation: conversationId(1), key: filled(8, 1), record: filled(40, 1) },
    ]);
    const codeHash = filled(32, 77);
    const wrong = [
      { codeHash, at: 10 }, // none was issued
      { codeHash: filled(32, 78), at: 10 },
      { codeHash, at: 100 }, // at its end it is over
    ];
    const before = wrong[0] ?? { codeHash, at: 10 };
    expect(await store.createAccount(successor(9), before)).toEqual({ kind: "reset-code-wrong" });
    expect(await store.issueReset(name(1), codeHash, 100)).toBe("issued");
    for (const proof of wrong.slice(1)) {
      expect(await store.mayReset(name(1), proof)).toBe(false);
      expect(await store.createAccount(successor(9), proof)).toEqual({ kind: "reset-code-wrong" });
    }
    // A code is for its own name, and for a name that somebody has.
    expect(await store.createAccount({ ...successor(9), username: name(2) }, { codeHash, at: 10 })).toEqual({
      kind: "reset-code-wrong",
    });
    expect(await store.createAccount({ ...successor(9), username: name(7) }, { codeHash, at: 10 })).toEqual({
      kind: "reset-code-wrong",
    });
    expect((await store.accountByName(name(1)))?.account).toBe(ada.account);
    expect(await store.mayReset(name(1), { codeHash, at: 99 })).toBe(true);
    expect(await store.createAccount(successor(9), { codeHash, at: 99 })).toEqual({
      kind: "created",
      replaced: ada.account,
    });

    const again = await reopen();
    expect((await again.accountByName(name(1)))?.account).toBe(accountId(9));
    const [old] = await again.accounts([ada.account]);
    expect(old).toMatchObject({ username: name(1), isClosed: true, replacedBy: accountId(9) });
    expect(old?.chain).toHaveLength(2);
    expect(await again.chainLengths([accountId(77), ada.account, accountId(9)])).toEqual([
      { account: ada.account, length: 2, isReplaced: true },
      { account: accountId(9), length: expect.any(Number), isReplaced: false },
    ]);
    expect(await again.secretsOf(ada.key)).toBeUndefined();
    expect(await again.device(ada.account, deviceId(1))).toMatchObject({
      isActive: false,
      isReplaced: true,
      keyPackagesLeft: 0,
    });
    expect(await again.claimKeyPackages(ada.key, "oldest")).toEqual([]);
    expect((await again.inboxPage(ada.device, 0, 9, 1_000)).items).toEqual([]);
    expect((await again.archivePage(ada.key, conversationId(1), 0, 9)).records).toEqual([]);
    expect(await again.conversation(conversationId(2))).toBeUndefined();
    // Its place in rosters is the members' to change.
    expect(await again.access(conversation, ada.key)).toBe("granted");
    expect(await again.createAccount(successor(10), { codeHash, at: 99 })).toEqual({ kind: "reset-code-wrong" });
    expect(await again.createAccount(successor(10), null)).toEqual({ kind: "name-taken" });
    // And once more, with a code of its own.
    expect(await again.issueReset(name(1), filled(32, 79), 100)).toBe("issued");
    expect(await again.createAccount(successor(10), { codeHash: filled(32, 79), at: 10 })).toEqual({
      kind: "created",
      replaced: accountId(9),
    });
    expect((await again.accounts([ada.account]))[0]?.replacedBy).toBe(accountId(9));
  });

  check("[DL17] codes are for names that are held; the newest counts", async (store) => {
    const ada = await signUp(store, 1);
    expect(await store.issueReset(name(2), filled(32, 1), 100)).toBe("unknown");
    await store.issueReset(name(1), filled(32, 1), 100);
    await store.issueReset(name(1), filled(32, 2), 100);
    expect(await store.mayReset(name(1), { codeHash: filled(32, 1), at: 1 })).toBe(false);
    expect(await store.mayReset(name(1), { codeHash: filled(32, 2), at: 1 })).toBe(true);
    await store.appendStatement(ada.key, 2, filled(30, 1), { ...nothing, closes: true });
    expect(await store.issueReset(name(1), filled(32, 3), 100)).toBe("closed");
    expect(await store.mayReset(name(1), { codeHash: filled(32, 2), at: 1 })).toBe(false);
  });

  check("[DL18] T63 a vault replaces the one that its author knew, whole with what comes along", async (store) => {
    const ada = await signUp(store, 1, [filled(5, 1)]);
    const change = { before: filled(10, 1), vault: filled(12, 5), passwordRecord: null, statement: null };
    expect(await store.replaceVault(ada.key, { ...change, before: filled(10, 2) })).toBe("stale-vault");
    expect(await store.replaceVault(ada.key, change)).toBe("replaced");
    expect(await store.secretsOf(ada.key)).toMatchObject({ passwordRecord: "record", vault: filled(12, 5) });
    expect(await store.replaceVault(ada.key, change)).toBe("stale-vault");
    const revoking = {
      before: filled(12, 5),
      vault: filled(13, 6),
      passwordRecord: "other",
      statement: { length: 1, bytes: filled(60, 1), effect: { ...nothing, revokes: [deviceId(1)] } },
    };
    expect(await store.replaceVault(ada.key, revoking)).toBe("stale-chain");
    expect(await store.secretsOf(ada.key)).toMatchObject({ passwordRecord: "record", vault: filled(12, 5) });
    expect(await store.device(ada.account, deviceId(1))).toMatchObject({ isActive: true });
    expect(await store.replaceVault(ada.key, { ...revoking, statement: { ...revoking.statement, length: 2 } })).toBe(
      "replaced",
    );
    expect(await store.secretsOf(ada.key)).toMatchObject({ passwordRecord: "other", vault: filled(13, 6) });
    expect(await store.device(ada.account, deviceId(1))).toMatchObject({ isActive: false, keyPackagesLeft: 0 });
    expect((await store.accounts([ada.account]))[0]?.chain).toHaveLength(3);
    await store.appendStatement(ada.key, 3, filled(30, 1), { ...nothing, closes: true });
    expect(await store.replaceVault(ada.key, { ...change, before: null })).toBe("stale-vault");
  });

  check("[DL5] an account has one conversation with itself", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const outcomes = await store.append(
      [
        commit({ conversation: self(1), author: ada, seen: 0 }, roster([ada, 2])),
        commit({ conversation: self(2), author: ada, seen: 0 }, roster([ada, 2])),
        commit({ conversation: self(3), author: ben, seen: 0 }, roster([ben, 2])),
      ],
      1,
    );
    expect(outcomes).toMatchObject([
      { kind: "stored" },
      { kind: "self-exists", conversation: conversationId(1) },
      { kind: "stored" },
    ]);
    expect((await store.conversationsOf(ada.key)).map(({ conversation }) => conversation)).toEqual([conversationId(1)]);
  });

  check("[DL20] the head at every place is the fold of the entries before it", async (store, { reopen }) => {
    const ada = await signUp(store, 1);
    const { conversation } = await stored(
      store,
      commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2])),
    );
    const repeated = post({ conversation, author: ada, seen: 1, text: 3 });
    await store.append(
      [
        repeated,
        post({ conversation, author: ada, seen: 9 }), // stale
        repeated,
        post({ conversation, author: ada, seen: 1, text: 4 }),
      ],
      1,
    );
    const again = await reopen();
    await again.append([commit({ conversation, author: ada, seen: 1 }, roster([ada, 2]))], 2);
    const { rows } = await again.logPage(conversation, 0, 9, 1_000_000);
    expect(rows).toHaveLength(4);
    let head: Uint8Array = new Uint8Array(32);
    expect(new Uint8Array((await again.logHead(conversation, 0)) ?? [])).toEqual(head);
    const envelopeOf = (row: LogRow): Uint8Array => (row.kind === "stored" ? row.envelope : new Uint8Array());
    for (const row of rows) {
      head = nextHead(head, row.seq, envelopeOf(row)[1] ?? 0, sha256(envelopeOf(row)));
      expect(new Uint8Array((await again.logHead(conversation, row.seq)) ?? [])).toEqual(head);
    }
    expect(await again.logHead(conversation, 5)).toBeUndefined();
    expect((await again.conversation(conversationId(1)))?.commits).toBe(2);
  });

  check("[DL13] T95 records are found by key, and a bad one never hides a good one", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const adds = { device: deviceId(7), signInKey: filled(32, 7), keyPackages: [], lastResort: null };
    await store.appendStatement(ada.key, 2, filled(60, 1), { ...nothing, adds });
    const phone = (await store.device(ada.account, deviceId(7)))?.key ?? 0;
    const record = (key: number, content: number) => ({
      conversation: conversationId(1),
      key: filled(8, key),
      record: filled(100, content),
    });
    await store.archiveStore(
      ada.key,
      phone,
      [1, 2, 3, 4, 5, 6, 7, 8].map((content) => record(1, content)),
    );
    await store.archiveStore(ada.key, ada.device, [record(1, 50), record(2, 60)]);
    await store.archiveStore(ben.key, ben.device, [record(1, 70)]);
    const find = (keys: number[], bytesMax = 100_000) =>
      store.archiveFind(
        ada.key,
        conversationId(1),
        keys.map((key) => filled(8, key)),
        bytesMax,
      );
    const found = await find([1, 2, 3, 1]);
    expect(found.filter(({ writer }) => writer === deviceId(1)).map(({ record: bytes }) => bytes)).toEqual([
      filled(100, 50),
      filled(100, 60),
    ]);
    expect(found.filter(({ writer }) => writer === deviceId(7))).toHaveLength(4);
    // Where there isn't room for all, everybody's first comes first.
    const few = await find([1, 2], 350);
    expect(few.map(({ record: bytes }) => bytes)).toEqual([filled(100, 1), filled(100, 50), filled(100, 60)]);
    expect(await store.archiveFind(ada.key, conversationId(2), [filled(8, 1)], 1_000)).toEqual([]);
  });

  check("[DL21] last seen moves forward only, and goes with the device", async (store) => {
    const ada = await signUp(store, 1);
    const seen = async () => store.devicesSeen(ada.key);
    expect(await seen()).toEqual([{ device: deviceId(1), lastSeenAt: null }]);
    await store.sawDevices([{ device: ada.device, at: 7_200_000 }]);
    await store.sawDevices([{ device: ada.device, at: 3_600_000 }]);
    expect(await seen()).toEqual([{ device: deviceId(1), lastSeenAt: 7_200_000 }]);
    await store.appendStatement(ada.key, 2, filled(60, 1), { ...nothing, revokes: [deviceId(1)] });
    await store.sawDevices([{ device: ada.device, at: 10_800_000 }]);
    expect(await seen()).toEqual([]);
    expect((await store.device(ada.account, deviceId(1)))?.lastSeenAt).toBeNull();
  });

  check("[DL21] what is held is counted, and nothing of it is left once the account is closed", async (store) => {
    const [ada, ben] = [await signUp(store, 1, [filled(5, 1), filled(6, 1)]), await signUp(store, 2)];
    const rows = roster([ada, 2], [ben, 1]);
    const welcome = { welcomes: [filled(50, 1)], welcomeFor: [{ device: ada.device, welcome: 0 }] };
    const birth = commit({ conversation: group(1), author: ben, seen: 0 }, rows, welcome);
    const { conversation } = await stored(store, birth);
    const said = post({ conversation, author: ada, seen: 1 });
    await stored(store, said);
    const own = commit({ conversation: self(2), author: ada, seen: 0 }, roster([ada, 2]));
    await stored(store, own);
    await store.archiveStore(ada.key, ada.device, [
      { conversation: conversationId(1), key: filled(8, 1), record: filled(40, 1) },
    ]);
    await store.issueReset(name(1), filled(32, 1), 100);
    const held = async () =>
      Object.fromEntries((await store.holdings(ada.key)).map(({ what, rows: count, bytes }) => [what, [count, bytes]]));
    const full = await held();
    expect(full).toMatchObject({
      "identity chain": [2, 90],
      vault: [1, 10],
      "password record": [1, 6],
      "reset codes": [1, 32],
      devices: [1, 32],
      "key packages": [3, 31],
      inbox: [1, 50],
      "archive records": [1, 48],
      conversations: [2, 0],
      "log entries in conversations": [3, birth.envelope.length + said.envelope.length + own.envelope.length],
    });
    await store.appendStatement(ada.key, 2, filled(30, 1), { ...nothing, closes: true });
    const left = await held();
    expect(Object.entries(left).filter(([, [count]]) => count !== 0)).toEqual([
      ["identity chain", [3, 120]],
      ["devices", [1, 32]],
    ]);
    expect(await only(store, post({ conversation, author: ben, seen: 1 }))).toMatchObject({ kind: "stored", seq: 3 });
  });
}
