import type { ConversationSummary } from "@sotto/engine";
import { EXIT, Stop } from "../exit.ts";
import type { Run } from "../session.ts";
import { personWithUsername, safeName } from "../text.ts";
import { showVerification, verify } from "./trust.ts";

/** @throws Stop EXIT.usage when nothing was typed */
export function needed(text: string, usage: string): string {
  if (text === "") throw new Stop(EXIT.usage, "Something is missing.", [usage]);
  return text;
}

/**
 * `/verify`: without asking anything, since the line that is typed belongs to the conversation.
 * @param other  whom the open conversation is with, where it is with one person
 */
export async function verifyInChat(run: Run, words: readonly string[], other: string): Promise<void> {
  const said = words.at(-1) ?? "";
  const isSaid = said === "match" || said === "undo";
  const whom = needed((isSaid ? words.slice(0, -1) : words).join(" ") || other, "/verify @a");
  if (isSaid) {
    await verify(run, whom, said === "match" ? { match: true } : { unverify: true });
    return;
  }
  await showVerification(run, whom);
  await run.note(`If all groups match:  /verify ${safeName(whom)} match`);
}

/** What a paused conversation waits for, said where one would write. */
export async function sayPaused(run: Run, { state }: ConversationSummary): Promise<void> {
  if (state.kind !== "paused") return;
  const whose = state.people.map(personWithUsername).join(", ");
  await run.note(
    `${run.look.glyphs.changed} The keys of ${whose} changed, and you had verified them. Sending is paused.`,
  );
  await run.note("  Most often they lost every key and started afresh. It can also mean that somebody poses as them.");
  for (const { username } of state.people) {
    const exact = `@${safeName(username)}`;
    await run.note(`  /verify ${exact} compares again, /block ${exact} ends it, /continue goes on.`);
  }
}
