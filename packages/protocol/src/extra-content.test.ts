import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { meaningOf, previewIn } from "./content-meaning.ts";
import { markdownPost, pinsPost, pollClosePost, pollPost, previewPart, textPost, votePost } from "./content-posts.ts";
import { decodeContent, encodeContent } from "./content.ts";
import { postIdOf } from "./ids.ts";
import { decodePins, encodePins, PINS_MAX } from "./pins-content.ts";
import { decodePoll, decodeVote, encodePoll, encodeVote, isPoll } from "./poll-content.ts";
import { decodePreview, encodePreview, isPreviewOf } from "./preview-content.ts";

const salt = new Uint8Array(16);
const id = (byte: number) => postIdOf(new Uint8Array(32).fill(byte));
const roundTrip = (content: Parameters<typeof encodeContent>[0]) => decodeContent(encodeContent(content))!;

test("a poll, a vote, its end and pins mean what they say", () => {
  const poll = { question: "When?", options: ["Monday", "Friday"], multiple: true };
  expect(meaningOf(roundTrip(pollPost(poll, salt)))).toEqual({ kind: "poll", poll });
  expect(meaningOf(roundTrip(votePost(id(1), [1, 0, 1], salt)))).toEqual({ kind: "vote", to: id(1), options: [0, 1] });
  expect(meaningOf(roundTrip(pollClosePost(id(1), salt)))).toEqual({ kind: "poll-close", to: id(1) });
  expect(meaningOf(roundTrip(pinsPost([id(2), id(1)], salt)))).toEqual({ kind: "pins", posts: [id(2), id(1)] });
});

test.each([
  { question: "", options: ["a", "b"], multiple: false },
  { question: "q", options: ["a"], multiple: false },
  { question: "q", options: ["a", "a"], multiple: false },
  { question: "q", options: ["a", " "], multiple: false },
  { question: "q".repeat(301), options: ["a", "b"], multiple: false },
  { question: "q", options: Array.from({ length: 13 }, (_, at) => `${at}`), multiple: false },
])("what is no poll isn't read as one: $question $options", (poll) => {
  expect(isPoll(poll)).toBe(false);
  expect(decodePoll(encodePoll(poll))).toBeUndefined();
});

test("votes and pins beyond their bounds, twice the same, or out of order are nothing", () => {
  for (const options of [[12], [-1], [1, 0], [0, 0], [0.5], ["0"]])
    expect(decodeVote(encodeCbor([1, options]))).toBeUndefined();
  expect(decodeVote(encodeVote([]))).toEqual([]);
  expect(decodePins(encodePins([id(1), id(1)]))).toBeUndefined();
  expect(decodePins(encodePins(Array.from({ length: PINS_MAX + 1 }, (_, at) => id(at))))).toBeUndefined();
  expect(decodePins(encodePins([]))).toEqual([]);
});

test("[T50] a preview is its author's word about a link that stands in the text, and an address of the web only", () => {
  const preview = { url: "https://museum.example/plan", title: "Plan", description: "" };
  const text = "See https://museum.example/plan for more";
  const post = roundTrip(markdownPost(text, salt, {}, [previewPart(preview)]));
  expect(meaningOf(post)).toMatchObject({ kind: "text", text, unsupportedParts: 0 });
  expect(previewIn(post, text)).toEqual(preview);
  expect(previewIn(post, "See https://other.example/")).toBeNull();
  expect(previewIn(roundTrip(textPost(text, salt)), text)).toBeNull();
  // The beginning of another address is none of the text's own.
  const cut = { ...preview, url: "https://museum.example" };
  expect(isPreviewOf(cut, "See https://museum.example.evil/plan")).toBe(false);
  for (const held of ["See https://museum.example.", "(https://museum.example)", "https://museum.example"])
    expect(isPreviewOf(cut, held)).toBe(true);
  for (const url of [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https://a b",
    "https://ä.example",
  ])
    expect(isPreviewOf({ ...preview, url }, url)).toBe(false);
  expect(decodePreview(encodePreview({ ...preview, title: " " }))).toBeUndefined();
});

test("[T55] hostile bytes never throw", () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const decode of [decodePoll, decodeVote, decodePins, decodePreview]) decode(bytes);
    }),
  ));
