import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { meaningOf, plainTextOf } from "./content-meaning.ts";
import { personPost, receiptPost } from "./content-posts.ts";
import { decodeContent, DISPOSITION, encodeContent, type Content } from "./content.ts";
import { DISPLAY_NAME_LENGTH_MAX, PICTURE_BYTES_MAX, STATUS_LENGTH_MAX } from "./limits.ts";
import { decodePerson, encodePerson } from "./person-content.ts";
import { decodeReceipt, encodeReceipt } from "./receipt-content.ts";

const salt = new Uint8Array(16).fill(9);
const through = (post: Content) => meaningOf(decodeContent(encodeContent(post)) as Content);

test("a person and a receipt come out as they went in, through a whole post", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 32 }),
      fc.string({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 90 }),
      (name, status, picture) => {
        const meaning = through(personPost(encodePerson({ name, status, picture }), salt));
        expect(meaning.kind === "person" && decodePerson(meaning.bytes)).toEqual({ name, status, picture });
      },
    ),
  );
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
      const receipt = { delivered: Math.max(a, b), read: Math.min(a, b) };
      const meaning = through(receiptPost(encodeReceipt(receipt), salt));
      expect(meaning.kind === "receipt" && decodeReceipt(meaning.bytes)).toEqual(receipt);
    }),
  );
});

test("they are never text, nor versions of anything", () => {
  const words = encodeCbor([1, "a", "b", new Uint8Array()]);
  for (const post of [personPost(words, salt), receiptPost(words, salt)]) {
    expect(plainTextOf(post)).toBeUndefined();
    const shown = { ...post, body: { ...post.body, disposition: DISPOSITION.render } as Content["body"] };
    expect(meaningOf(shown)).toEqual({ kind: "unsupported" });
  }
});

test("[T55] nothing malformed comes out of what a hostile device writes", () => {
  const none = new Uint8Array();
  for (const bad of [
    [2, "a", "b", none],
    [1, "a", "b"],
    [1, "a", "b", none, 0],
    [1, "a", "b", null],
    [1, null, "b", none],
    [1, "a".repeat(DISPLAY_NAME_LENGTH_MAX + 1), "", none],
    [1, "a", "b".repeat(STATUS_LENGTH_MAX + 1), none],
    [1, "a", "b", new Uint8Array(PICTURE_BYTES_MAX + 1)],
    {},
  ])
    expect(decodePerson(encodeCbor(bad))).toBeUndefined();
  for (const bad of [
    [2, 1, 1],
    [1, 1],
    [1, 1, 2],
    [1, -1, -1],
    [1, 1.5, 1],
    [1, 2n ** 60n, 1],
    [1, "1", 1],
    [1, 1, 1, 1],
    7,
  ])
    expect(decodeReceipt(encodeCbor(bad))).toBeUndefined();
});
