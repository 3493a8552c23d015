import { ENTRY_KIND, conversationIdOf, encodeEnvelope, encodeSubmit, sendIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { KeyWatch } from "./key-watch.ts";
import { nodeAead } from "./seeded-provider.ts";

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

function frame(body: Uint8Array): Uint8Array {
  const envelope = encodeEnvelope({ kind: ENTRY_KIND.application, seen: 1, applied: 1, body });
  return encodeSubmit({
    request: 1,
    conversation: conversationIdOf(bytes(16, 1)),
    send: sendIdOf(bytes(16, 2)),
    envelope,
  });
}

test("T26 the same message may leave again, another one under its key may not", async () => {
  const watch = new KeyWatch();
  const aead = watch.over(nodeAead);
  const first = await aead.encrypt(bytes(32, 1), bytes(12, 1), bytes(0, 0), bytes(20, 5));
  const never = await aead.encrypt(bytes(32, 2), bytes(12, 1), bytes(0, 0), bytes(20, 5));
  const instead = await aead.encrypt(bytes(32, 2), bytes(12, 1), bytes(0, 0), bytes(20, 6));
  watch.sent("a", frame(first));
  watch.sent("a", frame(first));
  watch.sent("a", frame(instead));
  expect(watch.findings).toEqual([]);
  watch.sent("b", frame(never));
  expect(watch.findings).toEqual(["b used a key twice for its messages (first on a)"]);
  // Another nonce doesn't excuse a post.
  const again = await aead.encrypt(bytes(32, 1), bytes(12, 2), bytes(0, 0), bytes(20, 7));
  watch.sent("b", frame(again));
  expect(watch.findings.length).toBe(2);
  expect(watch.watched).toBe(5);
});
