import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { compareBytes, concat, equalBytes, fromBase64Url, fromUtf8, toBase64Url, toHex, utf8 } from "./bytes.ts";
import { encodeCbor } from "./cbor.ts";
import { decodeCommitData, encodeCommitData } from "./commit-data.ts";
import {
  decodeCommitBody,
  decodeEnvelope,
  encodeCommitBody,
  encodeEnvelope,
  ENTRY_KIND,
  ENVELOPE_HEADER_BYTES,
} from "./entry.ts";
import { ERROR_CODES, Refusal } from "./errors.ts";
import {
  decodeDeviceFrame,
  decodeServerFrame,
  encodeAccepted,
  encodeEntry,
  encodeEvent,
  encodePage,
  encodeRefused,
  encodeRequest,
  encodeResponse,
  encodeSubmit,
  FRAME,
  type LogRow,
} from "./frames.ts";
import { decodeProfile, encodeProfile } from "./content-profile.ts";
import { decodeConversationExtension, encodeConversationExtension, KIND, MEMBERS_MAY } from "./group-extension.ts";
import {
  AccountId,
  accountIdOf,
  ConversationId,
  conversationIdOf,
  DeviceId,
  deviceIdOf,
  idBytes,
  PostId,
  postIdOf,
  RoomName,
  sendIdOf,
  Username,
} from "./ids.ts";
import { PICTURE_BYTES_MAX } from "./limits.ts";
import { pngOf } from "./testing-pictures.ts";
import { decodeRoster, encodeRoster, ROLE, sortRoster, type RosterRow } from "./roster.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
const seq = fc.maxSafeNat();
const account = hash.map(accountIdOf);
const u32 = fc.nat(0xffff_ffff);

/** Cut, lengthened, changed and random: nothing throws. */
function abused(bytes: Uint8Array, at: number, change: number): Uint8Array[] {
  const changed = bytes.slice();
  if (changed.length > 0) changed[at % changed.length]! ^= change;
  return [bytes.slice(0, at % (bytes.length + 1)), concat(bytes, Uint8Array.of(change)), changed];
}

test("base64url and hex", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
    }),
  );
  for (const bad of ["A", "AAAAA", "A=", "A+", "A/", "AB", "AAB", "A A", "Ä", "AA\n", "🙂"])
    expect(fromBase64Url(bad)).toBeUndefined();
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from("ABab01-_+=/ ")) }), (text) => {
      const bytes = fromBase64Url(text);
      if (bytes !== undefined) expect(toBase64Url(bytes)).toBe(text);
    }),
  );
});

test("bytes: order, equality and UTF-8", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
      expect(concat(a, b)).toEqual(new Uint8Array([...a, ...b]));
    }),
  );
  expect(fromUtf8(utf8("\uFEFFé🙂"))).toBe("\uFEFFé🙂");
  expect(() => fromUtf8(Uint8Array.of(0xc0, 0x80))).toThrow(TypeError);
});

test("[T07] ids have one length and one spelling; one kind's text isn't another's", () => {
  fc.assert(
    fc.property(hash, sixteen, (long, short) => {
      expect(idBytes(accountIdOf(long))).toEqual(long);
      expect(idBytes(postIdOf(long))).toEqual(long);
      expect(idBytes(deviceIdOf(short))).toEqual(short);
      expect(v.is(DeviceId, toBase64Url(long))).toBe(false);
      expect(v.is(AccountId, toBase64Url(short))).toBe(false);
      expect(v.is(ConversationId, toBase64Url(short))).toBe(true);
    }),
  );
  const id = toBase64Url(new Uint8Array(32).fill(255));
  for (const bad of [
    `${id.slice(0, -1)}_`,
    `${id}=`,
    ` ${id}`,
    id.slice(1),
    "",
    toBase64Url(new Uint8Array(33)),
    5,
    null,
  ])
    expect(v.is(PostId, bad)).toBe(false);
  expect(() => accountIdOf(new Uint8Array(31))).toThrow();
  expect(() => deviceIdOf(new Uint8Array(32))).toThrow();
});

test("[T53] usernames and room names are ASCII and short", () => {
  for (const good of ["abc", "a_b.9", "x".repeat(32)]) expect(v.is(Username, good)).toBe(true);
  for (const bad of [
    "ab",
    "x".repeat(33),
    "Alice",
    "аlice",
    "a b c",
    "abc\n",
    "ab\u200Bc",
    "a-b",
    "@abc",
    "ab\u0000c",
    "",
  ])
    expect({ bad, is: v.is(Username, bad) }).toEqual({ bad, is: false });
  for (const good of ["ab", "general-2"]) expect(v.is(RoomName, good)).toBe(true);
  for (const bad of ["a", "General", "a_b", "x".repeat(33), "ab\n", "#ab"]) expect(v.is(RoomName, bad)).toBe(false);
});

const envelope = fc
  .record({ kind: fc.constantFrom(ENTRY_KIND.application, ENTRY_KIND.commit), a: seq, b: seq, body: fc.uint8Array() })
  .map(({ kind, a, b, body }) => ({ kind, seen: Math.max(a, b), applied: Math.min(a, b), body }));

test("envelopes: decode after encode is the identity; hostile bytes never throw", () => {
  fc.assert(
    fc.property(envelope, fc.nat(), fc.nat(255), (one, at, change) => {
      const bytes = encodeEnvelope(one);
      expect(decodeEnvelope(bytes)).toEqual(one);
      for (const bad of abused(bytes, at, change)) {
        const read = decodeEnvelope(bad);
        if (read !== undefined) expect(encodeEnvelope(read)).toEqual(bad);
      }
    }),
  );
});

test("envelopes of another version or kind, from the future or too short aren't ones", () => {
  const good = encodeEnvelope({ kind: ENTRY_KIND.commit, seen: 5, applied: 3, body: new Uint8Array(0) });
  const but = (at: number, value: number): Uint8Array => good.map((byte, index) => (index === at ? value : byte));
  for (const bad of [
    but(0, 0),
    but(0, 2),
    but(1, 0),
    but(1, 3),
    but(9, 2),
    but(2, 255),
    good.slice(0, ENVELOPE_HEADER_BYTES - 1),
    new Uint8Array(0),
  ])
    expect(decodeEnvelope(bad)).toBeUndefined();
  // At an offset in a larger buffer, as from a socket.
  expect(decodeEnvelope(concat(Uint8Array.of(9, 9, 9), good).subarray(3))).toMatchObject({ seen: 5, applied: 3 });
});

test("commit bodies and commit data: decode after encode is the identity; hostile bytes never throw", () => {
  const statement = fc.uint8Array({ maxLength: 64 });
  const evidence = fc.oneof(
    fc.record({ kind: fc.constant("leave" as const), statement }),
    fc.record({ kind: fc.constant("chain" as const), statements: fc.array(statement, { maxLength: 4 }) }),
  );
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.uint8Array(),
      hash,
      fc.array(evidence, { maxLength: 4 }),
      fc.nat(),
      fc.nat(255),
      (commit, roster, rosterHash, list, at, change) => {
        const body = encodeCommitBody({ commit, roster });
        const data = encodeCommitData({ rosterHash, evidence: list });
        expect(decodeCommitBody(body)).toEqual({ commit, roster });
        expect(decodeCommitData(data)).toEqual({ rosterHash, evidence: list });
        for (const bad of abused(body, at, change)) decodeCommitBody(bad);
        for (const bad of abused(data, at, change)) decodeCommitData(bad);
      },
    ),
  );
  const rosterHash = new Uint8Array(32);
  for (const bad of [
    encodeCbor([2, { rosterHash, evidence: [] }]),
    encodeCbor([1, { rosterHash }]),
    encodeCbor([1, { rosterHash: new Uint8Array(31), evidence: [] }]),
    encodeCbor([1, { rosterHash, evidence: [{ kind: "trust-me", statement: rosterHash }] }]),
    encodeCbor([1, { rosterHash, evidence: [{ kind: "leave", statement: new Uint8Array(1025) }] }]),
    encodeCbor([
      1,
      { rosterHash, evidence: Array.from({ length: 65 }, () => ({ kind: "leave", statement: rosterHash })) },
    ]),
    encodeCbor([1, { rosterHash, evidence: [], more: 1 }]),
  ])
    expect(decodeCommitData(bad)).toBeUndefined();
});

test("device frames: decode after encode is the identity; hostile bytes never throw", () => {
  fc.assert(
    fc.property(
      u32,
      sixteen,
      sixteen,
      fc.uint8Array(),
      fc.nat(),
      fc.nat(255),
      (request, conversation, send, body, at, change) => {
        const submit = { request, conversation: conversationIdOf(conversation), send: sendIdOf(send), envelope: body };
        const frame = encodeSubmit(submit);
        expect(decodeDeviceFrame(frame)).toEqual({ type: "submit", ...submit });
        const asked = encodeRequest(request, "inbox.page", { after: at, bytes: body });
        expect(decodeDeviceFrame(asked)).toEqual({
          type: "request",
          request,
          body: ["inbox.page", { after: at, bytes: body }],
        });
        for (const bad of [...abused(frame, at, change), ...abused(asked, at, change)]) decodeDeviceFrame(bad);
        expect(decodeServerFrame(frame)).toBeUndefined();
      },
    ),
  );
});

const row: fc.Arbitrary<LogRow> = fc.oneof(
  fc.record({ kind: fc.constant("stored" as const), seq, acceptedAt: seq, envelope: fc.uint8Array() }),
  fc.record({
    kind: fc.constant("erased" as const),
    seq,
    acceptedAt: seq,
    entry: fc.constantFrom(ENTRY_KIND.application, ENTRY_KIND.commit),
    hash,
  }),
);

test("server frames: decode after encode is the identity; hostile bytes never throw", () => {
  fc.assert(
    fc.property(
      u32,
      sixteen,
      seq,
      seq,
      fc.uint8Array(),
      hash,
      fc.array(row, { maxLength: 6 }),
      fc.boolean(),
      fc.nat(),
      fc.nat(255),
      (request, conversation, place, acceptedAt, bytes, entryHash, rows, more, at, change) => {
        const frames: [Uint8Array, unknown][] = [
          [
            encodeEntry(conversation, place, acceptedAt, bytes),
            { type: "entry", conversation: conversationIdOf(conversation), seq: place, acceptedAt, envelope: bytes },
          ],
          [encodeAccepted(request, place, entryHash), { type: "accepted", request, seq: place, hash: entryHash }],
          [encodeRefused(request, { code: "x" }), { type: "refused", request, body: { code: "x" } }],
          [encodeResponse(request, [bytes]), { type: "response", request, body: [bytes] }],
          [encodeEvent({ event: "inbox" }), { type: "event", body: { event: "inbox" } }],
          [encodePage(request, more, rows), { type: "page", request, more, rows }],
        ];
        for (const [frame, expected] of frames) {
          expect(decodeServerFrame(frame)).toEqual(expected);
          expect(decodeDeviceFrame(frame)).toBeUndefined();
          for (const bad of abused(frame, at, change)) decodeServerFrame(bad);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("random frames of every type never throw", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(FRAME), 0, 255),
      fc.nat(2),
      fc.uint8Array({ maxLength: 120 }),
      (type, version, rest) => {
        const frame = concat(Uint8Array.of(version, type), rest);
        const [device, server] = [decodeDeviceFrame(frame), decodeServerFrame(frame)];
        if (version !== 1) expect([device, server]).toEqual([undefined, undefined]);
      },
    ),
    { numRuns: 3000 },
  );
});

test("pages that lie about themselves aren't pages", () => {
  const rows: LogRow[] = [
    { kind: "stored", seq: 1, acceptedAt: 2, envelope: Uint8Array.of(1, 2, 3) },
    { kind: "erased", seq: 2, acceptedAt: 2, entry: ENTRY_KIND.commit, hash: new Uint8Array(32) },
  ];
  const page = encodePage(7, true, rows);
  const but = (at: number, value: number): Uint8Array => page.map((byte, index) => (index === at ? value : byte));
  for (const bad of [
    but(6, 2), // more is neither yes nor no
    but(8, 1),
    but(8, 3),
    but(7, 2), // fewer rows, more rows, and more than a page has
    but(9, 255), // a seq beyond what can be counted
    but(9 + 16, 3), // no kind of entry
    but(9 + 16, 2),
    but(9 + 16, 1), // erased without a hash of 32 bytes
    but(9 + 17, 255),
    but(9 + 20, 200), // a body of 4 GiB, and one that ends after the frame
    page.slice(0, -1),
    concat(page, Uint8Array.of(0)),
    page.slice(0, 8),
  ])
    expect(decodeServerFrame(bad)).toBeUndefined();
});

test("rosters and conversation extensions: one encoding, no account twice, hostile bytes never throw", () => {
  const rows = fc.uniqueArray(fc.tuple(account, fc.constantFrom(...Object.values(ROLE))), {
    selector: ([id]) => id,
    maxLength: 8,
  });
  const policy = fc.record({
    add: fc.constantFrom("admins" as const, "members" as const),
    post: fc.constantFrom("admins" as const, "members" as const),
    pin: fc.constantFrom("admins" as const, "members" as const),
    mentionAll: fc.constantFrom("admins" as const, "members" as const),
    join: fc.constantFrom("closed" as const, "open" as const),
    history: fc.constantFrom("archive" as const, "device-only" as const),
    timerSeconds: fc.nat(1000),
  });
  fc.assert(
    fc.property(
      rows,
      policy,
      fc.constantFrom(...Object.values(KIND)),
      fc.option(hash),
      fc.nat(),
      fc.nat(255),
      (accounts, rules, kind, profileHash, at, change) => {
        const list: RosterRow[] = accounts;
        const roster = encodeRoster(list);
        expect(decodeRoster(roster)).toEqual(sortRoster(list));
        expect(encodeRoster([...list].reverse())).toEqual(roster);
        const extension = { kind, accounts: sortRoster(list), policy: rules, profileHash };
        const bytes = encodeConversationExtension({ ...extension, accounts: [...list].reverse() });
        expect(decodeConversationExtension(bytes)).toEqual(extension);
        for (const bad of [...abused(roster, at, change), ...abused(bytes, at, change)]) {
          const [a, b] = [decodeRoster(bad), decodeConversationExtension(bad)];
          if (a !== undefined) expect(encodeRoster(a)).toEqual(bad);
          if (b !== undefined) expect(encodeConversationExtension(b)).toEqual(bad);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("[T14] rosters and extensions that are unsorted, ambiguous or say more than they may are refused", () => {
  const [a, b] = sortRoster([
    [accountIdOf(new Uint8Array(32)), ROLE.admin],
    [accountIdOf(new Uint8Array(32).fill(1)), ROLE.member],
  ]) as [RosterRow, RosterRow];
  const policy = { add: "admins", join: "closed", history: "archive", timerSeconds: 0 };
  const extension = { kind: KIND.group, accounts: [a, b], policy, profileHash: null };
  expect(decodeConversationExtension(encodeCbor([1, extension]))).toBeDefined();
  for (const bad of [
    [1, [b, a]],
    [1, [a, a]],
    [1, [a, [a[0], ROLE.member]]],
    [2, [a]],
    [1, [[a[0], 4]]],
    [1, [[a[0], 1, 1]]],
    [1, [["x", 1]]],
    [1, [a], 0],
  ])
    expect(decodeRoster(encodeCbor(bad))).toBeUndefined();
  for (const bad of [
    { ...extension, accounts: [b, a] },
    { ...extension, accounts: [a, a] },
    { ...extension, kind: 5 },
    { ...extension, more: true },
    { ...extension, profileHash: new Uint8Array(31) },
    { ...extension, policy: { ...policy, add: "anyone" } },
    { ...extension, policy: { ...policy, timerSeconds: -1 } },
    { ...extension, policy: { ...policy, timerSeconds: 1.5 } },
    { ...extension, policy: { ...policy, more: 1 } },
  ])
    expect(decodeConversationExtension(encodeCbor([1, bad]))).toBeUndefined();
  expect(decodeConversationExtension(encodeCbor([2, extension]))).toBeUndefined();
});

test("[T14] a policy has one encoding: the first version where its rules suffice, the second only where they don't", () => {
  const accounts = [[accountIdOf(new Uint8Array(32)), ROLE.admin]] as RosterRow[];
  const first = { add: "admins", join: "closed", history: "archive", timerSeconds: 60 } as const;
  const extension = { kind: KIND.group, accounts, profileHash: null };
  const old = encodeCbor([1, { ...extension, policy: first }]);
  expect(decodeConversationExtension(old)).toEqual({ ...extension, policy: { ...first, ...MEMBERS_MAY } });
  expect(encodeConversationExtension({ ...extension, policy: { ...first, ...MEMBERS_MAY } })).toEqual(old);
  for (const rule of ["post", "pin", "mentionAll"] as const) {
    const policy = { ...first, ...MEMBERS_MAY, [rule]: "admins" } as const;
    const bytes = encodeCbor([2, { ...extension, policy }]);
    expect(encodeConversationExtension({ ...extension, policy })).toEqual(bytes);
    expect(decodeConversationExtension(bytes)).toEqual({ ...extension, policy });
    expect(decodeConversationExtension(encodeCbor([1, { ...extension, policy }]))).toBeUndefined();
  }
  // What says nothing new in the second version, says less than all there, or is of a third, is no policy.
  expect(decodeConversationExtension(encodeCbor([2, { ...extension, policy: { ...first, ...MEMBERS_MAY } }]))).toBe(
    undefined,
  );
  const partly = { ...first, post: "admins" };
  expect(decodeConversationExtension(encodeCbor([2, { ...extension, policy: partly }]))).toBeUndefined();
  const third = [3, { ...extension, policy: { ...first, ...MEMBERS_MAY, post: "admins" } }];
  expect(decodeConversationExtension(encodeCbor(third))).toBeUndefined();
});

test("[T14] a profile has one encoding, and a picture in it is an image by its own bytes", () => {
  const salt = new Uint8Array(16).fill(3);
  const png = pngOf({ width: 512, height: 1 });
  const named = { name: "Garden", topic: "seeds", picture: null, salt };
  expect(encodeProfile(named)).toEqual(encodeCbor([1, salt, "Garden", "seeds"]));
  for (const profile of [named, { ...named, picture: png }])
    expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
  const huge = new Uint8Array(PICTURE_BYTES_MAX + 1);
  huge.set(png);
  for (const bad of [
    [2, salt, "Garden", "seeds"],
    [2, salt, "Garden", "seeds", null],
    [2, salt, "Garden", "seeds", new Uint8Array(0)],
    [2, salt, "Garden", "seeds", utf8("<svg onload=alert(1)>")],
    [2, salt, "Garden", "seeds", utf8("GIF89a")],
    [2, salt, "Garden", "seeds", huge],
    [2, salt, "Garden", "seeds", pngOf({ width: 513, height: 1 })],
    [2, salt, "x".repeat(101), "seeds", png],
    [1, salt, "Garden", "seeds", png],
    [3, salt, "Garden", "seeds", png],
  ])
    expect(decodeProfile(encodeCbor(bad))).toBeUndefined();
});

test("error codes are there once, and a refusal says nothing that isn't in its shape", () => {
  expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  for (const code of ERROR_CODES) expect(code).toMatch(/^[a-z-]+\/[a-z-]+$/);
  expect(v.is(Refusal, { code: "request/too-many", message: "Slower.", retryAfterMs: 5 })).toBe(true);
  for (const bad of [
    { code: "made/up", message: "" },
    { code: "request/too-many" },
    { code: "request/too-many", message: "x".repeat(501) },
    { code: "request/too-many", message: "", html: "<b>" },
    { code: "request/too-many", message: "", retryAfterMs: -1 },
  ])
    expect(v.is(Refusal, bad)).toBe(false);
});
