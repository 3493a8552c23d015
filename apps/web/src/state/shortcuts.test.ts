import { conversationIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { neighbour } from "./shortcuts.ts";

const id = (number: number) => conversationIdOf(new Uint8Array(16).fill(number));
const rows = [0, 2, 0, 1].map((unread, at) => ({ conversation: id(at), unread }));

test.each([
  { opened: null, by: 1, unread: false, to: 0 },
  { opened: null, by: 1, unread: true, to: 1 },
  { opened: null, by: -1, unread: false, to: undefined },
  { opened: 1, by: 1, unread: false, to: 2 },
  { opened: 1, by: 1, unread: true, to: 3 },
  { opened: 3, by: 1, unread: false, to: undefined },
  { opened: 3, by: -1, unread: false, to: 2 },
  { opened: 3, by: -1, unread: true, to: 1 },
  { opened: 0, by: -1, unread: true, to: undefined },
] as const)("from $opened by $by (unread only: $unread) to $to", ({ opened, by, unread, to }) =>
  expect(neighbour({ rows, opened: opened === null ? null : id(opened) }, by, unread)).toBe(
    to === undefined ? undefined : id(to),
  ),
);
