import type { ConversationSummary } from "@sotto/engine";
import { countOf } from "@sotto/views";
import { EXIT, type Exit } from "../exit.ts";
import { titleOf, titleWithAddress } from "../people.ts";
import { findRequest } from "../requests.ts";
import { signedIn, type Run } from "../session.ts";

/** `sotto accept`: somebody who wants to talk is let in, on all own devices. */
export async function accept(run: Run, name: string): Promise<ConversationSummary> {
  await signedIn(run);
  const { conversation } = await findRequest(run, name);
  await run.engine.acceptRequest({ conversation });
  const accepted = await run.engine.conversation(conversation);
  await run.print(
    accepted.kind === "direct"
      ? `accepted ${titleWithAddress(accepted)}`
      : `accepted ${titleOf(accepted)}, ${countOf(accepted.peopleCount, "person", "people")}`,
  );
  return accepted;
}

/** `sotto decline`: what a stranger wrote goes, and they aren't told. With `block` nothing comes from them again. */
export async function decline(run: Run, name: string, { block }: { block?: boolean | undefined }): Promise<Exit> {
  await signedIn(run);
  const request = await findRequest(run, name);
  await run.engine.deleteRequest({ conversation: request.conversation, block: block === true });
  await run.print(`declined ${titleWithAddress(request)}${block === true ? " and blocked who asked" : ""}`);
  await run.note("They are not told.");
  return EXIT.done;
}
