import { conversationIdOf, SottoError, toBase64Url } from "@sotto/protocol";
import { expect, test } from "vitest";
import { inviteLink, parseInviteLink } from "./link.ts";

const ORIGIN = "https://sotto.example";
const place = { conversation: conversationIdOf(new Uint8Array(16).fill(7)), secret: new Uint8Array(32).fill(9) };
const link = inviteLink(ORIGIN, place);

function codeOf(text: string): string {
  try {
    parseInviteLink(ORIGIN, text);
    return "read";
  } catch (error) {
    if (error instanceof SottoError) return error.code;
    throw error;
  }
}

test("a link is read as it was written, and its secret stands behind the #", () => {
  expect(parseInviteLink(ORIGIN, ` ${link}\n`)).toEqual(place);
  expect(parseInviteLink(ORIGIN, link.slice(link.indexOf("#")))).toEqual(place);
  expect(link.indexOf(toBase64Url(place.secret))).toBeGreaterThan(link.indexOf("#"));
});

test.each([
  "",
  "hello",
  "#join/",
  `${ORIGIN}/#join/abc/def`,
  `${link}/more`,
  `${link}x`,
  link.slice(0, -1),
  link.replace("#join", "#chat"),
  `${"x".repeat(3_000)}${link}`,
])("what is no link is told apart: %j", (text) => {
  expect(codeOf(text)).toBe("invite/malformed");
});

test.each(["https://evil.example", "http://sotto.example", "https://sotto.example.evil", "javascript:alert(1)"])(
  "a link to another server isn't followed: %s",
  (origin) => {
    expect(codeOf(inviteLink(origin, place))).toBe("invite/unknown");
  },
);
