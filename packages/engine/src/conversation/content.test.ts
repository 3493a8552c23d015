import { encodeContent, encodeSync, syncPost, textPost, type AccountId, type ConversationId } from "@sotto/protocol";
import { expect, test } from "vitest";
import { postIdOfBytes, shownOf } from "./content.ts";

const account = "A".repeat(43) as AccountId;
const other = `${"A".repeat(42)}E` as AccountId;
const conversation = "AAAAAAAAAAAAAAAAAAAAAA" as ConversationId;
const salt = new Uint8Array(16).fill(7);

test("the id of a post depends on who wrote it, where, and on every byte", () => {
  const one = encodeContent(textPost("hello", salt));
  const ids = [
    postIdOfBytes(one, account, conversation),
    postIdOfBytes(one, other, conversation),
    postIdOfBytes(encodeContent(textPost("hello!", salt)), account, conversation),
    postIdOfBytes(encodeContent(textPost("hello", new Uint8Array(16))), account, conversation),
  ];
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(ids.length);
});

test("[T36] a content that names another sender or conversation has no id", () => {
  const naming = (sender: string, room: string) =>
    encodeContent({
      ...textPost("hello", salt),
      extensions: new Map<number | string, unknown>([
        [1, sender],
        [2, room],
      ]),
    });
  expect(
    postIdOfBytes(naming(`sotto:account/${account}`, `sotto:conversation/${conversation}`), account, conversation),
  ).toBeDefined();
  expect(
    postIdOfBytes(naming(`sotto:account/${other}`, `sotto:conversation/${conversation}`), account, conversation),
  ).toBeUndefined();
  expect(
    postIdOfBytes(naming(`sotto:account/${account}`, "sotto:conversation/else"), account, conversation),
  ).toBeUndefined();
});

test("what this release can't show is said to need a newer version, never dropped", () => {
  expect(shownOf(Uint8Array.of(1, 2, 3))).toMatchObject({ kind: "unsupported" });
  expect(shownOf(encodeContent(textPost("hello", salt)))).toMatchObject({ kind: "text", text: "hello" });
});

test("[OD9] what devices say to each other is never shown, wherever somebody puts it", () => {
  const bytes = encodeSync({ entries: [], snapshot: null });
  expect(shownOf(encodeContent(syncPost(bytes, salt)))).toEqual({ kind: "between-devices", what: "sync", bytes });
  // Also in a form that no release has written.
  const other = Uint8Array.of(0xff);
  expect(shownOf(encodeContent(syncPost(other, salt)))).toMatchObject({ kind: "between-devices" });
});
