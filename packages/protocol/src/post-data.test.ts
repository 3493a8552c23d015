import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { decodePostData, encodePostData, type PostData } from "./post-data.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyPost: fc.Arbitrary<PostData> = fc.record({
  context: fc.record({
    counter: fc.maxSafeNat().map((n) => Math.max(n, 1)),
    seq: fc.maxSafeNat(),
    head: hash,
    epochDigest: hash,
    time: fc.maxSafeNat(),
    name: fc.option(fc.stringMatching(/^[A-Za-z]{1,64}$/)),
  }),
  content: fc.uint8Array(),
});
const post: PostData = {
  context: { counter: 1, seq: 0, head: new Uint8Array(32), epochDigest: new Uint8Array(32), time: 0, name: null },
  content: Uint8Array.of(1),
};

test("decode after encode is the identity; truncated and changed bytes never throw", () => {
  fc.assert(
    fc.property(anyPost, fc.nat(), fc.nat(255), (data, at, change) => {
      const bytes = encodePostData(data);
      expect(decodePostData(bytes)).toEqual(data);
      expect(decodePostData(bytes.slice(0, at % bytes.length))).toBeUndefined();
      expect(decodePostData(new Uint8Array([...bytes, 0]))).toBeUndefined();
      const changed = bytes.slice();
      changed[at % bytes.length]! ^= change;
      decodePostData(changed);
    }),
  );
});

test("[T36] every field of the context is there, typed and bounded", () => {
  const { context, content } = post;
  expect(decodePostData(encodeCbor([1, context, content]))).toEqual(post);
  const { name: _, ...nameless } = context;
  for (const bad of [
    [2, context, content],
    [1, context],
    [1, context, content, 0],
    [1, context, "x"],
    [1, nameless, content],
    [1, { ...context, more: 1 }, content],
    [1, { ...context, counter: 0 }, content],
    [1, { ...context, counter: 1.5 }, content],
    [1, { ...context, seq: -1 }, content],
    [1, { ...context, head: new Uint8Array(31) }, content],
    [1, { ...context, epochDigest: null }, content],
    [1, { ...context, time: "now" }, content],
    [1, { ...context, name: "x".repeat(65) }, content],
    [1, { ...context, name: 5 }, content],
  ])
    expect(decodePostData(encodeCbor(bad))).toBeUndefined();
});

test("[T53] a sender's name comes out clean, or not at all", () => {
  const named = (name: string) =>
    decodePostData(encodePostData({ ...post, context: { ...post.context, name } }))?.context.name;
  expect(named("\u202EAlice\u0000")).toBe("Alice");
  expect(named("\u200B\u3164 ")).toBeNull();
  expect(named(`A${"\u0301".repeat(60)}`)).toBe("Á\u0301\u0301\u0301");
});
