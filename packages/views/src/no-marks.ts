import type { PostMarks } from "@sotto/engine";

/** Of what is no text, or of a post that nothing has happened to: nothing, and nothing may. */
export const NO_MARKS: PostMarks = {
  editedAt: null,
  replyTo: null,
  thread: null,
  replies: null,
  reactions: [],
  mentionsSelf: false,
  forwarded: false,
  expiresAt: null,
  pinned: false,
  starred: false,
  poll: null,
  preview: null,
  receipts: null,
  may: { edit: false, delete: false, pin: false, reply: false },
};
