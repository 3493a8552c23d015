import type { ConversationSummary, PostState } from "@sotto/engine";
import type { ConversationId, PostId } from "@sotto/protocol";
import { closedBecause, countOf } from "@sotto/views";
import { EXIT, Stop } from "./exit.ts";
import { TRUST_WORDS, titleOf, titleWithAddress } from "./people.ts";
import { CONNECT_TIMEOUT_MS, isOnline, refuseRefused, until, type Run } from "./session.ts";

/** The newest posts that are looked through for one's own. */
const LOOKED_THROUGH = 200;

/**
 * Whether something may be written here at all, before a key is spent on it.
 * @param evenUnverified  the person has said that changed keys are no hindrance
 */
export function requireWritable(conversation: ConversationSummary, evenUnverified: boolean): void {
  const closed = closedBecause(conversation.state);
  if (closed !== null && conversation.state.kind !== "joining") {
    throw new Stop(conversation.state.kind === "stopped" ? EXIT.trust : EXIT.failed, `Not sent: ${closed.words}`);
  }
  const [other] = conversation.kind === "direct" ? conversation.people : [];
  if (other?.trust === "blocked")
    throw new Stop(EXIT.trust, `Not sent: you blocked ${titleWithAddress(conversation)}.`);
  if (other?.trust === "changed" && !evenUnverified) {
    throw new Stop(EXIT.trust, `Not sent: the keys of ${titleWithAddress(conversation)} changed.`, [
      `compare fingerprints:  sotto person @${other.username}`,
      `or send anyway:        sotto send --unverified @${other.username}`,
    ]);
  }
}

/** How long a post may take to be accepted, where the server is there. */
const ACCEPT_TIMEOUT_MS = 15_000;

/** @returns what became of the post; still "sending" when the server wasn't there in time. With `wait`, that is no outcome. */
export async function settled(
  run: Run,
  conversation: ConversationId,
  post: PostId,
  { wait }: { wait: boolean },
): Promise<PostState> {
  let state: PostState = { kind: "sending" };
  const isSettled = async (): Promise<boolean> => {
    refuseRefused(await run.engine.session());
    const { items } = await run.engine.timeline({ conversation, limit: LOOKED_THROUGH });
    const item = items.find((each) => each.kind === "post" && each.post === post);
    // Pushed out of the newest page by posts of others, which can only happen to one that has its place.
    state = item?.kind === "post" ? item.state : { kind: "sent" };
    return state.kind !== "sending";
  };
  if (wait) await until(run.engine, Infinity, isSettled);
  else if (!(await until(run.engine, CONNECT_TIMEOUT_MS, isSettled)) && isOnline(await run.engine.session())) {
    await until(run.engine, ACCEPT_TIMEOUT_MS, isSettled);
  }
  return state;
}

/** Whom it went to, said every time: "Grace Hopper (verified)", "7 people in Difference Engine". */
export function receivers(conversation: ConversationSummary): string {
  if (conversation.kind === "self") return titleOf(conversation);
  const [other] = conversation.people;
  if (conversation.kind === "direct") {
    return other === undefined
      ? titleOf(conversation)
      : `${titleWithAddress(conversation)} (${TRUST_WORDS[other.trust]})`;
  }
  return `${countOf(conversation.peopleCount, "person", "people")} in ${titleOf(conversation)}`;
}
