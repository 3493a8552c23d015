import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { equalBytes, toHex, utf8 } from "./bytes.ts";
import { meaningOf, plainTextOf, toldBy } from "./content-meaning.ts";
import {
  deletePost,
  editPost,
  MARKDOWN,
  markdownPost,
  profilePost,
  reactionPost,
  replyPost,
  textPost,
  unreactionPost,
} from "./content-posts.ts";
import { decodeProfile, encodeProfile } from "./content-profile.ts";
import {
  accountUri,
  conversationUri,
  decodeContent,
  encodeContent,
  messageIdInput,
  namesOnly,
  type Content,
  type Part,
} from "./content.ts";
import { accountIdOf, conversationIdOf, postIdOf } from "./ids.ts";

const SALT = new Uint8Array(16).fill(7);
const POST = postIdOf(new Uint8Array(32).fill(1));
const OTHER = postIdOf(new Uint8Array(32).fill(2));

const folder = process.env["SOTTO_VECTORS"] ?? fileURLToPath(new URL("../../../../shared/vectors", import.meta.url));
const mimi = `${folder}/mimi`;
const names = existsSync(mimi)
  ? readdirSync(mimi)
      .filter((name) => name.endsWith(".cbor"))
      .map((name) => name.slice(0, -5))
  : [];
const vectors = names.filter((name) => name !== "implied-original");

test.skipIf(names.length === 0)("the working group's fourteen examples are there", () => {
  expect(vectors).toHaveLength(14);
});

for (const name of vectors) {
  const bytes = new Uint8Array(readFileSync(`${mimi}/${name}.cbor`));
  test(`MIMI example ${name}: decoded, encoded again byte for byte, and its message id`, () => {
    const content = decodeContent(bytes);
    if (content === undefined) throw new Error("not decoded");
    expect(equalBytes(encodeContent(content), bytes)).toBe(true);
    const senderUri = String(content.extensions.get(1));
    const roomUri = String(content.extensions.get(2));
    const said = /message ID\s*=\s*h'([0-9a-f\s#]+)'/
      .exec(readFileSync(`${mimi}/${name}.edn`, "utf8"))?.[1]
      ?.replaceAll(/[^0-9a-f]/g, "");
    const hash = createHash("sha256")
      .update(messageIdInput({ senderUri, roomUri, content: bytes, salt: content.salt }))
      .digest();
    expect(`01${toHex(hash.subarray(0, 31))}`).toBe(said);
  });
}

test.skipIf(names.length === 0)("what MIMI's examples mean to us", () => {
  const meaning = (name: string) => {
    const content = decodeContent(new Uint8Array(readFileSync(`${mimi}/${name}.cbor`)));
    return content === undefined ? undefined : meaningOf(content);
  };
  expect(meaning("original")).toMatchObject({
    kind: "text",
    text: "Hi everyone, we just shipped release 2.0. __Good  work__!",
    inReplyTo: null,
    unsupportedParts: 0,
  });
  expect(meaning("reply")).toMatchObject({ kind: "text", text: "Right on! _Congratulations_ 'all!" });
  expect(meaning("reaction")).toMatchObject({ kind: "reaction", emoji: "❤️" });
  expect(meaning("unlike")).toMatchObject({ kind: "unreaction" });
  expect(meaning("edit")).toMatchObject({ kind: "edit", text: "Right on! _Congratulations_ y'all!" });
  expect(meaning("delete")).toMatchObject({ kind: "delete" });
  expect(meaning("multipart-1")).toMatchObject({ kind: "text", text: "# Welcome!" });
  for (const name of ["attachment", "conferencing", "multipart-3"])
    expect({ name, meaning: meaning(name) }).toEqual({ name, meaning: { kind: "unsupported" } });
});

test("what we write is what we read", () => {
  const cases: [Content, ReturnType<typeof meaningOf>][] = [
    [textPost("hi *you*", SALT), { kind: "text", text: "hi *you*", inReplyTo: null, unsupportedParts: 0 }],
    [replyPost(POST, "yes", SALT), { kind: "text", text: "yes", inReplyTo: POST, unsupportedParts: 0 }],
    [reactionPost(POST, "👍🏽", SALT), { kind: "reaction", to: POST, emoji: "👍🏽" }],
    [unreactionPost(OTHER, POST, SALT), { kind: "unreaction", replaces: OTHER }],
    [editPost(POST, "better", SALT, OTHER), { kind: "edit", replaces: POST, text: "better" }],
    [editPost(POST, "better", SALT), { kind: "edit", replaces: POST, text: "better" }],
    [deletePost(POST, SALT), { kind: "delete", replaces: POST }],
    [profilePost(SALT, SALT), { kind: "profile", profile: SALT }],
  ];
  for (const [content, meaning] of cases) {
    const read = decodeContent(encodeContent(content));
    expect(read).toEqual(content);
    expect(meaningOf(read!)).toEqual(meaning);
  }
  expect(plainTextOf(textPost("a", SALT))).toBe("a");
  expect(plainTextOf(deletePost(POST, SALT))).toBeUndefined();
});

test("what a post says of itself: what it answers, its thread, its end, and that it was brought here", () => {
  const place = { inReplyTo: POST, thread: OTHER, expiresAt: 1_800_000_000, forwarded: true };
  const post = decodeContent(encodeContent(markdownPost("hi", SALT, place)))!;
  expect(meaningOf(post)).toEqual({ kind: "text", text: "hi", inReplyTo: POST, unsupportedParts: 0 });
  expect(toldBy(post)).toEqual({
    inReplyTo: POST,
    thread: OTHER,
    forwarded: true,
    expires: { relative: false, seconds: 1_800_000_000 },
  });
  expect(toldBy(textPost("hi", SALT))).toEqual({ inReplyTo: null, thread: null, forwarded: false, expires: null });
  // What isn't the id of a post is no thread, and only true is true.
  expect(toldBy({ ...post, topic: utf8("a topic"), extensions: new Map([[-65537, 1]]) })).toMatchObject({
    thread: null,
    forwarded: false,
  });
  // Without parts to do without, it is the same post as ever.
  expect(encodeContent(markdownPost("hi", SALT, {}))).toEqual(encodeContent(textPost("hi", SALT)));
});

test("a new version that can't be shown whole says so instead of showing half", () => {
  const half = (body: Part): Content => ({ ...editPost(POST, "", SALT), body });
  expect(meaningOf(half(part("text/html", "<b>")))).toEqual({ kind: "edit", replaces: POST, text: null });
  expect(meaningOf({ ...multi(2, part(MARKDOWN, "a"), part("text/html", "b")), replaces: POST })).toEqual({
    kind: "edit",
    replaces: POST,
    text: null,
  });
});

const bytesOfLength = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyPart: fc.Arbitrary<Part> = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3, depthIdentifier: "part" },
    fc.record({ disposition: fc.nat(255), language: fc.string(), kind: fc.constant("none" as const) }),
    fc.record({
      disposition: fc.nat(255),
      language: fc.string(),
      kind: fc.constant("single" as const),
      contentType: fc.string(),
      content: fc.uint8Array(),
    }),
    fc.record({
      disposition: fc.nat(255),
      language: fc.string(),
      kind: fc.constant("external" as const),
      contentType: fc.string(),
      url: fc.webUrl(),
      expires: fc.nat(0xffff_ffff),
      sizeBytes: fc.maxSafeNat(),
      encryption: fc.nat(0xffff),
      key: fc.uint8Array(),
      nonce: fc.uint8Array(),
      aad: fc.uint8Array(),
      hashAlgorithm: fc.nat(255),
      contentHash: fc.uint8Array(),
      description: fc.string(),
      filename: fc.string(),
    }),
    fc.record({
      disposition: fc.nat(255),
      language: fc.string(),
      kind: fc.constant("unknown" as const),
      cardinality: fc.integer({ min: 4, max: 255 }),
      fields: fc.array(fc.string()),
    }),
    fc.record({
      disposition: fc.nat(255),
      language: fc.string(),
      kind: fc.constant("multi" as const),
      semantics: fc.nat(255),
      parts: fc.array(tie("part"), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).part;
const anyContent: fc.Arbitrary<Content> = fc.record({
  salt: bytesOfLength(16),
  replaces: fc.option(bytesOfLength(32).map(postIdOf)),
  topic: fc.uint8Array(),
  inReplyTo: fc.option(bytesOfLength(32).map(postIdOf)),
  expires: fc.option(fc.record({ relative: fc.boolean(), seconds: fc.nat(0xffff_ffff) })),
  extensions: fc
    .uniqueArray(fc.tuple(fc.oneof(fc.integer(), fc.string({ minLength: 1, maxLength: 60 })), fc.string()), {
      maxLength: 5,
      selector: ([key]) => key,
    })
    .map((entries) => new Map<number | string, unknown>(entries)),
  body: anyPart,
});

test("decode after encode is the identity, whatever the content", () => {
  fc.assert(
    fc.property(anyContent, (content) => {
      const bytes = encodeContent(content);
      const read = decodeContent(bytes);
      expect(read).toEqual(content);
      expect(equalBytes(encodeContent(read!), bytes)).toBe(true);
      expect(() => meaningOf(read!)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

test("[T30] truncated, changed and random bytes never throw, and what is taken has one encoding", () => {
  fc.assert(
    fc.property(anyContent, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, at, change) => {
      const bytes = encodeContent(content);
      expect(decodeContent(bytes.slice(0, at % bytes.length))).toBeUndefined();
      expect(decodeContent(new Uint8Array([...bytes, 0]))).toBeUndefined();
      const changed = bytes.slice();
      changed[at % bytes.length]! ^= change;
      const read = decodeContent(changed);
      if (read !== undefined) expect(equalBytes(encodeContent(read), changed)).toBe(true);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeContent(bytes)),
    { numRuns: 500 },
  );
});

const wire = (changes: Record<number, unknown> = {}): Uint8Array => {
  const fields: unknown[] = [SALT, null, new Uint8Array(0), null, null, new Map(), [1, "", 1, MARKDOWN, utf8("x")]];
  for (const [index, value] of Object.entries(changes)) fields[Number(index)] = value;
  return encodeCbor(fields);
};

test("a container with a wrong field isn't one", () => {
  expect(decodeContent(wire())).toBeDefined();
  const deep = (depth: number): unknown[] => (depth === 0 ? [1, "", 0] : [1, "", 3, 0, [deep(depth - 1), [1, "", 0]]]);
  const cases: Record<number, unknown>[] = [
    { 0: new Uint8Array(15) },
    { 0: "salt" },
    { 1: new Uint8Array(31) },
    { 1: "x" },
    { 2: "topic" },
    { 2: null },
    { 3: [1, 5] },
    { 3: [true, -1] },
    { 3: [true, 2 ** 32] },
    { 3: [true] },
    { 4: new Uint8Array(33) },
    { 5: {} as unknown },
    { 5: new Map([["", 1]]) },
    { 5: new Map([["a".repeat(256), 1]]) },
    { 5: new Map([[1, 5]]) },
    { 5: new Map([[2, null]]) },
    { 5: new Map([["big", "x".repeat(5000)]]) },
    { 5: new Map(Array.from({ length: 33 }, (_, i) => [i + 10, 0])) },
    { 5: [] },
    { 6: null },
    { 6: [1, "", 1, MARKDOWN] },
    { 6: [1, "", 1, MARKDOWN, "text"] },
    { 6: [1, "", 1, MARKDOWN, utf8("x"), 0] },
    { 6: [256, "", 0] },
    { 6: [1, "", 0, 0] },
    { 6: [1, null, 0] },
    { 6: [1, "", 3, 0, [[1, "", 0]]] },
    { 6: [1, "", 3, 0, []] },
    { 6: deep(9) },
    { 6: [1, "", 3, 0, Array.from({ length: 65 }, () => [1, "", 0])] },
    { 6: [6, "", 2, "a", "b", 0, -1, 0, SALT, SALT, SALT, 0, SALT, "", ""] },
    { 7: 0 },
  ];
  for (const [index, one] of cases.entries()) {
    // An empty map of either kind is the same bytes: that one case is a good container.
    if (index === 11) continue;
    expect({ one, read: decodeContent(wire(one)) }).toEqual({ one, read: undefined });
  }
  expect(decodeContent(wire({ 6: [1, "", 1, MARKDOWN, new Uint8Array(70_000)] }))).toBeUndefined();
});

test("[T55] a polluting key stays a key of a map", () => {
  const bytes = wire({ 5: new Map([["__proto__", new Map([["polluted", true]])]]) });
  const content = decodeContent(bytes);
  expect(content?.extensions.get("__proto__")).toEqual(new Map([["polluted", true]]));
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(equalBytes(encodeContent(content!), bytes)).toBe(true);
});

test("unknown parts are kept as they came, and shown as unknown", () => {
  const bytes = wire({ 6: [200, "x-klingon", 77, "something", new Map([[1, 2]])] });
  const content = decodeContent(bytes)!;
  expect(content.body).toMatchObject({ kind: "unknown", cardinality: 77, disposition: 200 });
  expect(meaningOf(content)).toEqual({ kind: "unsupported" });
  expect(equalBytes(encodeContent(content), bytes)).toBe(true);
});

const part = (contentType: string, text: string, disposition = 1): Part => ({
  disposition,
  language: "",
  kind: "single",
  contentType,
  content: utf8(text),
});
const multi = (semantics: number, ...parts: Part[]): Content => ({
  ...textPost("", SALT),
  body: { disposition: 1, language: "", kind: "multi", semantics, parts },
});

test("of several parts, what can be shown is shown and the rest is counted", () => {
  const html = part("text/html", "<b>no</b>");
  expect(meaningOf(multi(0, html, part(MARKDOWN, "a"), part(MARKDOWN, "b")))).toMatchObject({
    kind: "text",
    text: "a",
    unsupportedParts: 0,
  });
  expect(meaningOf(multi(0, html, html))).toEqual({ kind: "unsupported" });
  expect(meaningOf(multi(1, part(MARKDOWN, "a"), part("text/plain", "b")))).toMatchObject({ text: "a\n\nb" });
  expect(meaningOf(multi(1, part(MARKDOWN, "a"), html))).toEqual({ kind: "unsupported" });
  expect(meaningOf(multi(2, part(MARKDOWN, "a"), html, html))).toMatchObject({ text: "a", unsupportedParts: 2 });
  expect(meaningOf(multi(9, part(MARKDOWN, "a"), part(MARKDOWN, "b")))).toEqual({ kind: "unsupported" });
});

test("[T51] HTML, foreign types, broken UTF-8 and unknown dispositions are never shown as text", () => {
  for (const one of [
    part("text/html", "<script>"),
    part("text/html;charset=utf-8", "x"),
    part("image/png", "x"),
    part("", "x"),
    part(MARKDOWN, "x", 6),
    part(MARKDOWN, "x", 9),
  ])
    expect(meaningOf({ ...textPost("", SALT), body: one })).toEqual({ kind: "unsupported" });
  const broken: Part = {
    disposition: 1,
    language: "",
    kind: "single",
    contentType: MARKDOWN,
    content: Uint8Array.of(0xff, 0xfe),
  };
  expect(meaningOf({ ...textPost("", SALT), body: broken })).toEqual({ kind: "unsupported" });
});

test("a reaction is short and answers something; nothing alone deletes nothing", () => {
  expect(meaningOf({ ...reactionPost(POST, "👍", SALT), inReplyTo: null })).toEqual({ kind: "unsupported" });
  expect(meaningOf(reactionPost(POST, "x".repeat(33), SALT))).toEqual({ kind: "unsupported" });
  expect(meaningOf(reactionPost(POST, "", SALT))).toEqual({ kind: "unsupported" });
  expect(meaningOf(reactionPost(POST, "no", SALT))).toEqual({ kind: "unsupported" });
  expect(meaningOf({ ...reactionPost(POST, "👍", SALT), replaces: OTHER })).toEqual({ kind: "unsupported" });
  expect(meaningOf({ ...deletePost(POST, SALT), replaces: null })).toEqual({ kind: "unsupported" });
});

test("[T36] [T12] content that names another sender or another room isn't that sender's", () => {
  const here = {
    senderUri: accountUri(accountIdOf(new Uint8Array(32))),
    roomUri: conversationUri(conversationIdOf(new Uint8Array(16))),
  };
  expect(here.senderUri).toMatch(/^sotto:account\/A{43}$/);
  const naming = (sender?: string, room?: string): Content => ({
    ...textPost("x", SALT),
    extensions: new Map([
      ...(sender === undefined ? [] : [[1, sender] as const]),
      ...(room === undefined ? [] : [[2, room] as const]),
    ]),
  });
  expect(namesOnly(naming(), here)).toBe(true);
  expect(namesOnly(naming(here.senderUri, here.roomUri), here)).toBe(true);
  expect(namesOnly(naming("sotto:account/other"), here)).toBe(false);
  expect(namesOnly(naming(here.senderUri, "sotto:conversation/other"), here)).toBe(false);
});

test("[T36] a message id depends on sender, room, content and salt, and where one ends and the next begins", () => {
  const base = { senderUri: "a", roomUri: "bc", content: utf8("d"), salt: SALT };
  const inputs = [
    base,
    { ...base, senderUri: "ab", roomUri: "c" },
    { ...base, roomUri: "b", content: utf8("cd") },
    { ...base, content: utf8("e") },
    { ...base, salt: new Uint8Array(16) },
  ];
  expect(new Set(inputs.map((one) => toHex(messageIdInput(one)))).size).toBe(inputs.length);
  expect(() => messageIdInput({ ...base, senderUri: "x".repeat(65_536) })).toThrow(RangeError);
});

test("a profile is read as it was written, and nothing else is", () => {
  const profile = { name: "Équipe 🌱", topic: "", picture: null, salt: SALT };
  expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
  expect(decodeProfile(encodeProfile({ ...profile, name: "🌱".repeat(100) }))).toBeDefined();
  for (const bad of [
    encodeProfile({ ...profile, name: "x".repeat(101) }),
    encodeProfile({ ...profile, topic: "x".repeat(501) }),
    encodeProfile({ ...profile, salt: new Uint8Array(15) }),
    encodeCbor([2, SALT, "a", ""]),
    encodeCbor([1, SALT, "a"]),
    encodeCbor([1, SALT, "a", "", 0]),
    new Uint8Array(0),
    encodeProfile(profile).slice(1),
  ])
    expect(decodeProfile(bad)).toBeUndefined();
});
