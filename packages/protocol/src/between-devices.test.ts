import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { meaningOf, plainTextOf } from "./content-meaning.ts";
import { keysAnswerPost, keysRequestPost, profilePost, syncPost, SYNC_TYPE, textPost } from "./content-posts.ts";
import { decodeContent, DISPOSITION, encodeContent, type Content } from "./content.ts";
import { idBytes, postIdOf } from "./ids.ts";
import {
  decodeKeysAnswer,
  decodeKeysRequest,
  encodeKeysAnswer,
  encodeKeysRequest,
  KEYS_ANSWER_BYTES_MAX,
} from "./keys-content.ts";
import { decodeSync, encodeSync, SYNC_ENTRIES_MAX, SYNC_VALUE_BYTES_MAX, type SyncContent } from "./sync-content.ts";

const salt = new Uint8Array(16).fill(9);
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);
const request = postIdOf(bytes(32, 7));

const anySync: fc.Arbitrary<SyncContent> = fc.record({
  entries: fc.array(
    fc.record({
      key: fc.string({ minLength: 1, maxLength: 40 }),
      value: fc.option(fc.uint8Array({ maxLength: 60 })),
      stamp: fc.maxSafeNat(),
    }),
    { maxLength: 8 },
  ),
  snapshot: fc.option(
    fc
      .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(50), fc.nat(50))
      .map(([id, part, more]) => ({ id, part, parts: part + more + 1 })),
  ),
});

test("what devices tell each other comes out as it went in, through a whole post", () => {
  fc.assert(
    fc.property(anySync, (sync) => {
      const meaning = meaningOf(decodeContent(encodeContent(syncPost(encodeSync(sync), salt))) as Content);
      expect(meaning.kind).toBe("sync");
      expect(meaning.kind === "sync" && decodeSync(meaning.bytes)).toEqual(sync);
    }),
  );
  const asked = { publicKey: bytes(1216), epochs: [0n, 3n, 2n ** 53n, 2n ** 64n - 1n] };
  const answer = { request, enc: bytes(1120), sealed: bytes(KEYS_ANSWER_BYTES_MAX) };
  const asking = meaningOf(decodeContent(encodeContent(keysRequestPost(encodeKeysRequest(asked), salt))) as Content);
  const giving = meaningOf(
    decodeContent(encodeContent(keysAnswerPost(request, encodeKeysAnswer(answer), salt))) as Content,
  );
  expect(asking.kind === "keys-request" && decodeKeysRequest(asking.bytes)).toEqual(asked);
  expect(giving.kind === "keys-answer" && decodeKeysAnswer(giving.bytes)).toEqual(answer);
});

test("it is never text, and text never it", () => {
  const words = encodeCbor([1, [["a", null, 1]], null]);
  for (const post of [syncPost(words, salt), keysRequestPost(words, salt), keysAnswerPost(request, words, salt)]) {
    expect(plainTextOf(post)).toBeUndefined();
    expect(meaningOf({ ...post, replaces: request })).toEqual({ kind: "unsupported" });
    expect(meaningOf({ ...post, body: { ...post.body, disposition: DISPOSITION.render } as Content["body"] })).toEqual({
      kind: "unsupported",
    });
  }
  expect(meaningOf(textPost(SYNC_TYPE, salt)).kind).toBe("text");
  expect(meaningOf(profilePost(words, salt)).kind).toBe("profile");
  // As one part among others it is nothing that this release reads, and nothing that it shows.
  const parts = [syncPost(words, salt).body, textPost("hello", salt).body];
  const body = { disposition: 1, language: "", kind: "multi", semantics: 2, parts } as const;
  expect(meaningOf({ ...textPost("", salt), body })).toMatchObject({
    kind: "text",
    text: "hello",
    unsupportedParts: 1,
  });
});

test("[T55] nothing malformed comes out of what a hostile device writes", () => {
  const entry = ["read/x", bytes(3), 5];
  for (const bad of [
    [2, [entry], null],
    [1, [entry]],
    [1, [entry], null, 0],
    [1, [["", null, 1]], null],
    [1, [["k".repeat(129), null, 1]], null],
    [1, [["k", bytes(SYNC_VALUE_BYTES_MAX + 1), 1]], null],
    [1, [["k", "text", 1]], null],
    [1, [["k", null, -1]], null],
    [1, [["k", null, 1.5]], null],
    [1, [["k", null, 2n ** 60n]], null],
    [1, Array.from({ length: SYNC_ENTRIES_MAX + 1 }, () => ["k", null, 1]), null],
    [1, [], [bytes(16), 1, 1]],
    [1, [], [bytes(16), -1, 1]],
    [1, [], [bytes(16), 0, 5000]],
    [1, [], [bytes(15), 0, 1]],
    [1, {}, null],
  ])
    expect(decodeSync(encodeCbor(bad))).toBeUndefined();
  for (const bad of [
    [2, bytes(1216), [1]],
    [1, bytes(1215), [1]],
    [1, bytes(1216), []],
    [1, bytes(1216), [2, 1]],
    [1, bytes(1216), [1, 1]],
    [1, bytes(1216), [-1]],
    [1, bytes(1216), [1.5]],
    [1, bytes(1216), ["1"]],
    [1, bytes(1216), Array.from({ length: 65 }, (_, i) => i)],
    [1, bytes(1216), [1], 0],
  ])
    expect(decodeKeysRequest(encodeCbor(bad))).toBeUndefined();
  for (const bad of [
    [2, idBytes(request), bytes(1120), bytes(1)],
    [1, bytes(31), bytes(1120), bytes(1)],
    [1, idBytes(request), bytes(1121), bytes(1)],
    [1, idBytes(request), bytes(1120), bytes(KEYS_ANSWER_BYTES_MAX + 1)],
    [1, idBytes(request), bytes(1120)],
  ])
    expect(decodeKeysAnswer(encodeCbor(bad))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      for (const decode of [decodeSync, decodeKeysRequest, decodeKeysAnswer]) decode(noise);
    }),
  );
  expect(decodeSync(new Uint8Array(70_000))).toBeUndefined();
});
