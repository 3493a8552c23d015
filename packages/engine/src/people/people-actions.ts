import { SottoError, Username } from "@sotto/protocol";
import * as v from "valibot";
import type { Person } from "../api.ts";
import { RefusedError } from "../connection.ts";
import type { Context } from "../context.ts";

/** Looks a username up on the server, exactly, with or without @, and pins the identity that it names. */
export async function findPerson(context: Context, name: string): Promise<Person> {
  const username = v.safeParse(Username, name.trim().replace(/^@/, "").toLowerCase());
  const nobody = () =>
    new SottoError("member/no-such-person", `There is nobody called ${name.trim()} on this server.`, {
      kind: "person",
      do: "Check the spelling of the username.",
    });
  if (!username.success) throw nobody();
  try {
    const answer = await context.online().request("name.lookup", { username: username.output });
    const known = context.people.accountCalled(answer.username);
    context.store.transaction(() => {
      // Only the server's owner gives a name to another account; who had verified the old one hears it before anything is sent.
      if (known !== undefined && known !== answer.account) context.people.replaceBy(known, answer.account);
      context.people.learn(answer.account, answer.chain, answer.username);
    });
    // Whenever it was noticed: until the person has decided about the old account, its name leads to nobody.
    if (context.people.formerlyCalled(answer.username).some((former) => context.people.trust(former) === "changed"))
      throw new SottoError(
        "conversation/identity-changed",
        `@${answer.username} is another account than the one that you verified.`,
        {
          kind: "person",
          do: "Ask the person in another way; then decide about the old one on its page.",
        },
      );
    return context.people.person(answer.account);
  } catch (error) {
    if (error instanceof RefusedError && error.code === "account/unknown") throw nobody();
    throw error;
  }
}
