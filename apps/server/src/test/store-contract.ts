import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as v from "valibot";
import {
  AccountId,
  ConversationId,
  DeviceId,
  ENTRY_KIND,
  KIND,
  RoomName,
  Username,
  concat,
  encodeEnvelope,
  encodeRoster,
  toBase64Url,
  encodeCommitBody,
  type Roster,
  type RosterRow,
} from "@sotto/protocol";
import type { Arrival, ArrivalOutcome, Birth, CommitParts, DeliveryStore, Key } from "@sotto/delivery";

/** A store under test. `reopen`: the same data as after a crash of the process. */
export type OpenedStore = { store: DeliveryStore; reopen: () => Promise<DeliveryStore>; close: () => void };

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
export const filled = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (seed * 31 + index * 7) & 0xff);
export const accountId = (n: number): AccountId => v.parse(AccountId, toBase64Url(filled(32, n)));
export const deviceId = (n: number): DeviceId => v.parse(DeviceId, toBase64Url(filled(16, n)));
export const conversationId = (n: number): ConversationId => v.parse(ConversationId, toBase64Url(filled(16, n + 100)));

export type Person = { account: AccountId; key: Key; device: Key };

export async function signUp(store: DeliveryStore, n: number, keyPackages: Uint8Array[] = []): Promise<Person> {
  const account = accountId(n);
  const outcome = await store.createAccount(
    {
      account,
      username: v.parse(Username, `person${n}`),
      passwordRecord: "record",
      vault: filled(10, n),
      chain: [filled(40, n), filled(50, n)],
      device: { device: deviceId(n), signInKey: filled(32, n), keyPackages, lastResort: filled(20, n) },
    },
    null,
  );
  expect(outcome).toEqual({ kind: "created", replaced: null });
  const row = await store.device(account, deviceId(n));
  if (row === undefined) throw new Error("the device isn't there");
  return { account, key: row.accountKey, device: row.key };
}

export const roster = (...rows: [Person, 0 | 1 | 2][]): Roster =>
  rows.map(([person, role]): RosterRow => [person.account, role]);

let sends = 0;
const nextSend = (): Uint8Array =>
  concat(new Uint8Array(12), Uint8Array.from([0, 0, (++sends >> 8) & 0xff, sends & 0xff]));

function commitParts(rows: Roster, extra: Partial<CommitParts> = {}): CommitParts {
  const chunk = filled(64, rows.length);
  const hash = filled(32, rows.length + 50);
  return {
    roster: rows,
    groupInfo: filled(30, 1),
    treeChunks: [hash],
    newChunks: [{ hash, bytes: chunk }],
    welcomes: [],
    welcomeFor: [],
    ...extra,
  };
}

type Sent = {
  conversation: Key | Birth;
  author: Person;
  seen: number;
  applied?: number;
  send?: Uint8Array;
  text?: number;
};

export function post({ conversation, author, seen, applied = seen, send = nextSend(), text = 1 }: Sent): Arrival {
  const envelope = encodeEnvelope({ kind: ENTRY_KIND.application, seen, applied, body: filled(100, text) });
  return {
    conversation,
    account: author.key,
    device: author.device,
    send,
    kind: ENTRY_KIND.application,
    seen,
    applied,
    envelope,
    hash: sha256(envelope),
    parts: null,
  };
}

export function commit(sent: Sent, rows: Roster, extra: Partial<CommitParts> = {}): Arrival {
  const { conversation, author, seen, applied = seen, send = nextSend() } = sent;
  const body = encodeCommitBody({ commit: filled(80, seen), roster: encodeRoster(rows) });
  const envelope = encodeEnvelope({ kind: ENTRY_KIND.commit, seen, applied, body });
  return {
    conversation,
    account: author.key,
    device: author.device,
    send,
    kind: ENTRY_KIND.commit,
    seen,
    applied,
    envelope,
    hash: sha256(envelope),
    parts: commitParts(rows, extra),
  };
}

export const group = (n: number): Birth => ({
  conversation: conversationId(n),
  kind: KIND.group,
  pair: null,
  room: null,
});

export async function only(store: DeliveryStore, arrival: Arrival): Promise<ArrivalOutcome> {
  const [outcome] = await store.append([arrival], 1_000);
  if (outcome === undefined) throw new Error("no outcome");
  return outcome;
}

export async function stored(store: DeliveryStore, arrival: Arrival) {
  const outcome = await only(store, arrival);
  if (outcome.kind !== "stored") throw new Error(`not stored: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** What every DeliveryStore does. @param open  a new, empty store. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  const check = (title: string, work: (store: DeliveryStore, opened: OpenedStore) => Promise<void>): void =>
    test(`${name}: ${title}`, async () => {
      const opened = await open();
      try {
        await work(opened.store, opened);
      } finally {
        opened.close();
      }
    });

  check("[DL10] an account is there whole, and its name is taken for ever", async (store) => {
    const ada = await signUp(store, 1, [filled(5, 1)]);
    const row = await store.accountByName(v.parse(Username, "person1"));
    expect(row).toMatchObject({ key: ada.key, account: ada.account, isClosed: false });
    expect(row?.chain.map((bytes) => bytes.length)).toEqual([40, 50]);
    expect(await store.device(ada.account, deviceId(1))).toMatchObject({ isActive: true, keyPackagesLeft: 1 });
    const second = {
      account: accountId(2),
      username: v.parse(Username, "person1"),
      passwordRecord: "x",
      vault: filled(1, 1),
      chain: [filled(9, 9)],
    };
    const device = { device: deviceId(2), signInKey: filled(32, 2), keyPackages: [], lastResort: null };
    expect(await store.createAccount({ ...second, device }, null)).toEqual({ kind: "name-taken" });
    await store.appendStatement(ada.key, 2, filled(8, 8), { adds: null, revokes: [], closes: true });
    expect(await store.createAccount({ ...second, device }, null)).toEqual({ kind: "name-taken" });
    expect(await store.secretsOf(ada.key)).toBeUndefined();
    expect(await store.device(ada.account, deviceId(1))).toMatchObject({ isActive: false, keyPackagesLeft: 0 });
  });

  check("[DL11] a statement continues the chain that its author saw, or it is stale", async (store) => {
    const ada = await signUp(store, 1);
    const adds = { device: deviceId(7), signInKey: filled(32, 7), keyPackages: [filled(3, 3)], lastResort: null };
    expect(await store.appendStatement(ada.key, 2, filled(60, 1), { adds, revokes: [], closes: false })).toBe(
      "appended",
    );
    expect(await store.appendStatement(ada.key, 2, filled(61, 1), { adds: null, revokes: [], closes: false })).toBe(
      "stale",
    );
    expect((await store.accounts([ada.account]))[0]?.chain.length).toBe(3);
    expect(
      await store.appendStatement(ada.key, 3, filled(62, 1), { adds: null, revokes: [deviceId(7)], closes: false }),
    ).toBe("appended");
    expect(await store.device(ada.account, deviceId(7))).toMatchObject({ isActive: false, keyPackagesLeft: 0 });
    expect(await store.claimKeyPackages(ada.key, "oldest")).toHaveLength(1);
  });

  check("[DL12] T17 key packages go once each, oldest first; the last resort stays", async (store) => {
    const ada = await signUp(store, 1, [filled(5, 1), filled(5, 2)]);
    const claim = async (from: "oldest" | "last-resort") =>
      (await store.claimKeyPackages(ada.key, from))[0]?.keyPackage;
    expect(await claim("last-resort")).toEqual(filled(20, 1));
    expect(await claim("oldest")).toEqual(filled(5, 1));
    expect(await claim("oldest")).toEqual(filled(5, 2));
    expect(await claim("oldest")).toEqual(filled(20, 1));
    expect(await claim("oldest")).toEqual(filled(20, 1));
    expect(
      await store.publishKeyPackages(
        ada.device,
        [1, 2, 3].map((n) => filled(6, n)),
        filled(21, 1),
        2,
      ),
    ).toBe(2);
    expect(await claim("oldest")).toEqual(filled(6, 1));
    expect(await claim("oldest")).toEqual(filled(6, 2));
    expect(await claim("oldest")).toEqual(filled(21, 1));
  });

  check(
    "[DL1] seq counts by one per conversation, in the order of arrival, and survives a crash",
    async (store, { reopen }) => {
      const ada = await signUp(store, 1);
      const [a, b] = [
        await stored(store, commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2]))),
        await stored(store, commit({ conversation: group(2), author: ada, seen: 0 }, roster([ada, 2]))),
      ];
      const outcomes = await store.append(
        [a, b, a, b, a].map(({ conversation }, index) => post({ conversation, author: ada, seen: 1, text: index })),
        2_000,
      );
      expect(outcomes.map((outcome) => (outcome.kind === "stored" ? outcome.seq : outcome.kind))).toEqual([
        2, 2, 3, 3, 4,
      ]);
      const again = await reopen();
      const [next] = await again.append([post({ conversation: a.conversation, author: ada, seen: 1 })], 3_000);
      expect(next).toMatchObject({ kind: "stored", seq: 5 });
      const page = await again.logPage(a.conversation, 1, 3, 1_000_000);
      expect(page.rows.map(({ seq }) => seq)).toEqual([2, 3, 4]);
      expect(page.more).toBe(true);
      expect((await again.logPage(a.conversation, 4, 3, 1_000_000)).more).toBe(false);
      expect((await again.logPage(a.conversation, 0, 10, 1)).rows).toHaveLength(1);
    },
  );

  check("[DL2] only what has seen the latest commit is taken, and one refusal fails no neighbour", async (store) => {
    const ada = await signUp(store, 1);
    const { conversation } = await stored(
      store,
      commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2])),
    );
    const outcomes = await store.append(
      [
        post({ conversation, author: ada, seen: 1 }),
        commit({ conversation, author: ada, seen: 1 }, roster([ada, 2])),
        commit({ conversation, author: ada, seen: 1 }, roster([ada, 2])),
        post({ conversation, author: ada, seen: 1 }),
        post({ conversation, author: ada, seen: 3, applied: 1 }),
        post({ conversation, author: ada, seen: 99 }),
      ],
      1,
    );
    expect(outcomes).toMatchObject([
      { kind: "stored", seq: 2 },
      { kind: "stored", seq: 3 },
      { kind: "stale", latestCommit: 3 },
      { kind: "stale", latestCommit: 3 },
      { kind: "stored", seq: 4 },
      { kind: "stale", latestCommit: 3 },
    ]);
  });

  check("[DL3] a repeat is answered with what is stored, also when it would be stale by now", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const birth = commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2], [ben, 1]));
    const { conversation } = await stored(store, birth);
    const first = post({ conversation, author: ada, seen: 1 });
    const [a, b] = await store.append([first, first], 5);
    expect(a).toMatchObject({ kind: "stored", seq: 2 });
    expect(b).toMatchObject({
      kind: "repeated",
      seq: 2,
      stored: { kind: "stored", envelope: new Uint8Array(first.envelope) },
    });
    const next = commit({ conversation, author: ben, seen: 1 }, roster([ada, 2], [ben, 1]));
    await stored(store, next);
    expect(await only(store, { ...first, envelope: filled(120, 3) })).toMatchObject({ kind: "repeated", seq: 2 });
    expect(await only(store, next)).toMatchObject({ kind: "repeated", seq: 3 });
    expect(await only(store, birth)).toMatchObject({ kind: "repeated", seq: 1 });
    // Another device may use the same send id; the same device may not use it elsewhere.
    expect(await only(store, { ...post({ conversation, author: ben, seen: 3 }), send: first.send })).toMatchObject({
      kind: "stored",
      seq: 4,
    });
    const other = await stored(store, commit({ conversation: group(2), author: ada, seen: 0 }, roster([ada, 2])));
    expect(
      await only(store, { ...post({ conversation: other.conversation, author: ada, seen: 1 }), send: first.send }),
    ).toEqual({ kind: "send-reused" });
    expect((await store.conversationsOf(ada.key)).map(({ lastSeq }) => lastSeq)).toEqual([4, 1]);
  });

  check("[DL4] a bundle is taken whole or not at all", async (store, { reopen }) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const missing = commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2]), { newChunks: [] });
    expect(await only(store, missing)).toEqual({ kind: "chunk-missing" });
    expect(await store.conversation(conversationId(1))).toBeUndefined();
    const { conversation } = await stored(
      store,
      commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2])),
    );
    const welcome = { welcomes: [filled(500, 3)], welcomeFor: [{ device: ben.device, welcome: 0 }] };
    expect(
      await only(
        store,
        commit({ conversation, author: ada, seen: 1 }, roster([ada, 2], [ben, 1]), { ...welcome, newChunks: [] }),
      ),
    ).toEqual({ kind: "chunk-missing" });
    expect((await store.inboxPage(ben.device, 0, 10, 1_000_000)).items).toEqual([]);
    expect(await store.access(conversation, ben.key)).toBe("none");
    expect(
      await stored(store, commit({ conversation, author: ada, seen: 1 }, roster([ada, 2], [ben, 1]), welcome)),
    ).toMatchObject({ seq: 2, gained: [ben.key], lost: [] });
    const again = await reopen();
    expect((await again.inboxPage(ben.device, 0, 10, 1_000_000)).items).toMatchObject([
      { position: 1, conversation: conversationId(1), seq: 2 },
    ]);
    expect(await again.groupInfo(conversation)).toMatchObject({ applied: 2, latestCommit: 2 });
    expect(await again.tree(conversation, 2)).toEqual([filled(64, 2)]);
    expect(await again.tree(conversation, 1)).toEqual([filled(64, 1)]);
  });

  check("[DL4] inbox items have positions without gaps and go when acknowledged", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const rows = roster([ada, 2], [ben, 1]);
    const welcome = { welcomes: [filled(500, 3)], welcomeFor: [{ device: ben.device, welcome: 0 }] };
    for (let n = 1; n <= 5; n++)
      await stored(store, commit({ conversation: group(n), author: ada, seen: 0 }, rows, welcome));
    const page = await store.inboxPage(ben.device, 0, 3, 1_000_000);
    expect(page.items.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(page.more).toBe(true);
    await store.inboxAcknowledge(ben.device, 3);
    expect((await store.inboxPage(ben.device, 0, 10, 1_000_000)).items.map(({ position }) => position)).toEqual([4, 5]);
    await stored(store, commit({ conversation: group(6), author: ada, seen: 0 }, rows, welcome));
    await store.inboxAcknowledge(ben.device, 5);
    expect((await store.inboxPage(ben.device, 0, 10, 1_000_000)).items.map(({ position }) => position)).toEqual([6]);
  });

  check("[DL4] trees of old epochs go, unless a waiting welcome needs them", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const rows = roster([ada, 2], [ben, 1]);
    const own = (n: number) => ({
      treeChunks: [filled(32, 200), filled(32, n)],
      newChunks:
        n === 1
          ? [
              { hash: filled(32, 200), bytes: filled(9, 200) },
              { hash: filled(32, n), bytes: filled(9, n) },
            ]
          : [{ hash: filled(32, n), bytes: filled(9, n) }],
    });
    const { conversation } = await stored(
      store,
      commit({ conversation: group(1), author: ada, seen: 0 }, rows, {
        ...own(1),
        welcomes: [filled(5, 1)],
        welcomeFor: [{ device: ben.device, welcome: 0 }],
      }),
    );
    for (let seen = 1; seen < 20; seen++)
      await stored(store, commit({ conversation, author: ada, seen }, rows, own(seen + 1)));
    expect(await store.tree(conversation, 20)).toEqual([filled(9, 200), filled(9, 20)]);
    expect(await store.tree(conversation, 1)).toEqual([filled(9, 200), filled(9, 1)]);
    expect(await store.tree(conversation, 5)).toBeUndefined();
    await store.inboxAcknowledge(ben.device, 1);
    await stored(store, commit({ conversation, author: ada, seen: 20 }, rows, own(21)));
    expect(await store.tree(conversation, 1)).toBeUndefined();
    expect(await store.tree(conversation, 21)).toEqual([filled(9, 200), filled(9, 21)]);
    // A chunk that was dropped with its tree must be sent again.
    expect(
      await only(
        store,
        commit({ conversation, author: ada, seen: 21 }, rows, { treeChunks: [filled(32, 5)], newChunks: [] }),
      ),
    ).toEqual({ kind: "chunk-missing" });
  });

  check("[DL5] of two direct conversations of a pair one wins; room names are unique", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const rows = roster([ada, 1], [ben, 1]);
    const direct = (n: number, pair: [Key, Key]): Birth => ({
      conversation: conversationId(n),
      kind: KIND.direct,
      pair,
      room: null,
    });
    const room = (n: number): Birth => ({
      conversation: conversationId(n),
      kind: KIND.room,
      pair: null,
      room: v.parse(RoomName, "general"),
    });
    const outcomes = await store.append(
      [
        commit({ conversation: direct(1, [ada.key, ben.key]), author: ada, seen: 0 }, rows),
        commit({ conversation: direct(2, [ben.key, ada.key]), author: ben, seen: 0 }, rows),
        commit({ conversation: room(3), author: ada, seen: 0 }, roster([ada, 2])),
        commit({ conversation: room(4), author: ben, seen: 0 }, roster([ben, 2])),
        commit({ conversation: group(1), author: ben, seen: 0 }, roster([ben, 2])),
      ],
      1,
    );
    expect(outcomes).toMatchObject([
      { kind: "stored" },
      { kind: "direct-exists", conversation: conversationId(1) },
      { kind: "stored" },
      { kind: "room-taken", conversation: conversationId(3) },
      { kind: "conversation-exists" },
    ]);
    expect(await store.room(v.parse(RoomName, "general"))).toMatchObject({
      conversation: conversationId(3),
      people: 1,
    });
  });

  check("[DL7] who was removed reads on until another account stands on the commit", async (store, { reopen }) => {
    const [ada, ben, cyd] = [await signUp(store, 1), await signUp(store, 2), await signUp(store, 3)];
    const { conversation } = await stored(
      store,
      commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2], [ben, 1], [cyd, 1])),
    );
    expect(
      await stored(store, commit({ conversation, author: ada, seen: 1 }, roster([ada, 2], [ben, 1]))),
    ).toMatchObject({ gained: [], lost: [] });
    expect(await store.access(conversation, cyd.key)).toBe("granted");
    // The author's own posts and acknowledgements count for nothing; nor does a post that skipped the commit.
    await stored(store, post({ conversation, author: ada, seen: 2 }));
    expect(await store.acknowledge(conversation, ada.key, 2)).toEqual([]);
    await stored(store, post({ conversation, author: ben, seen: 2, applied: 1 }));
    expect(await store.access(conversation, cyd.key)).toBe("granted");
    const again = await reopen();
    expect(await again.access(conversation, cyd.key)).toBe("granted");
    expect(await again.acknowledge(conversation, ben.key, 2)).toEqual([cyd.key]);
    expect(await again.access(conversation, cyd.key)).toBe("lost");
    expect(await again.conversationsOf(cyd.key)).toEqual([]);
    const [refused] = await again.append([post({ conversation, author: cyd, seen: 2 })], 9);
    expect(refused).toEqual({ kind: "not-a-member" });
  });

  check("[DL7] T14 a commit that everybody skips takes nobody's access", async (store) => {
    const [ada, ben, cyd] = [await signUp(store, 1), await signUp(store, 2), await signUp(store, 3)];
    const all = roster([ada, 2], [ben, 1], [cyd, 1]);
    const { conversation } = await stored(store, commit({ conversation: group(1), author: ada, seen: 0 }, all));
    await stored(store, commit({ conversation, author: ada, seen: 1 }, roster([ada, 2])));
    // Ben skipped it and commits on top of the epoch before.
    expect(await stored(store, commit({ conversation, author: ben, seen: 2, applied: 1 }, all))).toMatchObject({
      gained: [],
      lost: [],
    });
    expect(await store.acknowledge(conversation, ben.key, 3)).toEqual([]);
    for (const person of [ada, ben, cyd]) expect(await store.access(conversation, person.key)).toBe("granted");
  });

  check("[DL7] a post on top of the removing commit is enough", async (store) => {
    const [ada, ben, cyd] = [await signUp(store, 1), await signUp(store, 2), await signUp(store, 3)];
    const { conversation } = await stored(
      store,
      commit({ conversation: group(1), author: ada, seen: 0 }, roster([ada, 2], [ben, 1], [cyd, 1])),
    );
    await stored(store, commit({ conversation, author: ada, seen: 1 }, roster([ada, 2], [ben, 1])));
    expect(await stored(store, post({ conversation, author: ben, seen: 2 }))).toMatchObject({ lost: [cyd.key] });
    // Invited again, everything is as it was.
    expect(
      await stored(store, commit({ conversation, author: ada, seen: 2 }, roster([ada, 2], [ben, 1], [cyd, 1]))),
    ).toMatchObject({ gained: [cyd.key] });
    expect(await store.access(conversation, cyd.key)).toBe("granted");
  });

  check(
    "[DL8] who leaves is out at once, and no roster that still names the account lets it in again",
    async (store, { reopen }) => {
      const [ada, ben, cyd] = [await signUp(store, 1), await signUp(store, 2), await signUp(store, 3)];
      const all = roster([ada, 2], [ben, 1], [cyd, 1]);
      const { conversation } = await stored(store, commit({ conversation: group(1), author: ada, seen: 0 }, all));
      expect(await store.leave(conversation, cyd.key, filled(70, 1))).toBe(true);
      expect(await store.leave(conversation, cyd.key, filled(70, 2))).toBe(false);
      expect(await store.access(conversation, cyd.key)).toBe("lost");
      await stored(store, commit({ conversation, author: ben, seen: 1 }, all));
      expect(await store.access(conversation, cyd.key)).toBe("lost");
      const again = await reopen();
      expect(await again.leavers(conversation)).toEqual([cyd.account]);
      expect(await again.leaveStatements(conversation)).toEqual([filled(70, 1)]);
      await again.append([commit({ conversation, author: ben, seen: 2 }, roster([ada, 2], [ben, 1]))], 1);
      // Until somebody else stands on it the statement stays: the commit may be skipped by all.
      expect(await again.leavers(conversation)).toEqual([cyd.account]);
      await again.acknowledge(conversation, ada.key, 3);
      expect(await again.leavers(conversation)).toEqual([]);
      const [back] = await again.append([commit({ conversation, author: ada, seen: 3 }, all)], 1);
      expect(back).toMatchObject({ kind: "stored", gained: [cyd.key] });
    },
  );

  check("[DL9] a room's ban holds against joining, and a stranger may only join by a bundle", async (store) => {
    const [ada, ben, cyd] = [await signUp(store, 1), await signUp(store, 2), await signUp(store, 3)];
    const room: Birth = {
      conversation: conversationId(1),
      kind: KIND.room,
      pair: null,
      room: v.parse(RoomName, "general"),
    };
    const { conversation } = await stored(
      store,
      commit({ conversation: room, author: ada, seen: 0 }, roster([ada, 2], [ben, 0])),
    );
    expect(await only(store, post({ conversation, author: cyd, seen: 1 }))).toEqual({ kind: "not-a-member" });
    expect(await only(store, commit({ conversation, author: ben, seen: 1 }, roster([ada, 2], [ben, 1])))).toEqual({
      kind: "not-a-member",
    });
    expect(await store.access(conversation, ben.key)).toBe("banned");
    expect(
      await stored(store, commit({ conversation, author: cyd, seen: 1 }, roster([ada, 2], [ben, 0], [cyd, 1]))),
    ).toMatchObject({ gained: [cyd.key] });
    expect(await store.access(conversation, cyd.key)).toBe("granted");
  });

  check("[DL8] who left a room may join it again, whether or not its leaves were taken meanwhile", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const room: Birth = {
      conversation: conversationId(1),
      kind: KIND.room,
      pair: null,
      room: v.parse(RoomName, "general"),
    };
    const both = roster([ada, 2], [ben, 1]);
    const { conversation } = await stored(store, commit({ conversation: room, author: ada, seen: 0 }, both));
    await store.leave(conversation, ben.key, filled(70, 1));
    expect(await stored(store, commit({ conversation, author: ben, seen: 1 }, both))).toMatchObject({
      gained: [ben.key],
    });
    expect(await store.leavers(conversation)).toEqual([]);
    await store.leave(conversation, ben.key, filled(70, 2));
    await stored(store, commit({ conversation, author: ada, seen: 2 }, roster([ada, 2])));
    expect(await stored(store, commit({ conversation, author: ben, seen: 3 }, both))).toMatchObject({
      gained: [ben.key],
    });
    expect(await store.access(conversation, ben.key)).toBe("granted");
  });

  check("[DL10] a closed account is served nothing, and no roster brings it back", async (store) => {
    const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
    const rows = roster([ada, 2], [ben, 1]);
    const { conversation } = await stored(store, commit({ conversation: group(1), author: ada, seen: 0 }, rows));
    await store.appendStatement(ben.key, 2, filled(30, 1), { adds: null, revokes: [], closes: true });
    expect(await store.conversationsOf(ben.key)).toEqual([]);
    await stored(store, commit({ conversation, author: ada, seen: 1 }, rows));
    expect(await store.access(conversation, ben.key)).toBe("none");
    expect(await store.activeDevices([ben.key])).toEqual([]);
  });

  check(
    "[DL13] archive records come back in order; a repeat adds nothing, a rival record stands beside",
    async (store) => {
      const [ada, ben] = [await signUp(store, 1), await signUp(store, 2)];
      const record = (n: number, content = n) => ({
        conversation: conversationId(1),
        key: filled(8, n),
        record: filled(40, content),
      });
      await store.archiveStore(ada.key, ada.device, [record(1), record(2)]);
      await store.archiveStore(ada.key, ada.device, [record(2), record(3), record(1, 9)]);
      const page = await store.archivePage(ada.key, conversationId(1), 0, 3);
      expect(page.records.map(({ position }) => position)).toEqual([1, 2, 3]);
      expect(page.more).toBe(true);
      expect((await store.archivePage(ada.key, conversationId(1), 3, 3)).records).toMatchObject([
        { position: 4, record: filled(40, 9) },
      ]);
      expect((await store.archivePage(ben.key, conversationId(1), 0, 3)).records).toEqual([]);
    },
  );
}
