import type { ConversationSummary } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { asUsername } from "@sotto/views";
import { EXIT, Stop } from "./exit.ts";
import { addressOf, titleOf } from "./people.ts";
import { caughtUp, type Run } from "./session.ts";
import { safeName } from "./text.ts";

/**
 * Who wants to talk, in one sentence that holds nothing they wrote: "@eve wants to talk to you." The engine shows of strangers only the
 * handle.
 */
export function requestWords(request: ConversationSummary): string {
  return request.kind === "direct"
    ? `${addressOf(request)} wants to talk to you. You share no conversation.`
    : `Somebody you share nothing with added you to a group with ${titleOf(request)}.`;
}

/**
 * The one request that is meant: by `@username` what that person began, else the group in which they ask; or by the id of the conversation.
 * @throws Stop EXIT.nobody for none or several
 */
export async function findRequest(run: Run, name: string): Promise<ConversationSummary> {
  const isCurrent = await caughtUp(run);
  const requests = (await run.engine.conversations()).filter(({ request }) => request);
  const wanted = name.trim();
  const username = wanted.startsWith("@") ? asUsername(wanted) : null;
  const fits = requests.filter(({ conversation, people }) =>
    username === null ? conversation === wanted : people.some((each) => each.username === username),
  );
  const direct = fits.filter(({ kind }) => kind === "direct");
  const candidates = direct.length > 0 ? direct : fits;
  const [found] = candidates;
  if (found === undefined) {
    const offline = isCurrent ? "" : " The server can't be reached, so what is new there isn't known.";
    throw new Stop(EXIT.nobody, `No request to talk is from ${safeName(wanted)}.${offline}`, [
      "see who asks:  sotto ls",
    ]);
  }
  if (candidates.length > 1)
    throw new Stop(
      EXIT.nobody,
      `There are several requests from ${safeName(wanted)}. Say which by its id:`,
      candidates.map((each) => `${each.conversation}  ${each.kind}, ${each.peopleCount} people`),
    );
  return found;
}

/** Whoever is written to was let in by that; what waits there goes out afterwards. */
export async function acceptByWriting(run: Run, conversation: ConversationSummary): Promise<ConversationSummary> {
  if (!conversation.request) return conversation;
  await run.engine.acceptRequest({ conversation: conversation.conversation });
  return run.engine.conversation(conversation.conversation);
}

/** Whoever asks has a handle as soon as their keys are here. */
const isNamed = ({ people }: ConversationSummary): boolean => people.some(({ username }) => username !== "");

/**
 * Says once of each conversation that somebody wants to talk, from now on until it is stopped.
 * @param how  what can be done about it, said after who it is
 */
export function tellRequests(run: Run, how: (address: string) => string): { done: Promise<void>; stop: () => void } {
  const told = new Set<ConversationId>();
  let isLooking = false;
  let isDue = false;
  const look = async (): Promise<void> => {
    isDue = true;
    if (isLooking) return;
    isLooking = true;
    try {
      while (isDue) {
        isDue = false;
        const conversations = await run.engine.conversations();
        for (const each of conversations) {
          if (!each.request || told.has(each.conversation) || !isNamed(each)) continue;
          told.add(each.conversation);
          await run.note(`${requestWords(each)} ${how(addressOf(each))}`);
        }
      }
    } finally {
      isLooking = false;
    }
  };
  const stop = run.engine.subscribe(({ kind }) => {
    // A device that was closed meanwhile has nothing to tell.
    if (kind === "conversations" || kind === "people" || kind === "arrived") look().catch(() => undefined);
  });
  return { done: look(), stop };
}
