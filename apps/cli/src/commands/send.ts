import { POST_BYTES_MAX } from "@sotto/protocol";
import { clockTime } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { terminalWords } from "../failure-words.ts";
import type { Io } from "../io.ts";
import { HERE } from "../records.ts";
import { acceptByWriting } from "../requests.ts";
import { findConversation } from "../resolve.ts";
import { acceptChangedKeys, receivers, requireWritable, settled } from "../send.ts";
import { signedIn, type Run } from "../session.ts";
import { readStdin } from "../stdin-bytes.ts";

export type SendOptions = { wait?: boolean | undefined; unverified?: boolean | undefined };

/** `sotto send`: one post, from the arguments or from stdin, and who received it. */
export async function send(
  run: Run,
  name: string,
  words: readonly string[],
  { wait, unverified }: SendOptions,
): Promise<Exit> {
  await signedIn(run);
  const text = words.length > 0 ? words.join(" ") : await readText(run.io);
  requireText(text);
  const found = await findConversation(run, name, { mayOpen: true });
  requireWritable(found, unverified === true);
  const conversation = await acceptByWriting(run, found);
  await acceptChangedKeys(run, conversation);
  const post = await run.engine.send({ conversation: conversation.conversation, text });
  const state = await settled(run, conversation.conversation, post, { wait: wait === true });
  switch (state.kind) {
    case "sending":
      await run.note(
        `Not sent yet: ${run.home.origin} can't be reached. The message to ${receivers(conversation)} is kept and goes out the next time sotto is online.`,
      );
      return EXIT.kept;
    case "failed": {
      const { what, next } = terminalWords(state.failure, run.home.origin);
      await run.engine.discard({ conversation: conversation.conversation, post });
      throw new Stop(EXIT.failed, `Not sent: ${what}`, next === "" ? [] : [next]);
    }
    case "sent":
    case "received":
      await run.print(`sent to ${receivers(conversation)} at ${clockTime(Date.now(), HERE)}`);
      return EXIT.done;
  }
}

export function requireText(text: string): void {
  if (text.trim() === "") throw new Stop(EXIT.failed, "There is nothing to send: the text is empty.");
  if (new TextEncoder().encode(text).length > POST_BYTES_MAX)
    throw new Stop(EXIT.failed, TOO_LONG, ["send it in parts"]);
}

const TOO_LONG = `That is longer than a message may be (${POST_BYTES_MAX / 1024} KiB).`;

/** Everything on stdin, without the line break at its end. */
async function readText(io: Io): Promise<string> {
  if (io.stdin.isTTY === true) io.stderr.write("Write the message, then Ctrl D on a line of its own.\n");
  const bytes = await readStdin(io, POST_BYTES_MAX + 2, () => new Stop(EXIT.failed, TOO_LONG, ["send it in parts"]));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch {
    throw new Stop(EXIT.failed, "What came in is not text in UTF-8. Nothing was sent.");
  }
}
